import {
  ACK_STATUS,
  type Acknowledgement,
  bytesToHex,
  CREDENTIAL_ACTION,
  type CredentialPayload,
  type CredentialPositionRecord,
  type CredentialRecord,
  credentialPayloadCodec,
  credentialPositionRecordCodec,
  credentialRecordCodec,
  credentialRemainingSlot,
  credentialUsedSlot,
  type DelegateCredential,
  decode,
  digest,
  encode,
  equalBytes,
  failureCode,
  type IssueCredential,
  type ObserveUsage,
  PACKET_KIND,
  type Packet,
  packetHash,
  payloadHash,
  SUITE_KECCAK,
  SUITE_SM,
  stateKey,
  type TransactionEvent,
  u256,
  ZERO_32,
} from "@ropenet/protocol";
import { account, seed, type TestAccount } from "./accounts.ts";
import { GENESIS, GENESIS_MS, HOUR_MS, LATER_MS, RICH, ROPE, relayer } from "./genesis.ts";
import { type Plan, plan, RopeBench, type RopeBlock } from "./rope-bench.ts";
import { DELIVERED, type Sent, StrandBench, type Verdict } from "./strand-bench.ts";
import { type Arrival, World } from "./world.ts";

export const police: TestAccount = account("police");
export const housing: TestAccount = account("housing");
export const pensions: TestAccount = account("pensions");
const ISSUERS = [police, housing, pensions];

export const EXPIRY_MS: bigint = GENESIS_MS + 24n * HOUR_MS;
export const GRANTED = 10n;
export const GRANTEE: Uint8Array = digest(SUITE_KECCAK, "account", seed("salt"), seed("bank"));

/** As long as the gateways of the devnet: a use needs a checkpoint that is no older. */
const MAX_LAG_MS = 60_000n;

interface Grant {
  readonly credentialId: Uint8Array;
  /** undefined = only its revocation has come so far */
  readonly given: CredentialPayload | undefined;
  readonly leaseUntilMs: bigint;
  readonly revokedAtMs: bigint;
  readonly used: bigint;
  readonly remaining: bigint;
}

const failed = (name: string): Verdict => ({
  status: ACK_STATUS.failed,
  code: failureCode(name),
});

function isNarrowing(from: CredentialPayload, to: CredentialPayload): boolean {
  return (
    equalBytes(from.homeGateway, to.homeGateway) &&
    equalBytes(from.finalGrantee, to.finalGrantee) &&
    equalBytes(from.policyHash, to.policyHash) &&
    from.purpose === to.purpose &&
    to.expiryMs <= from.expiryMs &&
    to.classification >= from.classification
  );
}

/** What adapters/evm/contracts/CredentialRegistry.sol does with its grants, and what its storage says of them. */
export class RegistryModel {
  readonly strand: StrandBench;
  readonly #grants: Map<string, Grant>;
  /** `gatewayNow`: time of the newest checkpoint */
  nowMs: bigint;

  constructor(strand: StrandBench, from?: RegistryModel) {
    this.strand = strand;
    this.#grants = new Map(from ? from.#grants : []);
    this.nowMs = from?.nowMs ?? GENESIS_MS;
  }

