import {
  chainRecordCodec,
  clientRecordCodec,
  governanceParametersRecordCodec,
  PARAMETER_SET,
  type ParameterSet,
  PROPOSAL_STATE,
  parametersRecordCodec,
  stakingParametersRecordCodec,
  stateKey,
  TRANSFER_STATE,
  upgradePlanRecordCodec,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { ethereumKey, seed } from "../../kit/accounts.ts";
import { alice, bob, officer, relayer } from "../../kit/genesis.ts";
import { createGoverned, endow, pass, proposal } from "../../kit/governance-bench.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { plan } from "../../kit/rope-bench.ts";
import { cny, createWorld } from "../../kit/world.ts";

const { executed, failed } = PROPOSAL_STATE;
const set = (which: ParameterSet, name: string, value: bigint) =>
  proposal("set-parameter", { set: which, name, value });

describe("a parameter", () => {
  it("of the chain goes by its new value from the next block on", () => {
    const rope = createGoverned();
    expect(pass(rope, set(PARAMETER_SET.chain, "baseFee", 3n)).state).toBe(executed);
    expect(rope.must(stateKey.parameters(), parametersRecordCodec).baseFee).toBe(3n);
    const [paid] = rope.block([
      plan(bob, "accounts/transfer", { to: alice.address, amount: 1n }),
    ]).transactions;
    expect((paid?.feePaid ?? 0n) % 3n).toBe(0n);
  });

  it("of staking and of governance itself", () => {
    const rope = createGoverned();
    expect(pass(rope, set(PARAMETER_SET.staking, "maxValidators", 7n)).state).toBe(executed);
    const staking = rope.must(stateKey.stakingParameters(), stakingParametersRecordCodec);
    expect(staking.maxValidators).toBe(7);
    expect(pass(rope, set(PARAMETER_SET.governance, "haltQuorum", 3n), 1n).state).toBe(executed);
    const own = rope.must(stateKey.governanceParameters(), governanceParametersRecordCodec);
    expect(own).toMatchObject({ haltQuorum: 3, deposit: 1_000n });
  });

  it.each<readonly [ParameterSet, string, bigint, string]>([
    [1, "chainId", 1n, "governance/unknown-parameter"],
    [1, "developmentProfile", 0n, "governance/unknown-parameter"],
    [1, "toString", 1n, "governance/unknown-parameter"],
    [1, "checkpointIntervalMs", 100n, "governance/bad-parameter"],
    [1, "checkpointHeartbeatMs", 300_001n, "governance/bad-parameter"],
    [1, "baseFee", 2n ** 100n, "governance/bad-parameter"],
    [2, "unbondingMs", 1n, "staking/bad-parameters"],
    [2, "nothing", 1n, "governance/unknown-parameter"],
    [3, "quorumBasisPoints", 3_333n, "governance/bad-parameter"],
    [3, "thresholdBasisPoints", 10_000n, "governance/bad-parameter"],
    [3, "votingMs", 2n ** 63n, "governance/bad-parameter"],
    [3, "delayMs", 2n ** 63n, "governance/bad-parameter"],
    [3, "deposit", 10n ** 20n, "governance/bad-parameter"],
    [3, "haltQuorum", 1n, "governance/bad-parameter"],
    [3, "appealQuorum", 5n, "governance/bad-parameter"],
    [3, "maxOpen", 0n, "governance/bad-parameter"],
    [3, "votingBlocks", 2n ** 127n, "governance/bad-parameter"],
  ])("of set %s, %s = %s fails: %s", (which, name, value, failure) => {
    const rope = createGoverned();
    const before = rope.dump();
    expect(pass(rope, set(which, name, value))).toMatchObject({ state: failed, failure });
    const after = rope.dump();
    const parameters = [...after.keys()].filter((key) =>
      /^636861696e2f|^7374616b696e672f7061/.test(key),
    );
    for (const key of parameters) expect(after.get(key)).toBe(before.get(key));
  });
});

describe("an office", () => {
  it("is given after the delay, and works", () => {
    const rope = createGoverned();
    const member = { memberId: seed("new"), kind: 1, name: "新", codeCommitment: seed("c") };
    const admit = plan(bob, "identity/admit-member", { ...member, account: relayer.address });
    expectRefused(rope, "identity/not-in-office", admit);
    const given = proposal("give-office", { office: "admission", account: bob.address });
    expect(pass(rope, given).state).toBe(executed);
    rope.do(admit);
  });

  it("is taken at once, and twice is a failure", () => {
    const rope = createGoverned();
    const { address: account } = officer.admission;
    const taken = proposal("take-office", { office: "admission", account });
    expect(pass(rope, taken)).toMatchObject({ state: executed, executeAtMs: rope.timeMs });
    const suspend = plan(officer.admission, "identity/suspend-member", {
      ...{ memberId: seed("member"), reason: 1 },
    });
    expectRefused(rope, "identity/not-in-office", suspend);
    expect(pass(rope, taken, 1n)).toMatchObject({
      ...{ state: failed, failure: "identity/not-in-office" },
    });
  });
});

describe("an upgrade", () => {
  it("is on record for the nodes, and not sooner than they can be changed", () => {
    const rope = createGoverned();
    const soon = proposal("schedule-upgrade", { name: "v2", height: 3n });
    expect(pass(rope, soon)).toMatchObject({ state: failed, failure: "governance/too-soon" });
    const later = { name: "v2", height: rope.height + 1_000n };
    expect(pass(rope, proposal("schedule-upgrade", later), 1n).state).toBe(executed);
    expect(rope.must(stateKey.upgradePlan(), upgradePlanRecordCodec)).toEqual(later);
  });
});

describe("a strand", () => {
  it("whose client froze runs again, under other attestors, without what the old ones signed since", () => {
    const world = createWorld();
    const { a, b } = world;
    const rope = endow(world.rope);
    rope.do(world.update(b));
    const keptHeight = b.state.height;
    const header = b.state.seal();
    const other = { ...header, headerHash: seed("another") };
    rope.do(
      plan(relayer, "chains/update-client", b.attest(header)),
      plan(relayer, "chains/update-client", b.attest(other)),
    );
    const { gateway } = b;
    expect(rope.must(stateKey.client(gateway), clientRecordCodec).frozen).toBe(true);
    const attestors = ["w", "x", "y", "z"].map((name) => ethereumKey(name).address);
    const recovery = { gateway, attestors, threshold: 3, keptHeight };
    expect(pass(rope, proposal("recover-client", recovery)).state).toBe(executed);
    expect(rope.must(stateKey.client(gateway), clientRecordCodec)).toMatchObject({
      ...{ frozen: false, latestHeight: keptHeight },
    });
    expect(rope.must(stateKey.chain(gateway), chainRecordCodec)).toMatchObject({
      ...{ state: 2, attestors, threshold: 3 },
    });
    expect(rope.value(stateKey.provenHeader(gateway, header.height))).toBeUndefined();
    // What the old attestors sign is nobody's word any more.
    const update = plan(relayer, "chains/update-client", b.attest(b.state.seal()));
    expectRefused(rope, "client/bad-attestation", update);
    world.relay(
      a,
      a.send({
        assetId: cny.assetId,
        amount: 1n,
        finalGateway: gateway,
        finalRecipient: seed("r"),
      }),
    );
  });

  it.each([
    ["nobody registered", { gateway: seed("none") }, "chain/unknown"],
    [
      "gets too few attestors",
      { attestors: [ethereumKey("w").address], threshold: 1 },
      "client/bad-attestor-set",
    ],
  ])("that %s is not recovered", (_, change, failure) => {
    const world = createWorld();
    const rope = endow(world.rope);
    const recovery = {
      ...{ gateway: world.b.gateway, attestors: [], threshold: 0, keptHeight: 0n },
      ...change,
    };
    const ended = pass(rope, proposal("recover-client", recovery));
    expect(ended).toMatchObject({ state: failed, failure });
  });
});

describe("frozen books", () => {
  it("are opened again, and what was quarantined may be shown once more", () => {
    const world = createWorld();
    const { a, b } = world;
    const rope = endow(world.rope);
    const { assetId } = cny;
    const route = { assetId, finalRecipient: seed("r") };
    world.relay(a, a.send({ ...route, amount: 500n, finalGateway: b.gateway }));
    world.answer(b);
    world.relay(b, b.lie({ ...route, amount: 501n, finalGateway: a.gateway }));
    expect(world.position(cny, b.gateway).flags).toBe(1);
    const opened = { assetId, gateway: b.gateway };
    expect(pass(rope, proposal("unfreeze-books", opened)).state).toBe(executed);
    expect(world.position(cny, b.gateway).flags).toBe(0);
    const back = b.lie({ ...route, amount: 100n, finalGateway: a.gateway });
    world.relay(b, back);
    expect(world.transfer(back).state).toBe(TRANSFER_STATE.forwarded);
    expect(pass(rope, proposal("unfreeze-books", opened), 1n)).toMatchObject({
      ...{ state: failed, failure: "transfers/not-frozen" },
    });
  });
});
