export {
  baseTableAddress,
  heapBase,
  inputAddress,
  keyTableBytes,
  prepareKey,
  verifyFresh,
  verifyPrepared,
} from "./verify";
