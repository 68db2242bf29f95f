import { CodedError } from "@ropenet/protocol";

export type NodeErrorInfo =
  | { readonly code: "config/unreadable"; readonly file: string; readonly detail: string }
  | { readonly code: "config/invalid"; readonly operand: string; readonly detail: string }
  /** of the command line; exit code 2 */
  | { readonly code: "node/bad-arguments"; readonly detail: string }
  | { readonly code: "node/port-busy"; readonly what: string; readonly port: number }
  | {
      readonly code: "node/cannot-listen";
      readonly what: string;
      readonly host: string;
      readonly port: number;
      readonly detail: string;
    }
  | { readonly code: "node/wrong-genesis"; readonly expected: string; readonly got: string }
  | { readonly code: "node/bad-genesis"; readonly file: string; readonly detail: string }
  | { readonly code: "node/bad-keys"; readonly file: string; readonly detail: string }
  | { readonly code: "node/state-mismatch"; readonly height: bigint; readonly detail: string }
  | { readonly code: "node/halted"; readonly height: bigint; readonly detail: string }
  | {
      readonly code: "wal/bad-record";
      readonly file: string;
      readonly index: number;
      readonly detail: string;
    }
  | { readonly code: "node/log-unwritable"; readonly file: string; readonly detail: string }
  /** an error that nobody foresaw: the log has its stack */
  | { readonly code: "node/unexpected"; readonly detail: string }
  /** SQLite found its file damaged, full or unreadable while it worked; restore a snapshot or synchronise anew */
  | { readonly code: "store/failed"; readonly file: string; readonly detail: string }
  | { readonly code: "store/unusable"; readonly directory: string; readonly detail: string }
  /** governance decided that blocks from `height` on follow rules that this program does not carry */
  | { readonly code: "node/upgrade-needed"; readonly name: string; readonly height: bigint }
  | { readonly code: "cli/unknown-command"; readonly name: string }
  | { readonly code: "cli/missing-operand"; readonly operand: string }
  | { readonly code: "cli/bad-operand"; readonly operand: string; readonly detail: string }
  /** a validator's home without the record of what it signed; see `--new-signer` */
  | { readonly code: "restore/signer-unknown"; readonly directory: string }
  | { readonly code: "store/locked"; readonly directory: string }
  | { readonly code: "store/no-passphrase"; readonly file: string }
  | { readonly code: "store/wrong-passphrase"; readonly file: string }
  | { readonly code: "store/bad-key"; readonly file: string; readonly detail: string }
  /** the store is encrypted, and the configuration names no key */
  | { readonly code: "store/encrypted"; readonly directory: string }
  /** the configuration names a key, and the store is not encrypted */
  | { readonly code: "store/not-encrypted"; readonly directory: string }
  /** a value was changed, moved, or sealed under another key */
  | { readonly code: "store/tampered" };

/** Why the process cannot start or go on; one line on stderr, then exit. */
export class NodeError extends CodedError<NodeErrorInfo> {}
