/** How one line of docs/protocol.md §8 is tried at one end. */
export type Trial =
  /** names of the tests that try it, whole or their beginning */
  | { readonly tried: readonly string[] }
  /** it cannot reach this end */
  | { readonly without: string }
  /** it can, and nobody tries it yet */
  | { readonly open: string };

export interface ForgeryLine {
  /** as docs/protocol.md §8 words it */
  readonly forgery: string;
  /** the Solidity gateway: rope → strand */
  readonly gateway: Trial;
  /** the rope: strand → rope */
  readonly rope: Trial;
}

const tried = (...names: readonly string[]): Trial => ({ tried: names });
const without = (reason: string): Trial => ({ without: reason });
const open = (reason: string): Trial => ({ open: reason });

const SEALS = open("header seals come with the QBFT verifier");
const STRAND_SIDE = without("the strand's own rule; the rope sees its receipt");
const ROPE_SIDE = without("a rule of the rope; a gateway sees the outcome");
const MPT = without("Merkle-Patricia proofs are read by the rope only");

export const FORGERY_CATALOGUE: readonly ForgeryLine[] = [
  {
    forgery: "wrong chain",
    gateway: tried("test_refusesAnotherChain"),
    rope: tried("wrong chain"),
  },
  {
    forgery: "wrong gateway",
    gateway: tried("test_refusesAnotherGatewayAndAnotherSource"),
    rope: tried("wrong gateway"),
  },
  {
    forgery: "redeployed gateway",
    gateway: tried("test_aRedeployedGatewayRefusesPacketsOfTheOldOne"),
    rope: tried("redeployed gateway"),
  },
  {
    forgery: "replay",
    gateway: tried("test_deliversOnceAndRefusesTheReplay"),
    rope: tried("replay"),
  },
  {
    forgery: "reorder on an ordered lane",
    gateway: tried("test_keepsTheOrderedLaneInOrderAndAnyReceiptAdvancesIt"),
    rope: tried("reorder on an ordered lane"),
  },
  {
    forgery: "altered amount / recipient / timeout / payload",
    gateway: tried(
      "test_refusesAlteredAmountRecipientTimeoutGasAndPayload",
      "testFuzz_refusesAnyChangedPacketByte",
    ),
    rope: tried("altered amount", "altered recipient", "altered timeout", "altered payload"),
  },
  {
    forgery: "payload not matching its hash",
    gateway: tried("test_refusesAPayloadThatDoesNotMatchItsHashOrLength"),
    rope: tried("payload not matching its hash"),
  },
  {
    forgery: "leaf index off by one",
    gateway: tried("test_refusesALeafIndexOffByOne"),
    rope: without("a strand has storage slots, no leaves; its sequence is part of the slot"),
  },
  {
    forgery: "packet presented as ack and back",
    gateway: tried(
      "test_refusesAnAcknowledgementLeafPresentedAsAPacket",
      "test_refusesAPacketLeafPresentedAsAnAcknowledgement",
    ),
    rope: tried("packet presented as ack", "ack presented as packet"),
  },
  {
    forgery: "ack for another packet",
    gateway: tried("test_refusesTheAcknowledgementOfAnotherPacket"),
    rope: tried("ack for another packet"),
  },
  {
    forgery: "proof from an older code hash",
    gateway: without("a rope proof carries no code"),
    rope: tried("proof from an older code hash"),
  },
  {
    forgery: "proof with an extra, missing, duplicated or unused node",
    gateway: tried(
      "test_refusesAPathWithAnExtraMissingSwappedOrDuplicatedNode",
      "testFuzz_refusesAnyChangedProofNode",
    ),
    rope: tried("proof with an extra", "proof with a missing", "proof with a duplicated"),
  },
  {
    forgery: "storage value with leading zeros",
    gateway: MPT,
    rope: tried("storage value with leading zeros"),
  },
  {
    forgery: "empty-root proof",
    gateway: tried("test_refusesAProofUnderARootThatWasNeverAcceptedOrIsEmpty"),
    rope: tried("empty-root proof"),
  },
  {
    forgery: "proof under an unfinalised header",
    gateway: tried("test_refusesAProofUnderARootThatWasNeverAcceptedOrIsEmpty"),
    rope: tried("proof under an unfinalised header"),
  },
  {
    forgery:
      "header with duplicate seals, with seals of removed validators, with a validator list of its own making, with ⌈2N/3⌉−1 seals",
    gateway: without("a gateway reads checkpoints, not headers"),
    rope: SEALS,
  },
  {
    forgery:
      "checkpoint by the previous set, by the next set, with power just ≤ 2/3, with unsorted or repeated signers, with zero power, past the trusting period",
    gateway: tried(
      "test_walksOneHandoverAndThenTrustsTheNextSetOnly",
      "test_refusesACheckpointOfTheNextSetBeforeTheHandover",
      "test_refusesPowerOfExactlyTwoThirdsAndJustBelow",
      "test_refusesUnsortedAndRepeatedSigners",
      "test_refusesToStartWithAnUnsoundSetOrConfiguration",
      "test_refusesPastTheTrustingPeriodUntilForEver",
    ),
    rope: without("the rope makes checkpoints; its counterpart, attestations, are lines above"),
  },
  {
    forgery: "handover skipping an epoch",
    gateway: tried("test_refusesAHandoverThatSkipsRepeatsOrGoesBack"),
    rope: without("handovers go from the rope to gateways"),
  },
  {
    forgery: "zero everything",
    gateway: tried("test_refusesZeroEverything"),
    rope: tried("zero everything"),
  },
  {
    forgery: "u128 overflow",
    gateway: tried("test_refusesInexactAmountsAndMoreThanTheWireHolds"),
    rope: tried("u128 overflow"),
  },
  {
    forgery: "inexact amount",
    gateway: tried("test_refusesInexactAmountsAndMoreThanTheWireHolds"),
    rope: tried("inexact amount"),
  },
  {
    forgery: "burn above outstanding",
    gateway: ROPE_SIDE,
    rope: tried("burn above outstanding"),
  },
  {
    forgery: "use after quota, lease, revocation, wrong purpose",
    gateway: tried(
      "test_countsEveryUseUntilTheQuotaIsExhausted",
      "test_refusesUseWhenTheLeaseIsOverByTheRopesClock",
      "test_revocationEndsUseAtOnceAndForGood",
      "test_refusesOthersOtherPurposesAndUsedUseIds",
    ),
    rope: STRAND_SIDE,
  },
  {
    forgery: "expiry claimed early",
    gateway: tried("test_expiresByTheRopesClockOnlyAndNeverEarly"),
    rope: tried("expiry claimed early"),
  },
  {
    forgery: "refund without receipt",
    gateway: tried("test_refusesARefundWithoutAReceipt"),
    rope: tried("refund without receipt"),
  },
  {
    forgery: "refund twice",
    gateway: tried("test_refusesASecondAcknowledgementAndOneOfNothing"),
    rope: tried("refund twice"),
  },
  {
    forgery: "ack twice",
    gateway: tried("test_refusesASecondAcknowledgementAndOneOfNothing"),
    rope: tried("ack twice"),
  },
  {
    forgery: "under-gassed delivery",
    gateway: tried(
      "test_anUnderGassedDeliveryRevertsAndWritesNothing",
      "testFuzz_noAmountOfGasTurnsAGoodPacketIntoAFailedOne",
    ),
    rope: without("the rope has no gas: proofs are metered, and a transaction fails whole"),
  },
  {
    forgery: "re-entrant receiver",
    gateway: tried("test_aReentrantReceiverGetsNothingTwice"),
    rope: without("no code of users runs on the rope"),
  },
  {
    forgery: "return bomb",
    gateway: tried("test_aReturnBombCostsTheRelayerNoMoreThanTheGasLimit"),
    rope: without("no code of users runs on the rope"),
  },
];
