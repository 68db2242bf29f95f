import { describe, expect, it } from "vitest";
import { createState, DEFAULT_OPTIONS, resume, type State, step } from "../src/index.ts";
import { blockId, follower, Machine, seen, signVote, turnOf } from "./fixtures.ts";

const X = blockId(88);

function replay(machine: Machine): State {
  return machine.inputs.reduce(
    (state, input) => step(state, input).state,
    createState(DEFAULT_OPTIONS),
  );
}

describe("resume after replay", () => {
  it("replays to the same state", () => {
    const { machine, others } = follower();
    machine.proposal(0, X);
    machine.validated(X);
    machine.prevotes(0, X, ...others);
    machine.prevotes(4, null, ...others);
    expect(replay(machine)).toEqual(machine.state);
  });

  it("builds again if nothing was built", () => {
    const machine = new Machine([1, 1, 1, 1], turnOf(0));
    machine.start();
    expect(seen(resume(replay(machine)))).toEqual(["timeout:propose", "buildValue"]);
  });

  it("proposes what was built, and not something new", () => {
    const machine = new Machine([1, 1, 1, 1], turnOf(0));
    machine.start();
    machine.input({ kind: "valueBuilt", height: 5n, round: 0, blockId: X });
    expect(seen(resume(replay(machine)))).toEqual(["timeout:propose", "propose:88@-1"]);
    machine.proposal(0, X);
    expect(seen(resume(replay(machine)))).toEqual(["prevote:88"]);
  });

  it("validates, and fetches, what was not answered", () => {
    const { machine, others } = follower();
    machine.proposal(0, X);
    expect(seen(resume(replay(machine)))).toEqual(["timeout:propose", "validateBlock:88"]);
    machine.precommits(0, X, ...others);
    expect(seen(resume(replay(machine)))).toEqual([
      "timeout:propose",
      "timeout:precommit",
      "requestBlock:88",
    ]);
  });

  it("signs votes that never came back, and only those", () => {
    const { machine, others } = follower();
    machine.proposal(0, X);
    const effects = machine.validated(X);
    machine.prevotes(0, X, ...others);
    expect(seen(resume(replay(machine)))).toEqual(["prevote:88", "precommit:88"]);
    for (const effect of effects) {
      if (effect.kind !== "signAndBroadcastVote") continue;
      machine.input({ kind: "vote", vote: signVote(effect.vote) });
    }
    expect(seen(resume(replay(machine)))).toEqual(["precommit:88"]);
  });

  it("arms the prevote timeout of a round that waits for it", () => {
    const { machine, others } = follower();
    const [a = 0, b = 0, c = 0] = others;
    machine.timeout("propose", 0);
    machine.prevotes(0, X, a, b);
    machine.prevotes(0, null, c);
    expect(seen(resume(replay(machine)))).toContain("timeout:prevote");
  });

  it("decides again", () => {
    const { machine, others } = follower();
    machine.validated(X);
    machine.precommits(0, X, ...others);
    expect(seen(resume(replay(machine)))).toEqual(["decide:88"]);
  });

  it("has nothing to do before a round began", () => {
    expect(resume(createState(DEFAULT_OPTIONS))).toEqual([]);
    expect(resume(replay(new Machine([1, 1, 1, 1], 0)))).toEqual([]);
  });
});
