import type { Answer, AnswerRequestJson } from "@ropenet/agent";
import { answerDigest, DEPARTMENTS, queryDigest, requestDigest, type Use } from "@ropenet/agent";
import {
  addressOf,
  bytesToHex,
  credentialPositionRecordCodec,
  credentialRecordCodec,
  credentialRemainingSlot,
  credentialUsedSlot,
  digest,
  equalBytes,
  hexToBytes,
  SUITE_KECCAK,
  SUITE_SM,
  secp256k1,
  sm2,
  stateKey,
  useSlot,
  utf8ToBytes,
  ZERO_32,
} from "@ropenet/protocol";
import { DATA_SET, DEPARTMENT_NAMES } from "../network/plan.ts";
import { evmB32, hexOf, type StoryContext, waitFor } from "./context.ts";
import type { Notes } from "./notes.ts";
import { ANSWERS, LEASE_MS, PURPOSE_LOAN_REVIEW, SUBJECT, USES } from "./numbers.ts";
import { proveStrand } from "./strand-proof.ts";

/** 公安、社保、房管 issue one joint data credential, and its right of use travels to 金融链. */
export async function issueJointCredential(context: StoryContext, notes: Notes): Promise<string> {
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
  notes.did("绳", { hash: issued.id, height: issued.height });
  const record = await network.rope.peek(
    stateKey.credential(context.credentialId),
    credentialRecordCodec,
  );
  const held = await heldCredential(context);
  notes.see("confirmed issuers", "绳", record?.issuers.length ?? 0, DEPARTMENT_NAMES.length);
  notes.see("confirmations", "绳", countOnes(record?.confirmed ?? 0), DEPARTMENT_NAMES.length);
  const units = notes.see("units", "金融链 网关", held.remaining, USES);
  notes.see("purpose", "金融链 网关", held.purpose, BigInt(PURPOSE_LOAN_REVIEW));
  const leaseUntilMs = now + LEASE_MS - 60_000n;
  notes.see("lease until", "金融链 网关", held.leaseUntilMs, leaseUntilMs);
  const hours = Math.round(Number(held.leaseUntilMs - now) / 3_600_000);
  const fields = DEPARTMENT_NAMES.map((name) => DEPARTMENTS[name].field).join("、");
  return `${units} 次 · 用途 ${held.purpose} 贷款审核 · ${hours} h · ${fields}`;
}

const countOnes = (bits: number): number => bits.toString(2).replaceAll("0", "").length;

interface HeldCredential {
  readonly remaining: bigint;
  readonly used: bigint;
  readonly purpose: bigint;
  readonly leaseUntilMs: bigint;
  readonly revokedAtMs: bigint;
}

/** As the gateway of 金融链 has it. */
function heldCredential({ network, credentialId }: StoryContext): Promise<HeldCredential> {
  return network.strands.finance.view("gateway", "credential", [hexOf(credentialId)]);
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

interface AgentStatus {
  readonly answers: number;
  readonly store: { readonly verdicts: number; readonly rows: number };
}

/** What has left the departments' stores so far, as PostgreSQL described its answers to their agents. */
async function leftTheStores({ network }: StoryContext): Promise<AgentStatus["store"]> {
  const statuses = await Promise.all(
    DEPARTMENT_NAMES.map(async (_, index) => {
      const response = await fetch(`http://127.0.0.1:${network.plan.agents[index]}/status`);
      return (await response.json()) as AgentStatus;
    }),
  );
  const sum = (count: (status: AgentStatus) => number): number =>
    statuses.reduce((total, status) => total + count(status), 0);
  return { verdicts: sum(({ store }) => store.verdicts), rows: sum(({ store }) => store.rows) };
}

/** The bank reserves one use; each department answers yes or no against the proven reservation. */
export async function reserveAndAsk(context: StoryContext, notes: Notes): Promise<string> {
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
  const question: Omit<AnswerRequestJson, "signature"> = {
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
  };
  const use: Use = {
    ...{
      gateway: hexToBytes(finance.gatewayUid),
      credentialId,
      grantee: bank.address,
      useId,
      query,
    },
    n: event["n"] as bigint,
  };
  const signFor = (department: Uint8Array): string =>
    bytesToHex(secp256k1.sign(requestDigest(use, department), hexToBytes(bank.secretKey)));
  const before = await leftTheStores(context);
  const answers = await Promise.all(
    DEPARTMENT_NAMES.map((name, index) => {
      const signature = signFor(network.keys.rope(name).address);
      return ask(context, index, { ...question, signature });
    }),
  );
  const after = await leftTheStores(context);
  const left = { verdicts: after.verdicts - before.verdicts, rows: after.rows - before.rows };
  const held = await heldCredential(context);
  await bankWallet.send("data-credential/observe-usage", {
    anchor: proof.anchor,
    credentialId,
    used: held.used,
    remaining: held.remaining,
    usedProof: proof.slots[1] ?? [],
    remainingProof: proof.slots[2] ?? [],
  });
  notes.did(finance.name, used);
  const truths = notes.see(
    "answers",
    "三部门 代理",
    answers.map(({ answer }) => answer),
    ANSWERS,
  );
  const signed = answers.map((answer, index) => {
    const name = DEPARTMENT_NAMES[index] ?? "police";
    return isSignedAnswer(answer, use, network.keys.rope(name).address);
  });
  notes.see("signed by the departments", "三部门 代理", signed, [true, true, true]);
  notes.see("verdicts that left the stores", "三部门 PostgreSQL", left.verdicts, answers.length);
  const rows = notes.see("rows that left the stores", "三部门 PostgreSQL", left.rows, 0);
  notes.see("units used", "金融链 网关", held.used, 1n);
  const units = notes.see("units left", "金融链 网关", held.remaining, USES - 1n);
  return `${truths.map((truth) => (truth ? "是" : "否")).join("/")} · 余 ${units} 次 · 出库 ${rows} 行`;
}

/** By the issuer whose account the rope knows, not by whoever the answer says. */
function isSignedAnswer(
  { field, answer, signature, agent }: Answer,
  use: Use,
  department: Uint8Array,
): boolean {
  const publicKey = hexToBytes(agent);
  const message = answerDigest(use, field, answer);
  return (
    equalBytes(addressOf(publicKey), department) &&
    sm2.verify(hexToBytes(signature), message, publicKey)
  );
}

/** A co-issuer withdraws; the revocation travels, and the second query is refused on the strand itself. */
export async function revokeAndRetry(context: StoryContext, notes: Notes): Promise<string> {
  const { network, credentialId } = context;
  const { finance } = network.strands;
  const revoked = await network
    .wallet("housing")
    .send("data-credential/revoke", { credentialId, reason: 1 });
  notes.did("绳", { hash: revoked.id, height: revoked.height });
  const held = await waitFor("revocation on the finance strand", async () => {
    const state = await heldCredential(context);
    return state.revokedAtMs === 0n ? undefined : state;
  });
  const record = await network.rope.peek(stateKey.credential(credentialId), credentialRecordCodec);
  const revokedAtMs = record?.revokedAtMs ?? 0n;
  notes.see("revoked at, as on the rope", "金融链 网关", held.revokedAtMs, revokedAtMs);
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
