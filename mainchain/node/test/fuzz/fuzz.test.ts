import { describe, expect, it } from "vitest";
import { fuzzNode } from "../../fuzz/fuzz.ts";

const MIB = 1024 * 1024;

describe("20,000 pieces of nonsense", () => {
  it("crash nothing, fill nothing, have one encoding each and are held against who sent them", async () => {
    const seed = 20_261_123;
    const report = await fuzzNode({ cases: 20_000, seed, maxFailures: 3 });
    expect(report.failures, `seed ${seed}`).toEqual([]);
    expect(report.cases).toBe(20_000);
    expect(report.memory.peakBytes - report.memory.baseBytes).toBeLessThan(256 * MIB);
    const { reactor = {}, forgedVote = {}, sync = {}, rpc = {} } = report.outcomes;
    expect(reactor["p2p/malformed"]).toBeGreaterThan(500);
    // One that says what a known vote says is not looked at.
    expect(forgedVote["penalized"]).toBeGreaterThan(500);
    expect(sync["penalized"]).toBeGreaterThan(500);
    expect(rpc["rpc/bad-params"]).toBeGreaterThan(100);
  }, 60_000);
});
