import {
  type ChainRecord,
  chainRecordCodec,
  chainRecordHash,
  clientRecordCodec,
  keccak256,
  MAX_PENDING_CHAINS_OF_ONE,
  type RegisterChain,
  SUITE_SM,
  stateKey,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { ethereumKey, seed } from "../../kit/accounts.ts";
import { alice, member, officer, PARAMETERS, relayer } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan, RopeBench } from "../../kit/rope-bench.ts";
import { StrandBench } from "../../kit/strand-bench.ts";

const strand = new StrandBench({ name: "new strand" });
const { gateway, registration, attestors } = strand;
const addresses = attestors.map(({ address }) => address);

function register(change: Partial<RegisterChain> = {}, from = member): Plan {
  return plan(from, "chains/register", { ...registration, ...change });
}

/** A chain that approves nothing by itself. */
function governed(): RopeBench {
  const parameters = { ...PARAMETERS, developmentProfile: false };
  return RopeBench.create([strand.fork()], { parameters });
}

function chain(rope: RopeBench): ChainRecord {
  return rope.must(stateKey.chain(gateway), chainRecordCodec);
}

const approve = (rope: RopeBench, from = officer.admission): Plan =>
  plan(from, "chains/approve", { gateway, recordHash: chainRecordHash(chain(rope)) });
const reject = (from = officer.admission): Plan =>
  plan(from, "chains/reject", { gateway, reason: 2 });

describe("a registration", () => {
  it("is recorded with all it says, and approves itself in the development profile", () => {
    const rope = RopeBench.create();
    rope.do(register({}, alice));
    const { threshold, trustingPeriodMs, ...rest } = registration;
    expect(chain(rope)).toEqual({
      ...rest,
      ...{ gateway, index: 0, registrant: alice.address, state: 2, trustClass: 3 },
      ...{ threshold, trustingPeriodMs, registeredAtMs: rope.timeMs },
    });
    expect(rope.must(stateKey.client(gateway), clientRecordCodec)).toEqual({
      ...{ latestHeight: 0n, latestTimeMs: 0n, updatedAtMs: rope.timeMs, frozen: false },
    });
  });

  it("waits for the admission office on any other chain", () => {
    const rope = governed();
    rope.do(register());
    expect(chain(rope).state).toBe(1);
    const update = plan(relayer, "chains/update-client", strand.attest(strand.state.seal()));
    expectRefused(rope, "chain/not-open", update);
    expectRefused(rope, "identity/not-in-office", approve(rope, member));
    rope.do(approve(rope));
    expect(chain(rope).state).toBe(2);
    rope.do(update);
    expectRefused(rope, "chain/not-pending", approve(rope));
  });

  it("may wait longer than its trusting period: its client is followed from the approval on", () => {
    const rope = governed();
    rope.do(register());
    rope.at(rope.timeMs + registration.trustingPeriodMs + 1_000n);
    rope.do(approve(rope));
    expect(rope.must(stateKey.client(gateway), clientRecordCodec).updatedAtMs).toBe(rope.timeMs);
    rope.do(plan(relayer, "chains/update-client", strand.attest(strand.state.seal())));
  });

  it("is approved as it was reviewed, and not what has come in its place since", () => {
    const rope = governed();
    rope.do(register());
    const reviewed = approve(rope);
    rope.do(reject());
    rope.do(register({ codeHash: seed("other code") }));
    expectRefused(rope, "chain/other-record", reviewed);
    rope.do(approve(rope));
  });

  it("is for members only", () => {
    const rope = governed();
    expectRefused(rope, "identity/not-a-member", register({}, alice));
    const suspension = { memberId: seed("member"), reason: 1 };
    rope.do(plan(officer.admission, "identity/suspend-member", suspension));
    expectRefused(rope, "identity/member-suspended", register());
  });

  it("is taken once: the same gateway again is chain/exists, another deployment is not", () => {
    const rope = RopeBench.create();
    rope.do(register());
    expectRefused(rope, "chain/exists", register());
    expectRefused(rope, "chain/exists", register({ name: "another name", codeHash: seed("code") }));
    rope.do(register({ deployment: 1 }));
    const again = new StrandBench({ name: "new strand", deployment: 1 });
    expect(rope.must(stateKey.chain(again.gateway), chainRecordCodec).index).toBe(1);
  });
});

