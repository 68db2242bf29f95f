import { TransactionRefused, type Wallet } from "@ropenet/client";
import {
  CodedError,
  hexToBytes,
  type ProofAnchor,
  provenHeaderRecordCodec,
  stateKey,
  type TrieNodes,
  type UpdateClient,
} from "@ropenet/protocol";
import type { Network } from "../network/network.ts";
import type { Strand } from "../network/strand.ts";

interface AttestationJson {
  readonly height: string | number;
  readonly headerHash: string;
  readonly stateRoot: string;
  readonly timeMs: string | number;
  readonly signatures: readonly { readonly index: number; readonly signature: string }[];
}

const plain = (value: string): Uint8Array =>
  hexToBytes(value.startsWith("0x") ? value.slice(2) : value);

async function newestAttestation(
  url: string,
): Promise<UpdateClient & { readonly gateway: Uint8Array }> {
  const response = await fetch(`${url}/attestation/latest`);
  if (!response.ok) throw new CodedError({ code: "story/no-attestation", status: response.status });
  const json = (await response.json()) as AttestationJson;
  return {
    gateway: new Uint8Array(32),
    height: BigInt(json.height),
    headerHash: plain(json.headerHash),
    stateRoot: plain(json.stateRoot),
    timeMs: BigInt(json.timeMs),
    signatures: json.signatures.map(({ index, signature }) => ({
      index,
      signature: plain(signature),
    })),
  };
}

interface StrandProof {
  readonly anchor: ProofAnchor;
  /** one per slot asked for */
  readonly slots: readonly TrieNodes[];
}

interface GetProofJson {
  readonly accountProof: readonly string[];
  readonly storageProof: readonly { readonly proof: readonly string[] }[];
}

/**
 * Anybody's own relay: brings the rope's client to a finalised height at or above `height`
 * and proves storage slots of the strand's gateway there.
 * @param slots storage positions, 32 bytes each
 */
export async function proveStrand(
  network: Network,
  strand: Strand,
  payer: Wallet,
  height: bigint,
  slots: readonly Uint8Array[],
): Promise<StrandProof> {
  const index = strand === network.strands.finance ? 0 : 1;
  const attestor = `http://127.0.0.1:${network.plan.attestors[index]}`;
  const gateway = hexToBytes(strand.gatewayUid);
  const deadline = Date.now() + 20_000;
  let update = { ...(await newestAttestation(attestor)), gateway };
  while (update.height < height) {
    if (Date.now() > deadline) throw new CodedError({ code: "story/not-finalised", height });
    await new Promise((resolve) => setTimeout(resolve, 200));
    update = { ...(await newestAttestation(attestor)), gateway };
  }
  const known = await network.rope.peek(
    stateKey.provenHeader(gateway, update.height),
    provenHeaderRecordCodec,
  );
  if (!known) {
    try {
      await payer.send("chains/update-client", update);
    } catch (error) {
      // A relayer may have brought the same header in between.
      const now = await network.rope.peek(
        stateKey.provenHeader(gateway, update.height),
        provenHeaderRecordCodec,
      );
      if (!now || !(error instanceof TransactionRefused)) throw error;
    }
  }
  const proof = (await strand.provider.send("eth_getProof", [
    strand.gatewayAddress,
    slots.map((slot) => `0x${Buffer.from(slot).toString("hex")}`),
    `0x${update.height.toString(16)}`,
  ])) as GetProofJson;
  return {
    anchor: { gateway, height: update.height, accountProof: proof.accountProof.map(plain) },
    slots: proof.storageProof.map(({ proof: nodes }) => nodes.map(plain)),
  };
}
