/** The parts of a node, for those who run it in surroundings of their own: the simulation (test/sim). */
export type { Cancel, Clock } from "./clock.ts";
export { type BoundBlock, bindBlock, readBlock } from "./engine/block-body.ts";
export { openCheckpointKey } from "./engine/checkpoint-key.ts";
export { createEngine, type Engine, type EngineHome, type Surroundings } from "./engine/engine.ts";
export {
  APPLICATION_PREFIX,
  type CommittedBlock,
  hasHistory,
  type Ledger,
  openLedger,
} from "./engine/ledger.ts";
export { openSigner, type Signer } from "./engine/signer.ts";
export { openWal, type Wal } from "./engine/wal.ts";
export type { Connection } from "./p2p/connection.ts";
export { PeerError } from "./p2p/errors.ts";
export type { Lane } from "./p2p/lanes.ts";
export { createMesh, type Mesh } from "./p2p/mesh.ts";
export {
  decodeMessageFrame,
  encodeMessageFrame,
  LANE_OF,
  type PeerMessage,
} from "./p2p/message.ts";
export type { Network, NetworkEvents, NetworkOptions } from "./p2p/network.ts";
export { createScore, MAX_SCORE, type Score } from "./p2p/score.ts";
export {
  type FileSystem,
  NODE_FILE_SYSTEM,
  type OpenedFile,
  type OpenMode,
} from "./store/file-system.ts";
export type { KeyValueStore } from "./store/key-value-store.ts";
export { createMemoryStore } from "./store/memory-store.ts";
export { readBelow } from "./store/prefixed.ts";
