import { type AdmitMember, b32, memberRecordCodec, stateKey } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { alice, bob, member, officer } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan, RopeBench } from "../../kit/rope-bench.ts";

const memberId = seed("new member");

const admit = (change: Partial<AdmitMember> = {}, from = officer.admission): Plan =>
  plan(from, "identity/admit-member", {
    ...{ memberId, kind: 2, name: "新成员（虚构）", codeCommitment: seed("code") },
    account: bob.address,
    ...change,
  });

const suspend = (id: Uint8Array, from = officer.admission): Plan =>
  plan(from, "identity/suspend-member", { memberId: id, reason: 1 });

describe("admission", () => {
  it("records a member and whose account it is", () => {
    const rope = RopeBench.create();
    rope.do(admit());
    expect(rope.must(stateKey.member(memberId), memberRecordCodec)).toMatchObject({
      ...{ memberId, kind: 2, account: bob.address, state: 1 },
    });
    expect(rope.must(stateKey.memberByAccount(bob.address), b32)).toEqual(memberId);
  });

  it("is the admission office's", () => {
    const rope = RopeBench.create();
    expectRefused(rope, "identity/not-in-office", admit({}, alice));
    expectRefused(rope, "identity/not-in-office", admit({}, officer.supervision));
  });

  it("refuses a member and an account that are there", () => {
    const rope = RopeBench.create();
    rope.do(admit());
    expectRefused(rope, "identity/member-exists", admit({ account: alice.address }));
    const another = { memberId: seed("another") };
    expectRefused(rope, "identity/account-taken", admit(another));
    expectRefused(rope, "identity/account-taken", admit({ ...another, account: member.address }));
  });
});

describe("suspension", () => {
  it("is the admission office's, of a member that there is", () => {
    const rope = RopeBench.create();
    expectRefused(rope, "identity/unknown-member", suspend(memberId));
    expectRefused(rope, "identity/not-in-office", suspend(seed("member"), alice));
    rope.do(suspend(seed("member")));
    const record = rope.must(stateKey.member(seed("member")), memberRecordCodec);
    expect(record.state).toBe(2);
  });
});
