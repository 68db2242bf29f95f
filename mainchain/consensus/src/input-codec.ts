import {
  b20,
  b32,
  bool,
  type Codec,
  CodecError,
  choice,
  optional,
  signedProposalCodec,
  signedVoteCodec,
  struct,
  u8,
  u32,
  u64,
  validatorSetCodec,
} from "@ropenet/protocol";
import type { Input } from "./input.ts";
import type { Timeout, TimeoutKind } from "./timeouts.ts";

type Body<K extends Input["kind"]> = Omit<Extract<Input, { kind: K }>, "kind">;

const kindNumber: Codec<1 | 2 | 3> = choice<1 | 2 | 3>(1, 2, 3);
const timeoutKinds: readonly TimeoutKind[] = ["propose", "prevote", "precommit"];

const timeoutKindCodec: Codec<TimeoutKind> = {
  write: (writer, value, field) => u8.write(writer, timeoutKinds.indexOf(value) + 1, field),
  read: (reader, field) => timeoutKinds[kindNumber.read(reader, field) - 1] ?? "propose",
};

/** Tags are positions; they are on disk, so new kinds go at the end. */
const bodies: { readonly [K in Input["kind"]]: Codec<Body<K>> } = {
  startHeight: struct<Body<"startHeight">>({
    height: u64,
    chainId: b32,
    validators: validatorSetCodec,
    self: optional(b20),
  }),
  startRound: struct<Body<"startRound">>({ height: u64, round: u32 }),
  proposal: struct<Body<"proposal">>({ proposal: signedProposalCodec }),
  vote: struct<Body<"vote">>({ vote: signedVoteCodec }),
  timeout: struct<Body<"timeout">>({
    timeout: struct<Timeout>({ kind: timeoutKindCodec, height: u64, round: u32 }),
  }),
  blockValidated: struct<Body<"blockValidated">>({ height: u64, blockId: b32, valid: bool }),
  valueBuilt: struct<Body<"valueBuilt">>({ height: u64, round: u32, blockId: b32 }),
};

const kinds: readonly Input["kind"][] = [
  "startHeight",
  "startRound",
  "proposal",
  "vote",
  "timeout",
  "blockValidated",
  "valueBuilt",
];

/** WAL record of one input: a tag byte and the fields. One input, one byte string. */
export const inputCodec: Codec<Input> = {
  write(writer, input, field): void {
    u8.write(writer, kinds.indexOf(input.kind) + 1, field);
    (bodies[input.kind] as Codec<Input>).write(writer, input, field);
  },
  read(reader, field): Input {
    const tag = u8.read(reader, field);
    const kind = kinds[tag - 1];
    if (!kind) throw new CodecError({ code: "codec/bad-tag", field, tag });
    return { kind, ...bodies[kind].read(reader, field) } as Input;
  },
};
