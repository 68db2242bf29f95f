import { CodedError } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { play, type Stage, type Step } from "../src/story/play.ts";

const NEVER = new Promise<never>(() => undefined);

const judged = (
  step: Omit<Step<undefined>, "id" | "title">,
  stage: Partial<Pick<Stage, "lost" | "stepMs">> = {},
) =>
  play({ ...step, id: "x", title: "一步" }, undefined, {
    ...{ ropeHeight: async () => "7", lost: NEVER },
    ...stage,
  });

describe("a step of the story", () => {
  it("holds when everything that it saw is what it had to be", async () => {
    const result = await judged({
      act: async (_, notes) => {
        notes.did("绳", { hash: "0xab", height: 5n });
        return `${notes.see("units", "网关", 3n, 3n)} 次`;
      },
    });
    expect(result).toMatchObject({
      ...{ ok: true, line: "3 次", code: null, height: "7" },
      observations: [{ what: "units", where: "网关", expected: "3", seen: "3", ok: true }],
      transactions: [{ chain: "绳", hash: "ab", height: "5" }],
    });
  });

  it("does not hold when one thing is otherwise, and the line says which", async () => {
    const result = await judged({
      act: async (_, notes) => {
        notes.see("units", "网关", 3n, 3n);
        return `出库 ${notes.see("rows", "PostgreSQL", 1, 0)} 行`;
      },
    });
    expect(result.ok).toBe(false);
    expect(result.line).toBe('出库 1 行 · PostgreSQL rows: expected "0", saw "1"');
  });

  it("does not hold when it has seen nothing", async () => {
    expect((await judged({ act: async () => "done" })).ok).toBe(false);
  });

  it("does not hold when it breaks", async () => {
    const result = await judged({
      act: async (_, notes) => {
        notes.see("units", "网关", 3n, 3n);
        throw new Error("broken");
      },
    });
    expect(result).toMatchObject({ ok: false, line: "broken", code: null });
  });

  it("does not wait for ever, nor for what will not come", async () => {
    const act = (): Promise<string> => NEVER;
    expect(await judged({ act }, { stepMs: 20 })).toMatchObject({
      ...{ ok: false, code: "story/step-too-long" },
    });
    const reason = new CodedError({ code: "devnet/process-lost", process: "strand-finance" });
    const lost = new Promise<CodedError>((resolve) => setTimeout(() => resolve(reason), 20));
    expect(await judged({ act, refusedWith: "asset/encumbered" }, { lost })).toMatchObject({
      ...{ ok: false, code: "devnet/process-lost" },
    });
  });

  it("names what died, even when the step has noticed first", async () => {
    const reason = new CodedError({ code: "devnet/process-lost", process: "strand-finance" });
    const lost = new Promise<CodedError>((resolve) => setTimeout(() => resolve(reason), 20));
    const act = (): Promise<string> => Promise.reject(new Error("ECONNREFUSED"));
    expect(await judged({ act }, { lost })).toMatchObject({
      ...{ ok: false, code: "devnet/process-lost" },
    });
  });

  it.each([
    ["asset/encumbered", true],
    ["asset/not-holder", false],
    [undefined, false],
  ])("that must be refused and ends with %s: %s", async (code, ok) => {
    const result = await judged({
      refusedWith: "asset/encumbered",
      act: async () => {
        if (code) throw new CodedError({ code });
        return "accepted";
      },
    });
    expect(result.ok).toBe(ok);
    const seen = code ?? "accepted";
    expect(result.observations).toMatchObject([{ expected: "asset/encumbered", seen, ok }]);
  });
});
