import {
  type Application,
  bytesToHex,
  CodecError,
  checkpointCodec,
  encode,
  handoverCodec,
  headerCodec,
  hexToBytes,
  parseAddress,
  type Suite,
  signerSetCodec,
  validatorSetCodec,
} from "@ropenet/protocol";
import type { Queries } from "@ropenet/runtime";
import type { Ledger } from "../engine/ledger.ts";
import type { Mempool } from "../mempool.ts";
import type { NodeInfo } from "../metrics/node-info.ts";
import { RpcError } from "./errors.ts";
import type { RpcMethod, RpcMethods, StatusJson } from "./schema.ts";

/** What the RPC shows of a node. */
export interface RpcSources {
  readonly chainName: string;
  readonly genesisBytes: Uint8Array;
  /** address of this node's consensus key */
  readonly self: Uint8Array;
  readonly ledger: Ledger;
  readonly application: Pick<Application, "info" | "prove">;
  readonly queries: Queries;
  readonly mempool: Pick<Mempool, "pendingNonce">;
  readonly peers: () => RpcMethods["net_info"]["result"]["peers"];
  readonly syncing: () => boolean;
  readonly nodeInfo: Pick<NodeInfo, "read">;
  /** Into the mempool and on to the peers; returns the id. @throws {CodedError} */
  readonly submit: (transaction: Uint8Array) => Uint8Array;
}

/** `subscribe` needs a connection that stays; see websocket.ts. */
export type PlainMethod = Exclude<RpcMethod, "subscribe">;

export type RpcHandlers = {
  readonly [M in PlainMethod]: (params: RpcMethods[M]["params"]) => RpcMethods[M]["result"];
};

/** Records are a few hundred bytes; whoever asks for many long ones gets fewer by asking for less. */
const MAX_RANGE_BYTES = 4 * 1024 * 1024;

/** Every method reads the committed state at one moment; parameters have been checked against the schema. */
export function createHandlers(sources: RpcSources): RpcHandlers {
  const { ledger, application, queries, mempool } = sources;
  const { blocks } = ledger;

  return {
    status: () => statusOf(sources),
    genesis: () => ({ genesis: bytesToHex(sources.genesisBytes) }),
    broadcast_tx: ({ tx }) => ({ id: bytesToHex(sources.submit(hexToBytes(tx))) }),
    tx: ({ id }) => blocks.transaction(hexToBytes(id)) ?? refuse({ code: "rpc/tx-unknown", id }),
    block({ height }): RpcMethods["block"]["result"] {
      const bytes = blocks.blockBytes(BigInt(height));
      const blockId = blocks.commit(BigInt(height))?.blockId;
      if (!bytes || !blockId) return heightUnknown(ledger, BigInt(height));
      return { block: bytesToHex(bytes), blockId: bytesToHex(blockId) };
    },
    signed_header: ({ height }) =>
      signedHeader(ledger, height === undefined ? ledger.tip().height : BigInt(height)),
    block_results: ({ height }) =>
      blocks.results(BigInt(height)) ?? heightUnknown(ledger, BigInt(height)),
    state({ key, height }): RpcMethods["state"]["result"] {
      const at = height === undefined ? undefined : BigInt(height);
      const proven = application.prove(hexToBytes(key), at);
      return {
        height: String(proven.height),
        stateRoot: bytesToHex(proven.stateRoot),
        key,
        value: proven.value ? bytesToHex(proven.value) : null,
        proof: bytesToHex(proven.proof),
      };
    },
    state_range({ from, to, limit }): RpcMethods["state_range"]["result"] {
      const entries = queries.range(hexToBytes(from), hexToBytes(to), limit);
      const bytes = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
      if (bytes > MAX_RANGE_BYTES) {
        refuse({ code: "rpc/answer-too-long", bytes, limit: MAX_RANGE_BYTES });
      }
      return {
        entries: entries.map(([key, value]) => ({
          key: bytesToHex(key),
          value: bytesToHex(value),
        })),
      };
    },
    account({ address }): RpcMethods["account"]["result"] {
      const bytes = addressFrom(address);
      const { nonce, balance } = queries.account(bytes);
      const pending = mempool.pendingNonce(bytes) ?? nonce;
      return { nonce: String(nonce), pendingNonce: String(pending), balance: String(balance) };
    },
    outbox_proof: (params) => outboxProof(queries, params),
    checkpoint: ({ suite, height }) =>
      signedCheckpoint(queries, suite, height === undefined ? undefined : BigInt(height)),
    handover: ({ suite, fromEpoch }) => signedHandover(queries, suite, BigInt(fromEpoch)),
    net_info: () => ({ peers: sources.peers() }),
    node_info: ({ pace = "fine", limit = 0 }) => sources.nodeInfo.read(pace, limit),
  };
}

