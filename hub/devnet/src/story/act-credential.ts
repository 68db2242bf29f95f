import type { Answer, AnswerRequestJson } from "@ropenet/agent";
import { queryDigest, requestDigest } from "@ropenet/agent";
import {
  bytesToHex,
  credentialPositionRecordCodec,
  credentialRemainingSlot,
  credentialUsedSlot,
  digest,
  hexToBytes,
  SUITE_KECCAK,
  SUITE_SM,
  secp256k1,
  stateKey,
  useSlot,
  utf8ToBytes,
  ZERO_32,
} from "@ropenet/protocol";
import { DATA_SET, DEPARTMENT_NAMES } from "../network/plan.ts";
import { evmB32, hexOf, type StoryContext, waitFor } from "./context.ts";
import { LEASE_MS, PURPOSE_LOAN_REVIEW, SUBJECT, USES } from "./numbers.ts";
import { expectEqual } from "./report.ts";
import { proveStrand } from "./strand-proof.ts";

/** 公安、社保、房管 issue one joint data credential, and its right of use travels to 金融链. */
export async function issueJointCredential(context: StoryContext): Promise<string> {
  const { network, salt } = context;
  const police = network.wallet("police");
  const { timeMs } = await network.rope.rpc.call("status", {});
  const now = BigInt(timeMs);
  const issued = await police.send("data-credential/issue", {
    salt,
    coIssuers: [network.keys.rope("social-security").address, network.keys.rope("housing").address],
    ownerCommitment: digest(SUITE_SM, "account", salt, utf8ToBytes("data owner")),
    dataDigest: DATA_SET.digest,
    purpose: PURPOSE_LOAN_REVIEW,
    classification: 1,
    granted: USES,
    expiryMs: now + LEASE_MS,
    policyHash: ZERO_32,
    title: "贷款审核三项核验（虚构）",
  });
  const id = issued.events.find(({ kind }) => kind.startsWith("data-credential."))?.attributes[
    "credentialId"
  ];
  if (!id) throw new Error("the issue transaction announced no credential id");
  context.credentialId = hexToBytes(id);
  for (const department of ["social-security", "housing"] as const) {
    await network
      .wallet(department)
      .send("data-credential/confirm", { credentialId: context.credentialId });
  }
  const bank = network.keys.evm("bank-a").address;
  await police.send("data-credential/delegate", {
    credentialId: context.credentialId,
    finalGateway: hexToBytes(network.strands.finance.gatewayUid),
    finalGrantee: digest(SUITE_KECCAK, "account", salt, evmB32(bank)),
    quota: USES,
    leaseUntilMs: now + LEASE_MS - 60_000n,
    timeoutMs: now + 600_000n,
    sealedGrantee: new Uint8Array(0),
  });
  const { gatewayUid } = network.strands.finance;
  const key = stateKey.credentialPosition(context.credentialId, hexToBytes(gatewayUid));
  // The rope has heard of it as well: from here on the strand's counters can be proven against what was given.
  await waitFor("credential on the finance strand", async () => {
    const position = await network.rope.peek(key, credentialPositionRecordCodec);
    return position?.remaining === USES ? true : undefined;
  });
  expectEqual("units on the finance strand", await remaining(context), USES);
  return `${USES} 次 · 贷款审核 · 24 h · 三个是否字段`;
}

async function remaining({ network, credentialId }: StoryContext): Promise<bigint> {
  const state = await network.strands.finance.view<{ readonly remaining: bigint }>(
    "gateway",
    "credential",
    [hexOf(credentialId)],
  );
  return state.remaining;
}

async function ask(
  context: StoryContext,
  index: number,
  request: AnswerRequestJson,
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${context.network.plan.agents[index]}/answer`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const body = (await response.json()) as Answer & { readonly error?: { readonly code: string } };
  if (body.error) throw new Error(`agent ${index} refused: ${JSON.stringify(body.error)}`);
  return body;
}

/** The bank reserves one use; each department answers yes or no against the proven reservation. */
export async function reserveAndAsk(context: StoryContext): Promise<string> {
  const { network, credentialId } = context;
  const { finance } = network.strands;
  const querySalt = globalThis.crypto.getRandomValues(new Uint8Array(32));
  const query = queryDigest(querySalt, SUBJECT);
  const useId = digest(SUITE_KECCAK, "use", querySalt, credentialId);
  const used = await finance.call("bank-a", "gateway", "useCredential", [
    hexOf(credentialId),
    hexOf(context.salt),
    PURPOSE_LOAN_REVIEW,
    hexOf(query),
    hexOf(useId),
  ]);
  const event = used.event("CredentialUsed");
  if (!event) throw new Error("no CredentialUsed event");
  const bankWallet = network.wallet("bank-a");
  const bank = network.keys.evm("bank-a");
  const slots = [
    useSlot({ credentialId, grantee: bank.address, useId }),
    credentialUsedSlot(credentialId),
    credentialRemainingSlot(credentialId),
  ];
  const proof = await proveStrand(network, finance, bankWallet, used.height, slots);
  const request: AnswerRequestJson = {
    useId: bytesToHex(useId),
    credentialId: bytesToHex(credentialId),
    n: String(event["n"]),
    grantee: bytesToHex(bank.address),
    granteeSalt: bytesToHex(context.salt),
    purpose: PURPOSE_LOAN_REVIEW,
    atMs: String(event["atMs"]),
    subject: SUBJECT,
    salt: bytesToHex(querySalt),
    proof: {
      gateway: finance.gatewayUid,
      height: String(proof.anchor.height),
      accountProof: proof.anchor.accountProof.map(bytesToHex),
      storageProof: (proof.slots[0] ?? []).map(bytesToHex),
    },
    signature: bytesToHex(
      secp256k1.sign(requestDigest(useId, credentialId, query), hexToBytes(bank.secretKey)),
    ),
  };
  const answers = await Promise.all(
    DEPARTMENT_NAMES.map((_, index) => ask(context, index, request)),
  );
  expectEqual("units left", await remaining(context), USES - 1n);
  await bankWallet.send("data-credential/observe-usage", {
    anchor: proof.anchor,
    credentialId,
    used: 1n,
    remaining: USES - 1n,
    usedProof: proof.slots[1] ?? [],
    remainingProof: proof.slots[2] ?? [],
  });
  return `${answers.map(({ answer }) => (answer ? "是" : "否")).join("/")} · 余 ${USES - 1n} 次 · 出库 0 行`;
}

/** A co-issuer withdraws; the revocation travels, and the second query is refused on the strand itself. */
export async function revokeAndRetry(context: StoryContext): Promise<string> {
  const { network, credentialId } = context;
  const { finance } = network.strands;
  await network.wallet("housing").send("data-credential/revoke", { credentialId, reason: 1 });
  await waitFor("revocation on the finance strand", async () => {
    const state = await finance.view<{ readonly revokedAtMs: bigint }>("gateway", "credential", [
      hexOf(credentialId),
    ]);
    return state.revokedAtMs === 0n ? undefined : true;
  });
  const useId = globalThis.crypto.getRandomValues(new Uint8Array(32));
  await finance.call("bank-a", "gateway", "useCredential", [
    hexOf(credentialId),
    hexOf(context.salt),
    PURPOSE_LOAN_REVIEW,
    hexOf(useId),
    hexOf(useId),
  ]);
  return "the use was accepted";
}
