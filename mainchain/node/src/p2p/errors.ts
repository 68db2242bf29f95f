import { CodedError } from "@ropenet/protocol";

export type PeerErrorInfo =
  | { readonly code: "p2p/malformed"; readonly detail: string }
  | { readonly code: "p2p/frame-too-long"; readonly length: number; readonly limit: number }
  | { readonly code: "p2p/wrong-version"; readonly theirs: number }
  | { readonly code: "p2p/wrong-chain" }
  | { readonly code: "p2p/wrong-genesis" }
  | { readonly code: "p2p/unknown-node"; readonly publicKey: Uint8Array }
  | { readonly code: "p2p/self" }
  | { readonly code: "p2p/not-authentic" }
  | { readonly code: "p2p/handshake-timeout" }
  | { readonly code: "p2p/idle" }
  | { readonly code: "p2p/too-slow"; readonly lane: string }
  | { readonly code: "p2p/misbehaving"; readonly score: number }
  | { readonly code: "p2p/replaced" }
  | { readonly code: "p2p/closed" };

/** Why a connection ended. The other side learns nothing but that it did. */
export class PeerError extends CodedError<PeerErrorInfo> {}
