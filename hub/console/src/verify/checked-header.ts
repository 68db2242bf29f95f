import {
  bytesToHex,
  CodedError,
  commitCodec,
  decode,
  type Header,
  headerCodec,
  hexToBytes,
  verifyCommit,
} from "@ropenet/protocol";
import type { ProofView } from "../api.ts";
import type { FollowedTrust } from "./trust.ts";

export type VerdictErrorInfo =
  | { readonly code: "verdict/other-height"; readonly height: string }
  | { readonly code: "verdict/other-key"; readonly key: string }
  | { readonly code: "verdict/unknown-validators"; readonly height: string }
  | { readonly code: "verdict/mixed-heights"; readonly height: string }
  | { readonly code: "verdict/assets-missing"; readonly count: number; readonly shown: number }
  | { readonly code: "verdict/asset-missing"; readonly index: number }
  | { readonly code: "verdict/no-such-transfer"; readonly id: string }
  /** the hub tells otherwise than the record that it proves */
  | { readonly code: "verdict/other-transfer"; readonly field: string };

export class VerdictError extends CodedError<VerdictErrorInfo> {}

/** The header that carries a proof, committed by a set that the pin leads to. */
export function checkHeader(proof: ProofView, { chainId, sets }: FollowedTrust): Header {
  const header = decode(headerCodec, hexToBytes(proof.header));
  if (header.height !== BigInt(proof.height) + 1n)
    throw new VerdictError({ code: "verdict/other-height", height: proof.height });
  const { height } = header;
  const followed = sets.get(bytesToHex(header.validatorsHash));
  const isOfIts = followed && height > followed.after && height <= (followed.until ?? height);
  if (!isOfIts) {
    throw new VerdictError({ code: "verdict/unknown-validators", height: String(height) });
  }
  verifyCommit(chainId, followed.set, header, decode(commitCodec, hexToBytes(proof.commit)));
  return header;
}

/** Any other error is a hub's, too: what it sent made the checks fall over. */
export const failureOf = (error: unknown): string =>
  error instanceof CodedError ? error.code : "verdict/unreadable";
