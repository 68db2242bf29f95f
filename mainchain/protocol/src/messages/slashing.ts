import { b20, type Codec, choice, struct, u16, varBytes } from "../codec/codec.ts";

/** 1 checkpoint, 2 handover */
export type StatementKind = 1 | 2;
export const STATEMENT: { readonly checkpoint: 1; readonly handover: 2 } = {
  checkpoint: 1,
  handover: 2,
};

/** One message alone: a validator's bridge signature over a statement that is not the chain's. */
export interface ReportStatement {
  readonly validator: Uint8Array;
  readonly kind: StatementKind;
  /** the signed record in its encoding */
  readonly statement: Uint8Array;
  readonly signature: Uint8Array;
}
export const reportStatementCodec: Codec<ReportStatement> = struct<ReportStatement>({
  validator: b20,
  kind: choice<StatementKind>(1, 2),
  statement: varBytes(128, u16),
  signature: varBytes(65, u16),
});
