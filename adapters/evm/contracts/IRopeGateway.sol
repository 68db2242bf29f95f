// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The gateway of RopeNet on an EVM strand. Source: docs/protocol.md §1–§3, §5, §6, §9.
/// @notice Suite 1 on every leg: secp256k1 and keccak-256. Times are milliseconds; the gateway's clock is the
/// highest time of any accepted rope checkpoint, and the strand's own clock may only refuse.
/// There is no owner, administrator or pause key: the ordered control lane of the rope is the only configuration.
interface IRopeGateway {
    // ---------------------------------------------------------------- records

    /// Constructor input. gatewayUid = SM3-D(`gateway`, ropeChainId ‖ 1 u16 ‖ strandGenesisHash ‖ address ‖ deployment):
    /// SM3 is too dear here, so the inputs are published (see `configuration()`) and whoever registers recomputes it.
    struct Configuration {
        bytes32 ropeChainId;
        bytes32 ropeGatewayUid;
        bytes32 gatewayUid;
        bytes32 strandGenesisHash;
        uint32 deployment;
        /// Weak-subjectivity start: epoch of the initial signer set, and a rope header the deployer trusts.
        uint64 epoch;
        uint64 trustedHeight;
        uint64 trustedTimeMs;
        uint64 trustingPeriodMs;
        uint64 maxLagMs;
    }

    /// keys: Ethereum addresses as b32, strictly ascending; powers: one per key, each > 0.
    struct SignerSet {
        bytes32[] keys;
        uint64[] powers;
    }

    /// signers: indexes into the set, strictly ascending; signatures: 65 bytes r ‖ s ‖ v each, v 27 or 28, low s.
    struct Certificate {
        uint16[] signers;
        bytes[] signatures;
    }

    /// leafPath: exactly 32 siblings from the leaf up. outboxesPath: exactly ceil(log2(outboxesCount)) siblings.
    /// The root that they lead to must be an accepted one: the newest, or one replaced less than an hour ago.
    struct OutboxProof {
        uint64 index;
        uint64 count;
        bytes32[] leafPath;
        uint32 outboxesPosition;
        uint32 outboxesCount;
        bytes32[] outboxesPath;
    }

    struct Delivery {
        bytes packet;
        bytes payload;
        OutboxProof proof;
    }

    struct Settlement {
        bytes packet;
        bytes payload;
        bytes ack;
        OutboxProof proof;
    }

    /// tokenId and amountLocal: (0, local units) of a fungible asset, (token id, 1) of a title.
    struct AssetOrder {
        bytes32 assetId;
        bytes32 tokenId;
        uint256 amountLocal;
        bytes32 finalGateway;
        bytes32 finalRecipient;
        uint64 timeoutMs;
        uint64 finalTimeoutMs;
        uint32 gasLimit;
        uint32 finalGasLimit;
        bytes32 obligationId;
        bytes memo;
    }

    struct CheckpointState {
        uint64 height;
        uint64 timeMs;
        uint64 epoch;
        bytes32 outboxesRoot;
        bytes32 signerSetHash;
        uint64 trustingPeriodMs;
    }

    /// class: 1 fungible, 2 unique. mode: 1 origin (escrow), 2 voucher (mint and burn). token is zero when unknown.
    struct AssetState {
        address token;
        uint8 class;
        uint8 mode;
        int8 scale;
        uint8 decimals;
        bool frozen;
        bytes32 originGateway;
    }

    struct CredentialState {
        bytes32 granteeCommitment;
        bytes32 homeGateway;
        bytes32 policyHash;
        uint64 leaseUntilMs;
        uint64 expiryMs;
        uint64 revokedAtMs;
        uint64 scalar;
        uint32 purpose;
        uint8 classification;
        uint256 used;
        uint256 remaining;
    }

    // ----------------------------------------------------------------- events

    /// Once, by the constructor: the code holds these values and nothing reads them out again.
    event Configured(Configuration configuration);
    event CheckpointAccepted(uint64 indexed height, uint64 timeMs, uint64 epoch, bytes32 outboxesRoot);
    event HandoverAccepted(uint64 indexed toEpoch, bytes32 signerSetHash);

