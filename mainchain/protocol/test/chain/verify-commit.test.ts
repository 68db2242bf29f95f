import { describe, expect, test } from "vitest";
import { type Commit, type Header, sortValidators, verifyCommit } from "../../src/index.ts";
import { codeOf } from "../coded.ts";
import {
  bitmapOf,
  chainId,
  commitOf,
  headerFor,
  precommitOf,
  validatorsWith,
} from "./validators.ts";

const validators = validatorsWith([10n, 10n, 10n, 10n]);
const header = headerFor(validators.set);
const three = commitOf(header, validators, [0, 1, 3]);

function refusal(
  commit: Commit,
  over: { set?: typeof validators.set; header?: Header } = {},
): string {
  return codeOf(() =>
    verifyCommit(chainId, over.set ?? validators.set, over.header ?? header, commit),
  );
}

const withFirst = (signature: Uint8Array): Commit => ({
  ...three,
  signatures: [signature, ...three.signatures.slice(1)],
});
const secretKeyAt = (index: number): Uint8Array =>
  validators.secretKeys[index] ?? new Uint8Array(32);

describe("verifyCommit", () => {
  test("accepts more than two thirds of the power", () => {
    verifyCommit(chainId, validators.set, header, three);
    verifyCommit(chainId, validators.set, header, commitOf(header, validators, [0, 1, 2, 3]));
  });

  test("refuses exactly two thirds of the power", () => {
    const equal = validatorsWith([1n, 1n, 1n]);
    const theirs = headerFor(equal.set);
    const two = commitOf(theirs, equal, [0, 2]);
    expect(refusal(two, { set: equal.set, header: theirs })).toBe("commit/too-little-power");
    verifyCommit(chainId, equal.set, theirs, commitOf(theirs, equal, [0, 1, 2]));
  });

  test("counts power, not heads", () => {
    const uneven = validatorsWith([1n, 97n, 1n, 1n]);
    const theirs = headerFor(uneven.set);
    verifyCommit(chainId, uneven.set, theirs, commitOf(theirs, uneven, [1]));
    const light = commitOf(theirs, uneven, [0, 2, 3]);
    expect(refusal(light, { set: uneven.set, header: theirs })).toBe("commit/too-little-power");
  });

  test("refuses a commit that nobody signed", () => {
    expect(refusal(commitOf(header, validators, []))).toBe("commit/too-little-power");
  });

  test("refuses one signature used for two validators", () => {
    const [first = new Uint8Array(64), second = first] = three.signatures;
    expect(refusal({ ...three, signatures: [first, first, second] })).toBe("commit/bad-signature");
  });

  test("refuses signatures in another order than the bits", () => {
    expect(refusal({ ...three, signatures: three.signatures.toReversed() })).toBe(
      "commit/bad-signature",
    );
  });

  test("refuses surplus and missing signatures", () => {
    const [first = new Uint8Array(64)] = three.signatures;
    expect(refusal({ ...three, signatures: [...three.signatures, first] })).toBe(
      "commit/bad-bitmap",
    );
    expect(refusal({ ...three, signatures: three.signatures.slice(0, 2) })).toBe(
      "commit/bad-bitmap",
    );
  });

  test("refuses a bit beyond the set and a bitmap of another length", () => {
    const [first = new Uint8Array(64)] = three.signatures;
    const beyond = { ...three, bitmap: bitmapOf(8, [0, 1, 3, 4]) };
    expect(refusal({ ...beyond, signatures: [...three.signatures, first] })).toBe(
      "commit/bad-bitmap",
    );
    expect(refusal({ ...three, bitmap: new Uint8Array(0) })).toBe("commit/bad-bitmap");
    expect(refusal({ ...three, bitmap: Uint8Array.of(0b1011, 0) })).toBe("commit/bad-bitmap");
  });

  test("refuses a set other than the header's, even one with more power for the signers", () => {
    const stranger = validatorsWith([10n, 10n, 10n, 10n], "stranger");
    const heavier = validators.set.map((one, index) => ({ ...one, power: index < 2 ? 99n : 1n }));
    for (const set of [
      stranger.set,
      heavier,
      validators.set.slice(0, 3),
      validators.set.toReversed(),
    ]) {
      expect(refusal(three, { set })).toBe("commit/wrong-set");
    }
  });

  test("refuses a commit for another block, height or chain", () => {
    const other = headerFor(validators.set, { timeMs: 1n });
    const elsewhere = headerFor(validators.set, { chainId: new Uint8Array(32) });
    expect(refusal(three, { header: other })).toBe("commit/wrong-block");
    expect(refusal({ ...three, height: 10n })).toBe("commit/wrong-block");
    expect(refusal(commitOf(elsewhere, validators, [0, 1, 3]), { header: elsewhere })).toBe(
      "commit/wrong-block",
    );
  });

  test("refuses signatures of another round, another chain, a prevote, or for another block", () => {
    expect(refusal({ ...three, round: 1 })).toBe("commit/bad-signature");
    for (const over of [
      { chain: new Uint8Array(32) },
      { type: 1 as const },
      { round: 2 },
      { blockId: new Uint8Array(32) },
    ]) {
      const signature = precommitOf(header, secretKeyAt(0), over);
      expect(refusal(withFirst(signature))).toBe("commit/bad-signature");
    }
  });

  test("refuses a single bad signature although enough others are good", () => {
    const all = commitOf(header, validators, [0, 1, 2, 3]);
    const last = precommitOf(header, secretKeyAt(0));
    expect(refusal({ ...all, signatures: [...all.signatures.slice(0, 3), last] })).toBe(
      "commit/bad-signature",
    );
  });

  test("reads bits beyond the first byte", () => {
    const ten = validatorsWith(new Array<bigint>(10).fill(1n));
    const theirs = headerFor(ten.set);
    verifyCommit(chainId, ten.set, theirs, commitOf(theirs, ten, [0, 1, 2, 4, 5, 8, 9]));
    expect(sortValidators(ten.set)).toEqual(ten.set);
  });
});
