export { type NodeConfig, type NodeConfigInput, parseConfig, readConfig } from "./config.ts";
export { NodeError, type NodeErrorInfo } from "./errors.ts";
export { NODE_FLAGS } from "./flags.ts";
export {
  createDevnet,
  type Devnet,
  type DevnetNode,
  type DevnetOptions,
  genesisValidator,
  type NodeHome,
  writeNodeHome,
} from "./init.ts";
export { createKeys, type NodeKeys, readKeys, writeKeys } from "./keys.ts";
export { createNode, type NodeComponents, type RopeNode } from "./node.ts";
export type {
  BlockNotice,
  BlockResultsJson,
  CheckpointJson,
  EventJson,
  IncludedTransactionJson,
  OutboxProofJson,
  ProvenValueJson,
  RpcMethod,
  RpcMethods,
  StatusJson,
  TransactionJson,
} from "./rpc/schema.ts";