    event PacketSent(
        bytes32 indexed packetHash,
        bytes32 indexed destinationGateway,
        uint16 lane,
        uint64 indexed sequence,
        bytes packet,
        bytes payload
    );
    event ReceiptWritten(
        bytes32 indexed packetHash,
        bytes32 indexed sourceGateway,
        uint16 lane,
        uint64 indexed sequence,
        uint8 status,
        uint16 code,
        bytes ack
    );
    /// In a batch only: position `item` of the batch had its receipt or its acknowledgement already.
    event BatchItemSkipped(uint256 item, uint16 lane, uint64 sequence);
    event PacketAcknowledged(
        bytes32 indexed packetHash, uint16 lane, uint64 indexed sequence, uint8 status, uint16 code
    );

    event AssetRegistered(bytes32 indexed assetId, uint8 class, uint8 mode, address token, uint8 decimals, int8 scale);
    event AssetFreeze(bytes32 indexed assetId, bool frozen);
    event AssetDelivered(
        bytes32 indexed assetId, bytes32 tokenId, uint256 amountLocal, address indexed recipient, bytes memo
    );
    event RefundCredited(address indexed token, address indexed account, bytes32 tokenId, uint256 amountLocal);
    event RefundWithdrawn(address indexed token, address indexed account, bytes32 tokenId, uint256 amountLocal);

    event CredentialDelegated(
        bytes32 indexed credentialId, bytes32 granteeCommitment, uint64 quota, uint64 leaseUntilMs
    );
    event CredentialRevoked(bytes32 indexed credentialId, uint64 revokedAtMs);
    event CredentialUsed(
        bytes32 indexed credentialId,
        bytes32 indexed useId,
        address indexed grantee,
        uint64 n,
        uint32 purpose,
        bytes32 queryDigest,
        uint64 atMs
    );

    event LienSet(
        bytes32 indexed assetId,
        bytes32 indexed tokenId,
        bytes32 lienHolder,
        uint256 amount,
        bytes32 agreement,
        address setter
    );
    event LienReleased(bytes32 indexed assetId, bytes32 indexed tokenId);

    // ----------------------------------------------------------------- errors

    error BadLength(uint256 expected, uint256 actual); // codec/bad-length
    error BadVersion(uint8 version); // codec/bad-version
    error BadKind(uint8 kind); // codec/bad-kind
    error BadLane(uint16 lane); // codec/bad-lane
    error BadStatus(uint8 status); // codec/bad-status
    error BadSuite(uint8 suite); // codec/bad-suite
    error ZeroSequence(); // codec/zero-sequence
    error PayloadMismatch(); // bridge/payload-mismatch

    error BadConfiguration(); // bridge/bad-configuration
    error WrongChain(bytes32 ropeChainId); // bridge/wrong-chain
    error WrongEpoch(uint64 expected, uint64 actual); // bridge/wrong-epoch
    error SkippedEpoch(uint64 fromEpoch, uint64 toEpoch); // bridge/skipped-epoch
    error HeightNotAbove(uint64 stored, uint64 actual); // bridge/height-not-above
    error TimeNotMonotone(uint64 storedMs, uint64 actualMs); // bridge/time-not-monotone
    error ZeroRoot(); // bridge/zero-root
    error TrustingPeriodOver(uint64 localNowMs, uint64 trustedUntilMs); // bridge/trusting-period-over
    error WrongSignerSet(bytes32 expected, bytes32 actual); // bridge/wrong-signer-set
    error EmptySignerSet(); // bridge/empty-signer-set
    error BadSignerKey(uint256 index); // bridge/bad-signer-key: not an address, or not above the one before
    error ZeroPower(uint256 index); // bridge/zero-power
    error SignersNotAscending(uint256 index); // bridge/signers-not-ascending
    error SignerOutOfRange(uint16 signer); // bridge/signer-out-of-range
    error BadSignature(uint256 index); // bridge/bad-signature
    error NotEnoughPower(uint256 signed, uint256 total); // bridge/not-enough-power

