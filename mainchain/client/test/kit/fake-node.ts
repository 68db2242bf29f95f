import { createServer, type Server } from "node:http";
import { Readable } from "node:stream";
import {
  addressOf,
  blockIdOf,
  bytesToHex,
  commitCodec,
  DEFAULT_STAKING_PARAMETERS,
  digest,
  ENGINE,
  encode,
  encodeStateProof,
  type Genesis,
  genesisCodec,
  genesisValidatorSet,
  type Header,
  headerCodec,
  SUITE_SM,
  sm2,
  sm3,
  utf8ToBytes,
  type ValidatorSet,
  VOTE_TYPE,
  validatorSetCodec,
  validatorSetHash,
  voteSignBytes,
  ZERO_32,
} from "@ropenet/protocol";

export const chainId = digest(SUITE_SM, "chain-id", utf8ToBytes("fake"));
const secretOf = (label: string, index: number): Uint8Array =>
  sm3(utf8ToBytes(`${label} ${index}`));
const INDEXES = [0, 1, 2, 3];

export function genesisOf(label: string, timeMs: bigint = BigInt(Date.now())): Genesis {
  return {
    timeMs,
    parameters: {
      ...{ chainName: "fake", chainId, protocolVersion: 1, checkpointIntervalMs: 1n },
      ...{ checkpointHeartbeatMs: 1n, minLegMs: 1n, maxHoldMs: 1n, baseFee: 0n },
      developmentProfile: true,
      engine: ENGINE.stake,
    },
    validators: INDEXES.map((index) => {
      const publicKey = sm2.getPublicKey(secretOf(label, index));
      return {
        ...{ publicKey, entity: sm3(publicKey), stake: 1_000n + BigInt(index) },
        ...{ ethereumAddress: new Uint8Array(20), ethereumProof: new Uint8Array(65) },
        ...{ bridgePublicKey: publicKey, bridgeProof: new Uint8Array(64) },
      };
    }),
    ...{ accounts: [], members: [], offices: [], authorities: [] },
    staking: DEFAULT_STAKING_PARAMETERS,
  };
}

export interface SignedBlock {
  readonly header: Header;
  readonly commit: string;
  readonly validators: ValidatorSet;
}

/** One block of the set that `label`'s keys make up, as of `timeMs`. */
export function blockOf(label: string, height: bigint, timeMs = BigInt(Date.now())): SignedBlock {
  const validators = genesisValidatorSet(genesisOf(label));
  const validatorsHash = validatorSetHash(validators);
  const header: Header = {
    ...{ protocolVersion: 1, chainId, height, timeMs, lastBlockId: ZERO_32 },
    ...{ lastCommitHash: ZERO_32, transactionsRoot: ZERO_32, stateRoot: ZERO_32, validatorsHash },
    ...{ nextValidatorsHash: validatorsHash, evidenceHash: ZERO_32, proposer: new Uint8Array(20) },
  };
  const blockId = blockIdOf(header);
  const message = voteSignBytes(chainId, { type: VOTE_TYPE.precommit, height, round: 0, blockId });
  const secrets = new Map(
    INDEXES.map((index) => {
      const secret = secretOf(label, index);
      return [bytesToHex(addressOf(sm2.getPublicKey(secret))), secret];
    }),
  );
  const signatures = validators.map(({ address }) =>
    sm2.sign(message, secrets.get(bytesToHex(address)) ?? ZERO_32),
  );
  const commit = { height, round: 0, blockId, bitmap: Uint8Array.of(0b1111), signatures };
  return { header, commit: bytesToHex(encode(commitCodec, commit)), validators };
}

export interface FakeNode {
  readonly url: string;
  /** methods, in the order in which it was asked */
  readonly asked: readonly string[];
  close(): void;
}

/** Of an empty state: whatever is asked for is not there. */
const ABSENT = bytesToHex(encodeStateProof({ steps: [], end: { kind: "empty" } }));

export const statusOf = ({ header }: SignedBlock, chainName: string): object => ({
  ...{ chainName, height: String(header.height), timeMs: String(header.timeMs) },
  ...{ validators: [], peers: 0 },
});

/** A node that says what it is given, over the wire; `lies` are whole answers in place of its own. */
export function startFakeNode(
  genesis: Genesis,
  block: SignedBlock,
  lies: Readonly<Record<string, unknown>> = {},
): Promise<FakeNode> {
  const asked: string[] = [];
  const answers: Record<string, unknown> = {
    genesis: { genesis: bytesToHex(encode(genesisCodec, genesis)) },
    signed_header: {
      header: bytesToHex(encode(headerCodec, block.header)),
      commit: block.commit,
      validators: bytesToHex(encode(validatorSetCodec, block.validators)),
    },
    state: { value: null, proof: ABSENT },
    status: statusOf(block, "fake"),
  };
  const server: Server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += String(chunk);
    });
    request.once("end", () => {
      const { id, method = "" } = JSON.parse(text) as Record<string, string>;
      asked.push(method);
      response.setHeader("content-type", "application/json");
      const honest = { jsonrpc: "2.0", id, result: answers[method] };
      const lie = lies[method];
      if (lie instanceof Readable) lie.pipe(response);
      else response.end(JSON.stringify(lie ?? honest));
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      resolve({
        url: `http://127.0.0.1:${port}`,
        asked,
        close: () => {
          server.closeAllConnections();
          server.close();
        },
      });
    });
  });
}

export const genesisHashOf = (genesis: Genesis): Uint8Array => sm3(encode(genesisCodec, genesis));
