export {
  baseTableAddress,
  heapBase,
  inputAddress,
  keyTableBytes,
  prepareKey,
  verifyFresh,
  verifyPrepared,
} from "./verify";
export {
  bufferAddress,
  bufferBytes,
  digestsAddress,
  sm3,
  sm3Four,
  sm3Nodes,
} from "./buffers";
