import { CodedError } from "@ropenet/protocol";

export type AttestorErrorInfo =
  | {
      readonly code: "attestor/bad-config";
      readonly file: string;
      readonly field: string;
      readonly reason: string;
    }
  | { readonly code: "attestor/bad-key"; readonly file: string; readonly reason: string }
  | { readonly code: "attestor/key-exposed"; readonly file: string; readonly mode: string }
  | {
      readonly code: "attestor/bad-journal";
      readonly file: string;
      readonly reason: string;
    }
  | { readonly code: "attestor/wrong-chain"; readonly expected: string; readonly actual: string }
  | { readonly code: "attestor/bad-height"; readonly height: string }
  | { readonly code: "attestor/bad-query"; readonly field: string; readonly reason: string }
  | { readonly code: "attestor/unknown-route"; readonly path: string }
  | { readonly code: "attestor/wrong-method"; readonly method: string; readonly allow: string }
  | {
      readonly code: "attestor/not-final";
      readonly height: bigint;
      readonly finalised: bigint;
    }
  | { readonly code: "attestor/too-old"; readonly height: bigint; readonly oldest: bigint }
  | {
      /** the node's chain is not the one that was signed: nobody but a person may decide what to do */
      readonly code: "attestor/contradiction";
      readonly height: bigint;
      readonly known: Uint8Array;
      readonly offered: Uint8Array;
    }
  | { readonly code: "attestor/unexpected" };

export class AttestorError extends CodedError<AttestorErrorInfo> {}
