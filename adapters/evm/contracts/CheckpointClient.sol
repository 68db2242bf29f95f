// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Codec} from "./Codec.sol";
import {GatewayStorage} from "./GatewayStorage.sol";
import {OutboxProofs} from "./OutboxProofs.sol";
import {SignerSets} from "./SignerSets.sol";
import {TaggedHash} from "./TaggedHash.sol";

/// The rope as this strand sees it: one signer set, the newest checkpoint, the roots of the last hour.
/// Source: docs/protocol.md §6, "Rope → strand".
abstract contract CheckpointClient is GatewayStorage {
    /// A root is good for proofs until this long after a newer one took its place: anybody may bring checkpoints,
    /// and however many come, none overtakes a delivery on its way. Any accepted root is as good as the newest:
    /// outboxes only grow. It ends, so that whoever forges one root cannot use it for ever.
    uint64 private constant ROOT_GRACE_MS = 3_600_000;

    struct Accepted {
        uint64 height;
        uint64 timeMs;
        uint64 epoch;
    }

    Accepted private accepted;
    bytes32 private signerSetHash;
    bytes32 private newestRoot;
    /// By this strand's own clock; zero of a root that was never accepted, and of the newest.
    mapping(bytes32 outboxesRoot => uint64 replacedAtMs) private replacedAtMs;

    constructor(Configuration memory c, SignerSet memory set) {
        signerSetHash = soundSetHash(c.ropeChainId, c.epoch, set);
        accepted = Accepted({height: c.trustedHeight, timeMs: c.trustedTimeMs, epoch: c.epoch});
        requireWithinTrust(c.trustedTimeMs, c.trustingPeriodMs);
    }

    function submitCheckpoint(bytes calldata checkpoint, SignerSet calldata set, Certificate calldata certificate)
        external
    {
        Codec.Checkpoint memory c = Codec.decodeCheckpoint(checkpoint);
        Accepted memory stored = accepted;
        requireChain(c.ropeChainId);
        requireWithinTrust(stored.timeMs, trustingPeriodMs);
        if (c.epoch != stored.epoch) revert WrongEpoch(stored.epoch, c.epoch);
        if (c.height <= stored.height) revert HeightNotAbove(stored.height, c.height);
        if (c.timeMs < stored.timeMs) revert TimeNotMonotone(stored.timeMs, c.timeMs);
        if (c.outboxesRoot == 0 || c.stateRoot == 0) revert ZeroRoot();
        requireQuorum(TaggedHash.digestCalldata(TaggedHash.CHECKPOINT, checkpoint), stored.epoch, set, certificate);

        if (c.outboxesRoot != newestRoot) {
            replacedAtMs[newestRoot] = localNowMs();
            newestRoot = c.outboxesRoot;
        }
        stored.height = c.height;
        stored.timeMs = c.timeMs;
        accepted = stored;
        emit CheckpointAccepted(c.height, c.timeMs, c.epoch, c.outboxesRoot);
    }

    function submitHandover(
        bytes calldata handover,
        SignerSet calldata currentSet,
        SignerSet calldata nextSet,
        Certificate calldata certificate
    ) external {
        Codec.Handover memory h = Codec.decodeHandover(handover);
        Accepted memory stored = accepted;
        requireChain(h.ropeChainId);
        requireWithinTrust(stored.timeMs, trustingPeriodMs);
        if (h.fromEpoch != stored.epoch) revert WrongEpoch(stored.epoch, h.fromEpoch);
        // One epoch at a time; the subtraction form also refuses a wrapped epoch.
        if (h.toEpoch <= h.fromEpoch || h.toEpoch - h.fromEpoch != 1) revert SkippedEpoch(h.fromEpoch, h.toEpoch);
        requireQuorum(TaggedHash.digestCalldata(TaggedHash.HANDOVER, handover), stored.epoch, currentSet, certificate);
        bytes32 nextSetHash = soundSetHash(ropeChainId, h.toEpoch, nextSet);
        if (nextSetHash != h.nextSetHash) revert WrongSignerSet(h.nextSetHash, nextSetHash);

        signerSetHash = nextSetHash;
        accepted.epoch = h.toEpoch;
        emit HandoverAccepted(h.toEpoch, nextSetHash);
    }

    function checkpointState() external view returns (CheckpointState memory) {
        return CheckpointState({
            height: accepted.height,
            timeMs: accepted.timeMs,
            epoch: accepted.epoch,
            outboxesRoot: newestRoot,
            signerSetHash: signerSetHash,
            trustingPeriodMs: trustingPeriodMs
        });
    }

    function gatewayNowMs() public view returns (uint64) {
        return accepted.timeMs;
    }

    function isRecentRoot(bytes32 outboxesRoot) public view returns (bool) {
        if (outboxesRoot == 0 || outboxesRoot == newestRoot) return outboxesRoot != 0;
        uint64 sinceMs = replacedAtMs[outboxesRoot];
        return sinceMs != 0 && localNowMs() <= sinceMs + ROOT_GRACE_MS;
    }

    function requireInOutbox(uint8 leafType, bytes32 bodyHash, OutboxProof calldata proof) internal view {
        if (!isRecentRoot(OutboxProofs.outboxesRoot(gatewayUid, leafType, bodyHash, proof))) revert BadProof();
    }

    function requireFresh() internal view {
        uint64 storedMs = accepted.timeMs;
        if (localNowMs() > uint256(storedMs) + maxLagMs) revert StaleCheckpoint(storedMs, localNowMs());
    }

    function requireQuorum(bytes32 digest, uint64 epoch, SignerSet memory set, Certificate calldata certificate)
        private
        view
    {
        bytes32 setHash = SignerSets.hash(ropeChainId, epoch, set);
        if (setHash != signerSetHash) revert WrongSignerSet(signerSetHash, setHash);
        SignerSets.requireQuorum(digest, set, certificate);
    }

    function soundSetHash(bytes32 chainId, uint64 epoch, SignerSet memory set) private pure returns (bytes32) {
        SignerSets.requireSound(set);
        return SignerSets.hash(chainId, epoch, set);
    }

    function requireChain(bytes32 chainId) private view {
        if (chainId != ropeChainId) revert WrongChain(chainId);
    }

    /// A set that may have unbonded since can sign anything without being slashed.
    function requireWithinTrust(uint64 storedMs, uint64 periodMs) private view {
        uint256 untilMs = uint256(storedMs) + periodMs;
        if (localNowMs() > untilMs) revert TrustingPeriodOver(localNowMs(), uint64(untilMs));
    }
}