function statusOf(sources: RpcSources): StatusJson {
  const { ledger, application } = sources;
  const { height, blockId, timeMs } = ledger.tip();
  return {
    chainName: sources.chainName,
    chainId: bytesToHex(ledger.chainId),
    genesisHash: bytesToHex(ledger.genesisHash),
    height: String(height),
    blockId: bytesToHex(blockId),
    stateRoot: bytesToHex(application.info().stateRoot),
    timeMs: String(timeMs),
    validator: bytesToHex(sources.self),
    validators: ledger.validators().map(({ address, power }) => ({
      address: bytesToHex(address),
      power: String(power),
    })),
    peers: sources.peers().length,
    syncing: sources.syncing(),
  };
}

function signedHeader(ledger: Ledger, height: bigint): RpcMethods["signed_header"]["result"] {
  const { blocks } = ledger;
  const header = blocks.header(height);
  const commit = blocks.commitBytes(height);
  const validators = header && blocks.validators(header.validatorsHash);
  if (!header || !commit || !validators) return heightUnknown(ledger, height);
  return {
    header: bytesToHex(encode(headerCodec, header)),
    commit: bytesToHex(commit),
    validators: bytesToHex(encode(validatorSetCodec, validators)),
  };
}

function outboxProof(
  queries: Queries,
  { gateway, index, checkpointHeight }: RpcMethods["outbox_proof"]["params"],
): RpcMethods["outbox_proof"]["result"] {
  const proof = queries.outboxProof(hexToBytes(gateway), BigInt(index), BigInt(checkpointHeight));
  return {
    leafIndex: String(proof.leafIndex),
    leafType: proof.leafType,
    siblings: proof.siblings.map(bytesToHex),
    outboxCount: String(proof.outboxCount),
    outboxesIndex: proof.outboxesIndex,
    outboxesCount: proof.outboxesCount,
    outboxesSiblings: proof.outboxesSiblings.map(bytesToHex),
    checkpointHeight: String(proof.checkpointHeight),
  };
}

function signedCheckpoint(
  queries: Queries,
  suite: Suite,
  height: bigint | undefined,
): RpcMethods["checkpoint"]["result"] {
  const { checkpoint, signerSet, signatures } = queries.checkpoint(suite, height);
  return {
    height: String(checkpoint.height),
    checkpoint: bytesToHex(encode(checkpointCodec, checkpoint)),
    signerSet: bytesToHex(encode(signerSetCodec, signerSet)),
    signatures: signatures.map(({ index, signature }) => ({
      index,
      signature: bytesToHex(signature),
    })),
  };
}

function signedHandover(
  queries: Queries,
  suite: Suite,
  fromEpoch: bigint,
): RpcMethods["handover"]["result"] {
  const { handover, complete, currentSet, nextSet, signatures } = queries.handover(
    suite,
    fromEpoch,
  );
  return {
    handover: bytesToHex(encode(handoverCodec, handover)),
    complete,
    currentSet: bytesToHex(encode(signerSetCodec, currentSet)),
    nextSet: bytesToHex(encode(signerSetCodec, nextSet)),
    signatures: signatures.map(({ index, signature }) => ({
      index,
      signature: bytesToHex(signature),
    })),
  };
}

const HEX_ADDRESS = /^[0-9a-f]{40}$/;

function addressFrom(text: string): Uint8Array {
  if (HEX_ADDRESS.test(text)) return hexToBytes(text);
  try {
    return parseAddress(text);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    const detail = "20 bytes in hex, or rope1…";
    throw new RpcError(
      { code: "rpc/bad-params", method: "account", operand: "address", detail },
      { cause },
    );
  }
}

function heightUnknown(ledger: Ledger, height: bigint): never {
  return refuse({ code: "rpc/height-unknown", height, newest: ledger.tip().height });
}

function refuse(info: ConstructorParameters<typeof RpcError>[0]): never {
  throw new RpcError(info);
}
