// The layers above reach bytes, errors and digests through here.
export {
  bytesToHex,
  CodedError,
  type CodedErrorInfo,
  compareBytes,
  concatBytes,
  equalBytes,
  hexToBytes,
  keccak256,
  secp256k1,
  sm2,
  sm3,
  sm3Many,
  sm3Rows,
  utf8ToBytes,
} from "@ropenet/crypto";
export * from "./admission.ts";
export * from "./application.ts";
export * from "./chain/block.ts";
export * from "./chain/genesis.ts";
export * from "./chain/transaction.ts";
export * from "./chain/validator-set.ts";
export * from "./chain/vote.ts";
export * from "./checkpoint/checkpoint.ts";
export * from "./checkpoint/outbox.ts";
export * from "./codec/codec.ts";
export * from "./hash.ts";
export * from "./identifiers.ts";
export * from "./local-fault.ts";
export * from "./messages/accounts.ts";
export * from "./messages/asset.ts";
export * from "./messages/chains.ts";
export * from "./messages/checkpoints.ts";
export * from "./messages/control.ts";
export * from "./messages/data-credential.ts";
export * from "./messages/governance.ts";
export * from "./messages/identity.ts";
export * from "./messages/messages.ts";
export * from "./messages/packets.ts";
export * from "./messages/proofs.ts";
export * from "./messages/slashing.ts";
export * from "./messages/staking.ts";
export * from "./messages/supervision.ts";
export * from "./messages/transfers.ts";
export * from "./packet/acknowledgement.ts";
export * from "./packet/packet.ts";
export * from "./state/assets.ts";
export * from "./state/chains.ts";
export * from "./state/checkpoints.ts";
export * from "./state/control.ts";
export * from "./state/core.ts";
export * from "./state/credentials.ts";
export * from "./state/governance.ts";
export * from "./state/identity.ts";
export * from "./state/keys.ts";
export * from "./state/packets.ts";
export * from "./state/staking.ts";
export * from "./state/supervision.ts";
export * from "./state/transfers.ts";
export * from "./state/upgrade.ts";
export * from "./strands/evm/attestation.ts";
export * from "./strands/evm/proof-error.ts";
export * from "./strands/evm/slots.ts";
export * from "./strands/evm/state-proof.ts";
export * from "./trie/hashing.ts";
export * from "./trie/state-proof.ts";