  grant(credentialId: Uint8Array): Grant {
    return (
      this.#grants.get(bytesToHex(credentialId)) ?? {
        ...{ credentialId, given: undefined },
        ...{ leaseUntilMs: 0n, revokedAtMs: 0n, used: 0n, remaining: 0n },
      }
    );
  }

  /** Also what no honest gateway would write. */
  write(grant: Grant): void {
    const { credentialId, used, remaining } = grant;
    this.#grants.set(bytesToHex(credentialId), grant);
    this.strand.state.set(credentialUsedSlot(credentialId), encode(u256, used));
    this.strand.state.set(credentialRemainingSlot(credentialId), encode(u256, remaining));
  }

  /** One packet, at the time of the newest checkpoint: its terminal receipt. */
  receive({ packet, payload }: Arrival, nowMs: bigint = this.nowMs): Acknowledgement {
    if (nowMs > this.nowMs) this.nowMs = nowMs;
    const expired = { status: ACK_STATUS.expired, code: failureCode("expired") };
    const verdict = this.nowMs >= packet.timeoutMs ? expired : this.#execute(payload);
    return this.strand.receive(packet, payload, verdict);
  }

  #execute(bytes: Uint8Array): Verdict {
    const payload = decode(credentialPayloadCodec, bytes);
    const grant = this.grant(payload.credentialId);
    if (payload.action === CREDENTIAL_ACTION.revoke) {
      if (grant.revokedAtMs === 0n) this.write({ ...grant, revokedAtMs: payload.revokedAtMs });
      return DELIVERED;
    }
    if (payload.action !== CREDENTIAL_ACTION.delegate) return failed("bad-action");
    if (!equalBytes(payload.finalGateway, this.strand.gateway)) return failed("unknown-gateway");
    if (payload.leaseUntilMs > payload.expiryMs) return failed("narrowing-violated");
    if (this.nowMs >= payload.leaseUntilMs) return failed("lease-over");
    if (grant.revokedAtMs !== 0n) return failed("narrowing-violated");
    if (grant.given && !isNarrowing(grant.given, payload)) return failed("narrowing-violated");
    const carried = this.nowMs < grant.leaseUntilMs ? grant.remaining : 0n;
    const { leaseUntilMs: before } = grant;
    this.write({
      ...grant,
      given: payload,
      leaseUntilMs: payload.leaseUntilMs > before ? payload.leaseUntilMs : before,
      remaining: carried + payload.quota,
    });
    return DELIVERED;
  }

  /** Units that can still be used here when the strand's own clock has come to `localMs`. */
  live(credentialId: Uint8Array, localMs: bigint = this.nowMs): bigint {
    const { leaseUntilMs, revokedAtMs, remaining } = this.grant(credentialId);
    // Fresh enough for a use, the newest checkpoint would be past the lease.
    const over = this.nowMs >= leaseUntilMs || localMs >= leaseUntilMs + MAX_LAG_MS;
    return revokedAtMs !== 0n || over ? 0n : remaining;
  }

  /** One use by the strand's own clock; false = refused. */
  use(credentialId: Uint8Array, localMs: bigint = this.nowMs): boolean {
    const grant = this.grant(credentialId);
    if (this.live(credentialId) === 0n || localMs > this.nowMs + MAX_LAG_MS) return false;
    this.write({ ...grant, used: grant.used + 1n, remaining: grant.remaining - 1n });
    return true;
  }
}

export interface Site {
  readonly strand: StrandBench;
  readonly registry: RegistryModel;
}

function site(strand: StrandBench, from?: RegistryModel): Site {
  return { strand, registry: new RegistryModel(strand, from) };
}

export const credentialIdOf = (issuer: TestAccount, salt: Uint8Array): Uint8Array =>
  digest(SUITE_SM, "credential", ROPE, issuer.b32, salt);

export function issueBody(changes: Partial<IssueCredential> = {}): IssueCredential {
  return {
    salt: seed("salt"),
    coIssuers: [housing.address, pensions.address],
    ownerCommitment: seed("owner"),
    dataDigest: seed("data"),
    purpose: 1,
    classification: 2,
    granted: GRANTED,
    expiryMs: EXPIRY_MS,
    policyHash: seed("odrl"),
    title: "三项核验（虚构）",
    ...changes,
  };
}

export interface Observed {
  /** of the strand; its newest block unless told */
  readonly height?: bigint;
  readonly claim?: Partial<Pick<ObserveUsage, "used" | "remaining">>;
  readonly from?: TestAccount;
}

/** The rope with three strands, three issuers who are its members, and what the strands hold of their credentials. */
export class CredentialBench {
  readonly rope: RopeBench;
  readonly world: World;
  readonly a: Site;
  readonly b: Site;
  /** counters of a credential by strand, height and id */
  readonly #sealed: Map<string, Pick<Grant, "used" | "remaining">>;

