import { type BridgeKeysRecord, bridgeKeysRecordCodec, stateKey } from "@ropenet/protocol";
import { readRecord, type StateView } from "./module.ts";

/** The bridge keys of the running epoch; staking writes them, checkpoints read them. */
export function readBridgeKeys(state: StateView): BridgeKeysRecord {
  return (
    readRecord(state, stateKey.bridgeKeys(), bridgeKeysRecordCodec) ?? { epoch: 0n, validators: [] }
  );
}