    error WrongGateway(bytes32 destinationGateway); // bridge/wrong-gateway
    error WrongSource(bytes32 sourceGateway); // bridge/wrong-source
    error BadProofShape(); // bridge/bad-proof-shape: a length, an index or a count
    error BadProof(); // bridge/bad-proof
    error AlreadyDelivered(uint16 lane, uint64 sequence); // bridge/already-delivered
    error OutOfOrder(uint64 expected, uint64 actual); // bridge/out-of-order
    error UnderGassed(uint256 required, uint256 available); // bridge/under-gassed
    error NotSelf(); // bridge/not-self
    /// Inside the bounded self-call only; its code goes into the FAILED acknowledgement (protocol.md §9).
    error ExecutionFailed(uint16 code);

    error UnknownPacket(uint16 lane, uint64 sequence); // bridge/unknown-packet
    error AlreadyAcknowledged(uint16 lane, uint64 sequence); // bridge/already-acknowledged
    error CommitmentMismatch(bytes32 committed, bytes32 actual); // bridge/commitment-mismatch
    error AckMismatch(); // bridge/ack-mismatch: the acknowledgement names another packet

    error UnknownAsset(bytes32 assetId); // bridge/unknown-asset
    error AssetIsFrozen(bytes32 assetId); // bridge/asset-frozen
    error InexactAmount(uint256 amountLocal, int8 scale); // bridge/inexact-amount
    error AmountOverflow(uint256 amount); // bridge/amount-overflow
    error BadAmount(bytes32 tokenId, uint256 amountLocal); // bridge/bad-amount
    error RecipientZero(); // bridge/recipient-zero
    error UnknownGateway(bytes32 finalGateway); // bridge/unknown-gateway
    error TimeoutPassed(uint64 timeoutMs, uint64 gatewayNowMs); // bridge/timeout-passed
    error BeyondBounds(uint32 gasLimit, uint64 timeoutMs, uint64 latestMs); // bridge/beyond-bounds: of either leg
    error MemoTooLong(uint256 length); // bridge/memo-too-long
    error Encumbered(bytes32 assetId, bytes32 tokenId); // asset/encumbered
    error NotHolder(bytes32 assetId, bytes32 tokenId); // asset/not-holder
    error NotEncumbered(bytes32 assetId, bytes32 tokenId); // asset/not-encumbered
    error NotLienSetter(address caller); // asset/not-lien-setter
    error NothingToRefund(); // bridge/nothing-to-refund

    error UnknownCredential(bytes32 credentialId); // data-credential/unknown
    error NotGrantee(address caller); // data-credential/not-grantee
    error DataCredentialRevoked(uint64 revokedAtMs); // data-credential/revoked
    error LeaseOver(uint64 leaseUntilMs, uint64 gatewayNowMs); // data-credential/lease-over
    error StaleCheckpoint(uint64 checkpointMs, uint64 localNowMs); // data-credential/stale-checkpoint
    error WrongPurpose(uint32 granted, uint32 actual); // data-credential/wrong-purpose
    error QuotaExhausted(); // data-credential/quota-exhausted
    error UseIdTaken(bytes32 useId); // data-credential/use-id-taken

    // ------------------------------------------------------------- rope client

    /// @param checkpoint the 122-byte record. @param set the current set, checked against its stored hash.
    function submitCheckpoint(bytes calldata checkpoint, SignerSet calldata set, Certificate calldata certificate)
        external;

    /// @param handover the 98-byte record, signed by the current set.
    function submitHandover(
        bytes calldata handover,
        SignerSet calldata currentSet,
        SignerSet calldata nextSet,
        Certificate calldata certificate
    ) external;

    // ----------------------------------------------------------------- packets

