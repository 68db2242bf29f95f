import {
  COUNTER,
  CREDENTIAL_ACTION,
  type CredentialPayload,
  concatBytes,
  digest,
  lienValue,
  SUITE_KECCAK,
  ZERO_32,
} from "@ropenet/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressToB32 } from "../src/contracts/words.ts";
import {
  createGatewayClient,
  createLoanClient,
  createTitleClient,
  createTokenClient,
  deployStoryContracts,
  type GatewayClient,
  type StoryContracts,
} from "../src/index.ts";
import {
  assetPacket,
  credentialPacket,
  OTHER_STRAND,
  originAsset,
  UNIQUE,
  voucherAsset,
} from "./kit/payloads.ts";
import type { PacketPlan } from "./kit/test-rope.ts";
import { PAYEE, RICH_KEYS, signal, startTestStrand, type TestStrand } from "./kit/test-strand.ts";

const b32 = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

describe("the gateway as its users see it", () => {
  let strand: TestStrand;
  let story: StoryContracts;
  let gateway: GatewayClient;
  let user = "";

  beforeAll(async () => {
    strand = await startTestStrand();
    user = strand.account(1).address;
    gateway = createGatewayClient(strand.account(1), strand.gateway.address);
    story = await deployStoryContracts({
      rpcUrl: strand.anvil.rpcUrl,
      deployerKey: RICH_KEYS[0],
      gatewayAddress: strand.gateway.address,
      keeper: strand.account(2).address,
    });
  }, 60_000);
  afterAll(() => strand?.close());

  async function deliver(...plans: readonly PacketPlan[]): Promise<void> {
    const events = plans.map((plan) => strand.rope.send(plan));
    await strand.adapter(3).submit(strand.rope.prove(events), signal());
  }

  it("uses a credential until its quota, purpose or revocation says no", async () => {
    const salt = b32(5);
    const now = BigInt(Date.now());
    const grant: CredentialPayload = {
      action: CREDENTIAL_ACTION.delegate,
      credentialId: b32(1),
      quota: 2n,
      leaseUntilMs: now + 600_000n,
      scalar: 0n,
      finalGateway: strand.gateway.gatewayUid,
      finalGrantee: digest(SUITE_KECCAK, "account", salt, addressToB32(user)),
      homeGateway: strand.rope.gateway,
      purpose: 7,
      classification: 2,
      expiryMs: now + 900_000n,
      revokedAtMs: 0n,
      policyHash: b32(6),
    };
    await deliver(credentialPacket(grant), credentialPacket({ ...grant, credentialId: b32(2) }));
    const order = {
      credentialId: b32(1),
      salt,
      purpose: 7,
      queryDigest: b32(8),
      useId: b32(9),
    };
    const used = await gateway.useCredential(order, signal());
    expect(used.n).toBe(1n);
    const held = await gateway.credential(b32(1), signal());
    expect(held).toMatchObject({ used: 1n, remaining: 1n, purpose: 7 });

    const refused = async (change: object): Promise<string> => {
      const changed = { ...order, useId: b32(10), ...change };
      const error = await gateway.useCredential(changed, signal()).catch((reason) => reason);
      return error.code;
    };
    expect(await refused({ purpose: 8 })).toBe("data-credential/wrong-purpose");
    expect(await refused({ salt: b32(4) })).toBe("data-credential/not-grantee");
    expect(await refused({ credentialId: b32(3) })).toBe("data-credential/unknown");
    expect(await refused({ useId: b32(9) })).toBe("data-credential/use-id-taken");
    await gateway.useCredential({ ...order, useId: b32(11) }, signal());
    expect(await refused({})).toBe("data-credential/quota-exhausted");
    const revocation = {
      ...grant,
      credentialId: b32(2),
      action: CREDENTIAL_ACTION.revoke,
      revokedAtMs: now,
    };
    await deliver(credentialPacket(revocation));
    expect(await refused({ credentialId: b32(2) })).toBe("data-credential/revoked");
  });

  it("pledges a voucher title for money, and keeps the pledged title on the strand", async () => {
    const title = voucherAsset(3, UNIQUE);
    const tokenId = b32(1);
    await deliver(title.packet);
    const arrival = { assetId: title.assetId, tokenId, amount: 1n };
    await deliver(assetPacket(strand.gateway.gatewayUid, user, arrival));
    const { token } = await gateway.asset(title.assetId, signal());
    const number = BigInt(`0x${"01".repeat(32)}`);
    const titles = createTitleClient(strand.account(1), token);
    expect(await titles.ownerOf(number, signal())).toBe(user);

    const bank = strand.account(0);
    const cny = createTokenClient(bank, story.demoCny);
    await cny.mint(bank.address, 500_000n, signal());
    await cny.approve(story.pledgeLoan, 500_000n, signal());
    const terms = {
      borrower: user,
      assetId: title.assetId,
      tokenId,
      principal: 400_000n,
      repayment: 410_000n,
      dueAt: BigInt(Math.floor(Date.now() / 1000) + 3_600),
      agreement: b32(12),
    };
    const bankLoans = createLoanClient(bank, story.pledgeLoan);
    const { loanId } = await bankLoans.offer(terms, signal());
    await titles.approve(story.pledgeLoan, number, signal());
    const loans = createLoanClient(strand.account(1), story.pledgeLoan);
    await loans.pledge(loanId, signal());

    expect(await cny.balanceOf(user, signal())).toBe(400_000n);
    expect(await loans.loan(loanId, signal())).toMatchObject({ stage: "pledged" });
    const lienHolder = addressToB32(bank.address);
    const { principal: amount, agreement } = terms;
    expect(await gateway.lien(title.assetId, tokenId, signal())).toEqual(
      lienValue({ lienHolder, amount, agreement }),
    );
    const leaving = {
      assetId: title.assetId,
      tokenId,
      amountLocal: 1n,
      finalGateway: OTHER_STRAND,
      finalRecipient: PAYEE,
      timeoutMs: BigInt(Date.now() + 600_000),
      finalTimeoutMs: BigInt(Date.now() + 900_000),
      gasLimit: 0,
      finalGasLimit: 300_000,
      obligationId: ZERO_32,
      memo: new Uint8Array(),
    };
    await expect(gateway.sendAsset(leaving, signal())).rejects.toMatchObject({
      code: "asset/encumbered",
    });
    await expect(loans.pledge(loanId, signal())).rejects.toMatchObject({
      code: "contract/wrong-stage",
    });
    expect(await gateway.counter(title.assetId, COUNTER.balance, signal())).toBe(1n);
  });

  it("sends a warehouse title only with the keeper's consent", async () => {
    const asset = originAsset(strand.gateway.gatewayUid, story.warehouseTitle, UNIQUE);
    await deliver(asset.packet);
    const keeper = createTitleClient(strand.account(2), story.warehouseTitle);
    const holder = createTitleClient(strand.account(1), story.warehouseTitle);
    await keeper.issue(77n, user, b32(13), 25_000n, signal());
    await holder.approve(strand.gateway.address, 77n, signal());
    const order = {
      assetId: asset.assetId,
      tokenId: concatBytes(new Uint8Array(31), Uint8Array.of(77)),
      amountLocal: 1n,
      finalGateway: OTHER_STRAND,
      finalRecipient: PAYEE,
      timeoutMs: BigInt(Date.now() + 600_000),
      finalTimeoutMs: BigInt(Date.now() + 900_000),
      gasLimit: 0,
      finalGasLimit: 300_000,
      obligationId: ZERO_32,
      memo: new Uint8Array(),
    };
    await expect(gateway.sendAsset(order, signal())).rejects.toMatchObject({
      code: "contract/keeper-consent-missing",
    });
    await keeper.consent(77n, strand.gateway.address, signal());
    const sent = await gateway.sendAsset(order, signal());
    expect(sent.sequence).toBe(1n);
    expect(await holder.ownerOf(77n, signal())).toBe(strand.gateway.address);
  });

  it("moves the gateway's clock by a checkpoint alone", async () => {
    const before = await gateway.checkpoint(signal());
    await gateway.submitCheckpoint(strand.rope.prove([]).update, signal());
    const after = await gateway.checkpoint(signal());
    expect(after.height).toBeGreaterThan(before.height);
    expect(after.timeMs).toBeGreaterThan(before.timeMs);
  });
});
