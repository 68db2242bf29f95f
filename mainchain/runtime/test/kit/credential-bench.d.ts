import { type Acknowledgement, type CredentialPayload, type CredentialPositionRecord, type CredentialRecord, type DelegateCredential, type IssueCredential, type ObserveUsage, type TransactionEvent } from "@ropenet/protocol";
import { type TestAccount } from "./accounts.ts";
import { type Plan, RopeBench, type RopeBlock } from "./rope-bench.ts";
import { type Sent, StrandBench } from "./strand-bench.ts";
import { type Arrival, World } from "./world.ts";
export declare const police: TestAccount;
export declare const housing: TestAccount;
export declare const pensions: TestAccount;
export declare const EXPIRY_MS: bigint;
export declare const GRANTED = 10n;
export declare const GRANTEE: Uint8Array;
interface Grant {
    readonly credentialId: Uint8Array;
    /** undefined = only its revocation has come so far */
    readonly given: CredentialPayload | undefined;
    readonly leaseUntilMs: bigint;
    readonly revokedAtMs: bigint;
    readonly used: bigint;
    readonly remaining: bigint;
}
/** What adapters/evm/contracts/CredentialRegistry.sol does with its grants, and what its storage says of them. */
export declare class RegistryModel {
    #private;
    readonly strand: StrandBench;
    /** `gatewayNow`: time of the newest checkpoint */
    nowMs: bigint;
    constructor(strand: StrandBench, from?: RegistryModel);
    grant(credentialId: Uint8Array): Grant;
    /** Also what no honest gateway would write. */
    write(grant: Grant): void;
    /** One packet, at the time of the newest checkpoint: its terminal receipt. */
    receive({ packet, payload }: Arrival, nowMs?: bigint): Acknowledgement;
    /** Units that can still be used here when the strand's own clock has come to `localMs`. */
    live(credentialId: Uint8Array, localMs?: bigint): bigint;
    /** One use by the strand's own clock; false = refused. */
    use(credentialId: Uint8Array, localMs?: bigint): boolean;
}
export interface Site {
    readonly strand: StrandBench;
    readonly registry: RegistryModel;
}
export declare const credentialIdOf: (issuer: TestAccount, salt: Uint8Array) => Uint8Array;
export declare function issueBody(changes?: Partial<IssueCredential>): IssueCredential;
export interface Observed {
    /** of the strand; its newest block unless told */
    readonly height?: bigint;
    readonly claim?: Partial<Pick<ObserveUsage, "used" | "remaining">>;
    readonly from?: TestAccount;
}
/** The rope with three strands, three issuers who are its members, and what the strands hold of their credentials. */
export declare class CredentialBench {
    #private;
    readonly rope: RopeBench;
    readonly world: World;
    readonly a: Site;
    readonly b: Site;
    constructor(rope: RopeBench, from?: CredentialBench);
    fork(): CredentialBench;
    /** Issued by police, confirmed by the other two. */
    issue(changes?: Partial<IssueCredential>): Uint8Array;
    delegation(credentialId: Uint8Array, { strand }: Site, changes?: Partial<DelegateCredential>, from?: TestAccount): Plan;
    delegate(credentialId: Uint8Array, to: Site, changes?: Partial<DelegateCredential>): RopeBlock;
    revoke(credentialId: Uint8Array, from?: TestAccount): RopeBlock;
    /** Packets that the rope has sent to a strand since it was last asked. */
    mail({ strand }: Site): readonly Arrival[];
    /** The strand takes its mail now; its receipts are still to be brought. */
    take(at: Site): readonly Acknowledgement[];
    /** What no gateway of today sends: a credential packet to the rope. */
    sendBack({ strand }: Site, payload: Uint8Array, timeoutMs?: bigint): Sent;
    /** Receipts, proven under the newest block or under an older one that is known. */
    acknowledgement({ strand }: Site, acks: readonly Acknowledgement[], height?: bigint): Plan;
    answer(at: Site, acks: readonly Acknowledgement[]): RopeBlock;
    /** Takes the mail and brings the receipts. */
    settle(at: Site): RopeBlock;
    /** A credential of which `quota` units are at a strand. */
    placed(at: Site, quota?: bigint, changes?: Partial<DelegateCredential>): Uint8Array;
    /** The strand's next block, its clock at `timeMs`; the header is on its way to the rope. */
    seal({ strand, registry }: Site, timeMs?: bigint): Plan;
    /** The counters of a strand with their proofs. */
    observation(credentialId: Uint8Array, { strand }: Site, observed?: Observed): Plan;
    /** The counters of a strand as they are now, under a fresh header. */
    observe(credentialId: Uint8Array, at: Site, timeMs?: bigint): RopeBlock;
    record(credentialId: Uint8Array): CredentialRecord;
    position(credentialId: Uint8Array, at: Site | "home"): Pick<CredentialPositionRecord, "remaining" | "used">;
    /** Where the units are by the rope's books. */
    units(credentialId: Uint8Array): {
        readonly home: bigint;
        readonly inFlight: bigint;
        readonly a: Pick<CredentialPositionRecord, "remaining" | "used">;
    };
}
/** Events of the last transaction of a block. */
export declare function eventsOf({ transactions }: RopeBlock): readonly TransactionEvent[];
/** Three issuers, three strands and no credential. */
export declare function createCredentialBench(): CredentialBench;
export {};
