import { describe, expect, it } from "vitest";
import { blockId, follower, seen } from "../fixtures.ts";

const X = blockId(88);

describe("a polka (L36–L43)", () => {
  it("locks and precommits its block", () => {
    const { machine, others } = follower();
    const [a = 0, b = 0, c = 0] = others;
    machine.proposal(0, X);
    machine.validated(X);
    expect(machine.prevotes(0, X, a, b)).toEqual([]);
    expect(seen(machine.prevotes(0, X, c))).toEqual(["precommit:88"]);
    expect(machine.height.locked).toEqual({ round: 0, blockId: X });
    expect(machine.height.valid).toEqual({ round: 0, blockId: X });
  });

  it("that comes after the precommit moves the valid value and not the lock", () => {
    const { machine, others } = follower();
    const [a = 0, b = 0, c = 0] = others;
    machine.proposal(0, X);
    machine.validated(X);
    machine.prevotes(0, X, a, b);
    machine.prevotes(0, null, c);
    // own prevote is still on its way; the timeout is faster
    machine.timeout("prevote", 0);
    expect(machine.height.step).toBe("precommit");
    machine.prevotes(0, X, 0, 1, 2, 3);
    expect(machine.height.valid).toEqual({ round: 0, blockId: X });
    expect(machine.height.locked).toBeNull();
  });

  it("for a block that is not here asks for it, and locks when it arrives in time", () => {
    const { machine, others } = follower();
    machine.timeout("propose", 0);
    expect(seen(machine.prevotes(0, X, ...others))).toEqual(["requestBlock:88", "timeout:prevote"]);
    expect(seen(machine.validated(X))).toEqual(["precommit:88"]);
  });

  it("waits while this node has not prevoted", () => {
    const { machine, others } = follower();
    machine.prevotes(0, X, ...others);
    expect(machine.height.step).toBe("propose");
    machine.validated(X);
    expect(machine.height.locked).toBeNull();
    expect(seen(machine.timeout("propose", 0))).toEqual(["prevote:nil", "precommit:88"]);
  });

  it("of an earlier round locks nothing", () => {
    const { machine, others } = follower();
    machine.start(1);
    machine.proposal(1, X);
    machine.validated(X);
    machine.prevotes(0, X, ...others);
    expect(machine.height.locked).toBeNull();
    expect(machine.height.valid).toBeNull();
  });
});

describe("no polka for a block", () => {
  it("two thirds for nil precommit nil at once and keep the lock (L44)", () => {
    const { machine, others } = follower();
    machine.proposal(0, X);
    machine.validated(X);
    machine.prevotes(0, X, ...others);
    machine.start(1);
    machine.timeout("propose", 1);
    expect(seen(machine.prevotes(1, null, ...others))).toEqual(["precommit:nil"]);
    expect(machine.height.locked).toEqual({ round: 0, blockId: X });
  });

  it("two thirds of mixed prevotes arm the prevote timeout once, which precommits nil (L34, L61)", () => {
    const { machine, self, others } = follower();
    const [a = 0, b = 0, c = 0] = others;
    machine.timeout("propose", 0);
    machine.prevotes(0, X, a);
    machine.prevotes(0, null, b);
    expect(seen(machine.prevotes(0, X, c))).toEqual(["timeout:prevote"]);
    expect(machine.prevotes(0, null, self)).toEqual([]);
    expect(seen(machine.timeout("prevote", 0))).toEqual(["precommit:nil"]);
    expect(machine.timeout("prevote", 0)).toEqual([]);
  });

  it("prevotes do not arm it before this node prevoted", () => {
    const { machine, others } = follower();
    expect(machine.prevotes(0, null, ...others)).toEqual([]);
    expect(machine.timeout("prevote", 0)).toEqual([]);
  });
});