    /// The one entry point. Writes exactly one terminal receipt for (source, lane, sequence), or reverts.
    /// An asset's payload names this gateway as finalGateway and the packet's recipient as finalRecipient.
    /// @param payee whom the rope pays for this delivery, as b32.
    /// @return status 1 delivered, 2 failed, 3 expired
    function receivePacket(bytes calldata packet, bytes calldata payload, bytes32 payee, OutboxProof calldata proof)
        external
        returns (uint8 status);

    /// As receivePacket for each; one that already has its receipt is skipped; any other error reverts the batch.
    /// @return statuses 0 where skipped
    function receiveBatch(Delivery[] calldata deliveries, bytes32 payee) external returns (uint8[] memory statuses);

    /// Deletes the commitment; unless delivered, credits the sender's pull balance. Never paused, never frozen.
    function acknowledge(bytes calldata packet, bytes calldata payload, bytes calldata ack, OutboxProof calldata proof)
        external;

    /// As acknowledge for each; one already acknowledged is skipped.
    function acknowledgeBatch(Settlement[] calldata settlements) external;

    /// Escrows (origin) or burns (voucher) and commits a leg-1 packet to the rope. An origin token needs approval.
    function sendAsset(AssetOrder calldata order) external returns (uint64 sequence, bytes32 packetHash);

    /// Asks an origin token anew what the gateway holds of it, and keeps the answer as the asset's balance counter.
    /// @return balance in origin units
    function syncBalance(bytes32 assetId) external returns (uint256 balance);

    /// Pays the caller's whole pull balance of a fungible token.
    function withdrawRefund(address token) external returns (uint256 amountLocal);

    /// Pays back a title that the caller sent and that did not arrive.
    function withdrawTitleRefund(address token, bytes32 tokenId) external;

    // ------------------------------------------------- data credentials, liens

    /// The caller opens the grantee commitment with `salt`. @return n the 1-based ordinal of this use
    function useCredential(bytes32 credentialId, bytes32 salt, uint32 purpose, bytes32 queryDigest, bytes32 useId)
        external
        returns (uint64 n);

    /// Only by a contract that holds the title at this moment.
    function setLien(bytes32 assetId, bytes32 tokenId, bytes32 lienHolder, uint256 amount, bytes32 agreement) external;

    /// Only by the contract that set it.
    function releaseLien(bytes32 assetId, bytes32 tokenId) external;

    // ------------------------------------------------------------------- views

    function gatewayUid() external view returns (bytes32);
    function checkpointState() external view returns (CheckpointState memory);
    /// highest time of any accepted checkpoint
    function gatewayNowMs() external view returns (uint64);
    /// whether proofs that lead to it are taken now
    function isRecentRoot(bytes32 outboxesRoot) external view returns (bool);
    /// slot 0; zero when never sent or already acknowledged
    function commitment(bytes32 destinationGateway, uint16 lane, uint64 sequence) external view returns (bytes32);
    /// slot 1; zero when undelivered
    function receipt(bytes32 sourceGateway, uint16 lane, uint64 sequence) external view returns (bytes32);
    function receiptsOf(bytes32 sourceGateway, uint16 lane, uint64[] calldata sequences)
        external
        view
        returns (bytes32[] memory);
    /// last sequence sent on a lane; 0 when none
    function lastSequenceSent(bytes32 destinationGateway, uint16 lane) external view returns (uint64);
    /// slot 2; which: 1 out, 2 in, 3 refunded, 4 balance; origin units
    function counter(bytes32 assetId, uint256 which) external view returns (uint256);
    function asset(bytes32 assetId) external view returns (AssetState memory);
    function refundable(address token, address account) external view returns (uint256 amountLocal);
    function refundableTitle(address token, bytes32 tokenId) external view returns (address account);
    /// slot 3; zero when free
    function lien(bytes32 assetId, bytes32 tokenId) external view returns (bytes32);
    /// slot 4; zero when unused
    function useRecord(bytes32 credentialId, address grantee, bytes32 useId) external view returns (bytes32);
    function credential(bytes32 credentialId) external view returns (CredentialState memory);
}