  constructor(rope: RopeBench, from?: CredentialBench) {
    this.rope = rope;
    this.world = new World(rope);
    this.a = site(this.world.a, from?.a.registry);
    this.b = site(this.world.b, from?.b.registry);
    this.#sealed = new Map(from ? from.#sealed : []);
  }

  fork(): CredentialBench {
    return new CredentialBench(this.rope.fork(), this);
  }

  /** Issued by police, confirmed by the other two. */
  issue(changes: Partial<IssueCredential> = {}): Uint8Array {
    const body = issueBody(changes);
    const credentialId = credentialIdOf(police, body.salt);
    this.rope.do(
      plan(police, "data-credential/issue", body),
      plan(housing, "data-credential/confirm", { credentialId }),
      plan(pensions, "data-credential/confirm", { credentialId }),
    );
    return credentialId;
  }

  delegation(
    credentialId: Uint8Array,
    { strand }: Site,
    changes: Partial<DelegateCredential> = {},
    from: TestAccount = police,
  ): Plan {
    return plan(from, "data-credential/delegate", {
      credentialId,
      finalGateway: strand.gateway,
      finalGrantee: GRANTEE,
      quota: 3n,
      leaseUntilMs: this.rope.timeMs + HOUR_MS,
      timeoutMs: this.rope.timeMs + HOUR_MS,
      sealedGrantee: new Uint8Array(0),
      ...changes,
    });
  }

  delegate(
    credentialId: Uint8Array,
    to: Site,
    changes: Partial<DelegateCredential> = {},
  ): RopeBlock {
    return this.rope.do(this.delegation(credentialId, to, changes));
  }

  revoke(credentialId: Uint8Array, from: TestAccount = housing): RopeBlock {
    return this.rope.do(plan(from, "data-credential/revoke", { credentialId, reason: 1 }));
  }

  /** Packets that the rope has sent to a strand since it was last asked. */
  mail({ strand }: Site): readonly Arrival[] {
    return this.world.fetch(strand).packets;
  }

  /** The strand takes its mail now; its receipts are still to be brought. */
  take(at: Site): readonly Acknowledgement[] {
    return this.mail(at).map((arrival) => at.registry.receive(arrival, this.rope.timeMs));
  }

  /** What no gateway of today sends: a credential packet to the rope. */
  sendBack({ strand }: Site, payload: Uint8Array, timeoutMs: bigint = LATER_MS): Sent {
    const draft = strand.draft({
      ...{ kind: PACKET_KIND.credential, timeoutMs, assetId: ZERO_32, amount: 1n },
      ...{ finalGateway: ROPE, finalRecipient: GRANTEE },
    });
    const packet: Packet = {
      ...draft.packet,
      payloadLength: payload.length,
      payloadHash: payloadHash(SUITE_KECCAK, payload),
    };
    const sent = { packet, payload, transferId: packetHash(SUITE_KECCAK, packet) };
    this.world.relay(strand, strand.commit(sent));
    return sent;
  }

  /** Receipts, proven under the newest block or under an older one that is known. */
  acknowledgement(
    { strand }: Site,
    acks: readonly Acknowledgement[],
    height = strand.state.height,
  ): Plan {
    return plan(relayer, "packets/acknowledge", strand.acknowledgeBody(acks, height));
  }

  answer(at: Site, acks: readonly Acknowledgement[]): RopeBlock {
    return this.rope.do(this.seal(at), this.acknowledgement(at, acks));
  }

  /** Takes the mail and brings the receipts. */
  settle(at: Site): RopeBlock {
    return this.answer(at, this.take(at));
  }

  /** A credential of which `quota` units are at a strand. */
  placed(at: Site, quota = 3n, changes: Partial<DelegateCredential> = {}): Uint8Array {
    const credentialId = this.issue();
    this.delegate(credentialId, at, { quota, ...changes });
    this.settle(at);
    return credentialId;
  }

