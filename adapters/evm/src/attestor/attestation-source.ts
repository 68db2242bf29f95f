import { type AttestationSignature, bytesToHex } from "@ropenet/protocol";
import type { EvmHeader } from "../rpc/header.ts";
import type { Attestor } from "./attestor.ts";
import { AttestorError } from "./attestor-error.ts";
import type { AttestorConfig } from "./config.ts";
import type { FinalisedChain } from "./follow-finalised.ts";

export interface SignedHeader {
  readonly header: EvmHeader;
  readonly signatures: readonly AttestationSignature[];
}

/** What the HTTP face needs. */
export interface AttestationSource {
  /** @throws {AttestorError} */
  at(height: bigint): Promise<SignedHeader>;
  /** the newest finalised height that has been signed already */
  latest(): SignedHeader;
  /** signs the newest finalised header, so that asking for it costs no signing */
  signTip(): void;
  status(): object;
  readonly isHealthy: boolean;
}

/** Signatures are remembered for this many headers; older ones are made again from the journal's word. */
const KEEP_SIGNED = 64;

/** Signs what the followed chain holds, with every key of this process. */
export function createAttestationSource(
  config: AttestorConfig,
  attestors: readonly Attestor[],
  chain: FinalisedChain,
): AttestationSource {
  const signed = new Map<bigint, SignedHeader>();
  let newest: SignedHeader | undefined;

  function sign(header: EvmHeader): SignedHeader {
    const known = signed.get(header.height);
    if (known) return known;
    const answer = { header, signatures: attestors.map((attestor) => attestor.sign(header)) };
    signed.set(header.height, answer);
    if (signed.size > KEEP_SIGNED) {
      const oldest = signed.keys().next();
      if (!oldest.done) signed.delete(oldest.value);
    }
    if (!newest || header.height > newest.header.height) newest = answer;
    return answer;
  }

  function headerAt(height: bigint): EvmHeader {
    const header = chain.headerAt(height);
    if (header) return header;
    const finalised = chain.tip?.height ?? 0n;
    if (height > finalised) {
      throw new AttestorError({ code: "attestor/not-final", height, finalised });
    }
    throw new AttestorError({ code: "attestor/too-old", height, oldest: chain.oldest });
  }

  return {
    async at(height): Promise<SignedHeader> {
      if (height > (chain.tip?.height ?? 0n)) await chain.advance();
      return sign(headerAt(height));
    },
    latest(): SignedHeader {
      if (newest) return newest;
      const finalised = chain.tip?.height ?? 0n;
      throw new AttestorError({ code: "attestor/not-final", height: finalised, finalised });
    },
    signTip(): void {
      if (chain.tip) sign(chain.tip);
    },
    get isHealthy(): boolean {
      return chain.contradiction === undefined && newest !== undefined;
    },
    status: () => ({
      name: config.name,
      genesisHash: config.genesisHash,
      // Several keys in one process stand for several parties only on a developer's machine.
      profile: attestors.length > 1 ? "development" : "production",
      attestorsHere: attestors.length,
      threshold: config.threshold,
      finalised: String(chain.tip?.height ?? 0n),
      contradiction: chain.contradiction?.message ?? null,
      attestors: attestors.map(({ index, address, journal }) => ({
        index,
        address: `0x${bytesToHex(address)}`,
        highWater: String(journal.highWater),
      })),
    }),
  };
}
