import { bytesToHex, compareBytes } from "@ropenet/crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as protocol from "../../src/index.ts";
import { stateKey } from "../../src/index.ts";
import { b32, u16, u64 } from "../arbitraries.ts";
import { expectCanonical } from "../canonical.ts";
import { records } from "./records.ts";

describe("state records", () => {
  test.each(Object.keys(records))("%s has one encoding for each value", (name) => {
    const record = records[name];
    if (!record) return expect.fail(name);
    expectCanonical(record[0], record[1], { numRuns: 15 });
  });

  test("are all in this test", () => {
    const codecs = Object.keys(protocol).filter((name) => name.endsWith("RecordCodec"));
    const tested = Object.keys(records).map((name) => `${name}RecordCodec`);
    // The parameters are tested as part of the genesis.
    expect([...tested, "parametersRecordCodec", "stakingParametersRecordCodec"].toSorted()).toEqual(
      codecs.toSorted(),
    );
  });
});

describe("state keys", () => {
  const some = new Uint8Array(32).fill(1);
  const calls: Readonly<Record<string, Uint8Array>> = {
    parameters: stateKey.parameters(),
    account: stateKey.account(some),
    validators: stateKey.validators(),
    bridgeKeys: stateKey.bridgeKeys(),
    member: stateKey.member(some),
    memberByAccount: stateKey.memberByAccount(some),
    office: stateKey.office("supervision", some),
    chain: stateKey.chain(some),
    chainCount: stateKey.chainCount(),
    chainByIndex: stateKey.chainByIndex(1),
    client: stateKey.client(some),
    provenHeader: stateKey.provenHeader(some, 1n),
    lane: stateKey.lane(some, 1),
    sent: stateKey.sent(some, 1, 1n),
    receipt: stateKey.receipt(some, 1, 1n),
    outbox: stateKey.outbox(some),
    outboxEntry: stateKey.outboxEntry(some, 1n),
    transfer: stateKey.transfer(some),
    transferCount: stateKey.transferCount(),
    transferByIndex: stateKey.transferByIndex(1n),
    releaseQueue: stateKey.releaseQueue(1n, 2n),
    asset: stateKey.asset(some),
    assetCount: stateKey.assetCount(),
    assetByIndex: stateKey.assetByIndex(1),
    representation: stateKey.representation(some, some),
    position: stateKey.position(some, some),
    conservation: stateKey.conservation(some),
    title: stateKey.title(some, some),
    holding: stateKey.holding(some, some),
    refundable: stateKey.refundable(some, some),
    flow: stateKey.flow(some, some),
    credential: stateKey.credential(some),
    credentialPosition: stateKey.credentialPosition(some, some),
    hold: stateKey.hold(some),
    holdBySubject: stateKey.holdBySubject(1, some),
    checkpoint: stateKey.checkpoint(1, 1n),
    checkpointSignature: stateKey.checkpointSignature(1, 1n, some),
    latestCheckpoint: stateKey.latestCheckpoint(1),
    canonicalDigest: stateKey.canonicalDigest(1, 1n),
    handover: stateKey.handover(1, 1n),
    handoverSignature: stateKey.handoverSignature(1, 1n, some),
    stakingParameters: stateKey.stakingParameters(),
    stakingProgress: stateKey.stakingProgress(),
    authority: stateKey.authority(some),
    validator: stateKey.validator(some),
    bridgeKeyOwner: stateKey.bridgeKeyOwner(1, some),
    delegation: stateKey.delegation(some, some),
    unbondingPool: stateKey.unbondingPool(some, 1n),
    unbonding: stateKey.unbonding(some, some, 1n),
    cut: stateKey.cut(1n),
    epoch: stateKey.epoch(1n),
    supply: stateKey.supply(),
    rewardPool: stateKey.rewardPool(),
    validatorRewards: stateKey.validatorRewards(some),
    rewardStart: stateKey.rewardStart(some, some),
    signing: stateKey.signing(some),
    slashingProgress: stateKey.slashingProgress(),
    missedCheckpoints: stateKey.missedCheckpoints(some),
    upgradePlan: stateKey.upgradePlan(),
    governanceParameters: stateKey.governanceParameters(),
    proposal: stateKey.proposal(1n),
    proposalCount: stateKey.proposalCount(),
    openProposal: stateKey.openProposal(1n),
    electorate: stateKey.electorate(1n),
    vote: stateKey.vote(1n, some),
    halt: stateKey.halt(some),
    haltCount: stateKey.haltCount(),
    haltByIndex: stateKey.haltByIndex(1n),
    haltBySubject: stateKey.haltBySubject(1, some),
    admittedChainCount: stateKey.admittedChainCount(),
    admittedChain: stateKey.admittedChain(1),
    pendingChainCount: stateKey.pendingChainCount(),
    pendingChainsOf: stateKey.pendingChainsOf(some),
    provenHeaderCount: stateKey.provenHeaderCount(some),
    heldTransfer: stateKey.heldTransfer(some, some),
    liftedHold: stateKey.liftedHold(some),
    issued: stateKey.issued(some),
    credentialUnderWay: stateKey.credentialUnderWay(some),
    credentialMark: stateKey.credentialMark(some, some),
    forgottenDigest: stateKey.forgottenDigest(1),
    checkpointRequest: stateKey.checkpointRequest(),
  };

  test("never stand in the range of another record", () => {
    const prefix = (key: Uint8Array): string => {
      const ascii = String.fromCharCode(...key);
      return /^[a-z-]+\/[a-z-]+\/(?:supervision\/)?/.exec(ascii)?.[0] ?? "";
    };
    const prefixes = Object.values(calls).map(prefix);
    expect(prefixes).not.toContain("");
    expect(new Set(prefixes).size).toBe(prefixes.length);
    expect(Object.keys(calls).toSorted()).toEqual(Object.keys(stateKey).toSorted());
  });

  test("sort sequences by number and keep lanes and gateways apart", () => {
    fc.assert(
      fc.property(b32, u16, u64, u64, (gateway, lane, left, right) => {
        const order = compareBytes(
          stateKey.sent(gateway, lane, left),
          stateKey.sent(gateway, lane, right),
        );
        expect(Math.sign(order)).toBe(left < right ? -1 : Number(left > right));
        const other = stateKey.sent(gateway, lane ^ 1, left);
        expect(bytesToHex(other)).not.toBe(bytesToHex(stateKey.sent(gateway, lane, left)));
      }),
    );
  });
});