  /** The strand's next block, its clock at `timeMs`; the header is on its way to the rope. */
  seal({ strand, registry }: Site, timeMs?: bigint): Plan {
    const header = strand.state.seal();
    for (const [key] of this.rope.records("data-credential/credential/")) {
      const credentialId = key.slice(-32);
      const { used, remaining } = registry.grant(credentialId);
      this.#sealed.set(this.#name(strand, header.height, credentialId), { used, remaining });
    }
    const attested = strand.attest({ ...header, timeMs: timeMs ?? header.timeMs });
    return plan(relayer, "chains/update-client", attested);
  }

  #name({ gateway }: StrandBench, height: bigint, credentialId: Uint8Array): string {
    return `${bytesToHex(gateway)}/${height}/${bytesToHex(credentialId)}`;
  }

  /** The counters of a strand with their proofs. */
  observation(credentialId: Uint8Array, { strand }: Site, observed: Observed = {}): Plan {
    const { height = strand.state.height, claim = {}, from = relayer } = observed;
    const counters = this.#sealed.get(this.#name(strand, height, credentialId));
    return plan(from, "data-credential/observe-usage", {
      anchor: strand.state.anchor(height),
      credentialId,
      used: counters?.used ?? 0n,
      remaining: counters?.remaining ?? 0n,
      ...claim,
      usedProof: strand.state.prove(credentialUsedSlot(credentialId), height),
      remainingProof: strand.state.prove(credentialRemainingSlot(credentialId), height),
    });
  }

  /** The counters of a strand as they are now, under a fresh header. */
  observe(credentialId: Uint8Array, at: Site, timeMs?: bigint): RopeBlock {
    const header = this.seal(at, timeMs);
    return this.rope.do(header, this.observation(credentialId, at));
  }

  record(credentialId: Uint8Array): CredentialRecord {
    return this.rope.must(stateKey.credential(credentialId), credentialRecordCodec);
  }

  position(
    credentialId: Uint8Array,
    at: Site | "home",
  ): Pick<CredentialPositionRecord, "remaining" | "used"> {
    const gateway = at === "home" ? ROPE : at.strand.gateway;
    const key = stateKey.credentialPosition(credentialId, gateway);
    const { remaining, used } = this.rope.read(key, credentialPositionRecordCodec) ?? NO_UNITS;
    return { remaining, used };
  }

  /** Where the units are by the rope's books. */
  units(credentialId: Uint8Array): {
    readonly home: bigint;
    readonly inFlight: bigint;
    readonly a: Pick<CredentialPositionRecord, "remaining" | "used">;
  } {
    return {
      home: this.position(credentialId, "home").remaining,
      inFlight: this.record(credentialId).inFlight,
      a: this.position(credentialId, this.a),
    };
  }
}

const NO_UNITS = { remaining: 0n, used: 0n };

/** Events of the last transaction of a block. */
export function eventsOf({ transactions }: RopeBlock): readonly TransactionEvent[] {
  return transactions.at(-1)?.events ?? [];
}

function found(): CredentialBench {
  const rope = RopeBench.create(
    ["A", "B", "C"].map((name) => new StrandBench({ name })),
    {
      accounts: [
        ...GENESIS.accounts,
        ...ISSUERS.map(({ address }) => ({ address, balance: RICH })),
      ],
      members: [
        ...GENESIS.members,
        ...ISSUERS.map(({ address }, index) => ({
          memberId: seed(`issuer/${index}`),
          kind: 1,
          name: `部门 ${index}（虚构）`,
          codeCommitment: seed(`issuer/${index}/code`),
          account: address,
        })),
      ],
    },
  );
  rope.do(...rope.strands.map(({ registration }) => plan(police, "chains/register", registration)));
  return new CredentialBench(rope);
}

let foundation: CredentialBench | undefined;

/** Three issuers, three strands and no credential. */
export function createCredentialBench(): CredentialBench {
  foundation ??= found();
  return foundation.fork();
}
