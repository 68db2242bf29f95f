export {
  baseTableAddress,
  heapBase,
  inputAddress,
  verifyFresh,
  verifyPrepared,
} from "./verify";
export {
  answersAddress,
  itemsAddress,
  keyTableBytes,
  keyTablesAddress,
  prepareKeyTable as prepareKey,
  verifyItems,
} from "./quad/verify";
export {
  bufferAddress,
  bufferBytes,
  digestsAddress,
  sm3,
  sm3Four,
  sm3Nodes,
} from "./buffers";