const bad: readonly (readonly [string, string, Partial<RegisterChain>])[] = [
  ["no name", "chain/bad-field", { name: "" }],
  ["a kind without a verifier", "chain/bad-field", { kind: 2 }],
  ["the rope's own kind", "chain/bad-field", { kind: 0 }],
  ["another suite", "chain/bad-field", { suite: SUITE_SM }],
  ["no genesis", "chain/bad-field", { genesisHash: ZERO_32 }],
  ["no gateway", "chain/bad-field", { gatewayAddress: ZERO_32 }],
  ["a gateway that is no address", "chain/bad-field", { gatewayAddress: seed("x") }],
  ["no code", "chain/bad-field", { codeHash: ZERO_32 }],
  ["the code of an account", "chain/bad-field", { codeHash: keccak256(new Uint8Array(0)) }],
  ["no trusting period", "chain/bad-field", { trustingPeriodMs: 0n }],
  ["no attestors", "client/bad-attestor-set", { attestors: [], threshold: 0 }],
  ["three attestors", "client/bad-attestor-set", { attestors: addresses.slice(0, 3) }],
  ["a threshold of two thirds", "client/bad-attestor-set", { threshold: 2 }],
  ["a threshold above all", "client/bad-attestor-set", { threshold: 5 }],
  ["a threshold of zero", "client/bad-attestor-set", { threshold: 0 }],
  [
    "a threshold of exactly two thirds of six",
    "client/bad-attestor-set",
    {
      attestors: [...addresses, ...["e", "f"].map((name) => ethereumKey(name).address)],
      threshold: 4,
    },
  ],
  [
    "an attestor twice",
    "client/bad-attestor-set",
    { attestors: addresses.with(3, addresses[0] ?? new Uint8Array(20)) },
  ],
  [
    "an attestor of zeros",
    "client/bad-attestor-set",
    { attestors: addresses.with(3, new Uint8Array(20)) },
  ],
];

it.each(bad)("a registration with %s is refused: %s", (_, code, change) => {
  expectRefused(RopeBench.create(), code, register(change));
});

describe("a rejection", () => {
  it("is the admission office's, of what is pending, and frees the gateway for whom it belongs to", () => {
    const rope = governed();
    expectRefused(rope, "chain/unknown", reject());
    rope.do(register({ name: "squatter" }));
    expectRefused(rope, "identity/not-in-office", reject(member));
    rope.do(reject());
    expect(chain(rope)).toMatchObject({ state: 5, name: "squatter" });
    expectRefused(rope, "chain/not-pending", reject());
    expectRefused(rope, "chain/not-pending", approve(rope));
    rope.do(register({ name: "owner" }));
    expect(chain(rope)).toMatchObject({ state: 1, name: "owner", index: 0 });
    rope.do(approve(rope));
    expectRefused(rope, "chain/exists", register());
    expectRefused(rope, "chain/not-pending", reject());
  });
});

describe("registrations that wait", () => {
  const many = (count: number): readonly Plan[] =>
    Array.from({ length: count }, (_, deployment) => register({ deployment }));

  it("are four of one member: chain/too-many, until one is decided", () => {
    const rope = governed();
    rope.do(...many(MAX_PENDING_CHAINS_OF_ONE));
    const next = register({ deployment: MAX_PENDING_CHAINS_OF_ONE });
    expectRefused(rope, "chain/too-many", next);
    rope.do(reject(), next);
    expectRefused(rope, "chain/too-many", register());
  });

  it("make no block dearer: they have no place in a checkpoint", () => {
    const rope = governed();
    const admitted = (): number => rope.records("chains/admitted/").length;
    rope.do(...many(MAX_PENDING_CHAINS_OF_ONE));
    expect(admitted()).toBe(0);
    rope.do(approve(rope));
    expect(admitted()).toBe(1);
    rope.do(plan(officer.admission, "chains/suspend", { gateway, reason: 3 }));
    expect(admitted()).toBe(1);
  });
});

it("an approval of a strand that nobody registered: chain/unknown", () => {
  expectRefused(
    governed(),
    "chain/unknown",
    plan(officer.admission, "chains/approve", { gateway, recordHash: gateway }),
  );
});
