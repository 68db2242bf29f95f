// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AssetLedger} from "./AssetLedger.sol";
import {CheckpointClient} from "./CheckpointClient.sol";
import {Codec} from "./Codec.sol";
import {OutboxProofs} from "./OutboxProofs.sol";
import {TaggedHash} from "./TaggedHash.sol";

/// Leg 1 towards the rope, and what comes of it. Source: docs/protocol.md §3.
abstract contract PacketSender is CheckpointClient, AssetLedger, ReentrancyGuardTransient {
    mapping(bytes32 lane => uint64 sequence) private lastSent;

    function commitment(bytes32 destinationGateway, uint16 lane, uint64 sequence) external view returns (bytes32) {
        return commitments[lanePosition(destinationGateway, lane, sequence)];
    }

    function lastSequenceSent(bytes32 destinationGateway, uint16 lane) external view returns (uint64) {
        return lastSent[laneOf(destinationGateway, lane)];
    }

    function sendAsset(AssetOrder calldata order) external nonReentrant returns (uint64 sequence, bytes32 packetHash) {
        if (order.memo.length > Codec.MAX_MEMO) revert MemoTooLong(order.memo.length);
        if (order.finalRecipient == 0) revert RecipientZero();
        if (order.finalGateway == 0 || order.finalGateway == gatewayUid) revert UnknownGateway(order.finalGateway);
        uint64 nowMs = gatewayNowMs();
        if (order.timeoutMs <= nowMs) revert TimeoutPassed(order.timeoutMs, nowMs);
        requireBounded(order, nowMs);
        bytes memory payload = Codec.encodeAssetPayload(order, takeIn(order));

        sequence = ++lastSent[laneOf(ropeGatewayUid, Codec.LANE_DEFAULT)];
        Codec.Packet memory p;
        p.kind = Codec.KIND_ASSET;
        p.sequence = sequence;
        p.sourceGateway = gatewayUid;
        p.destinationGateway = ropeGatewayUid;
        p.sender = bytes32(uint256(uint160(msg.sender)));
        p.recipient = order.finalRecipient;
        p.timeoutMs = order.timeoutMs;
        p.gasLimit = order.gasLimit;
        p.payloadLength = uint32(payload.length);
        p.payloadHash = TaggedHash.digest(TaggedHash.PAYLOAD, payload);
        bytes memory packet = Codec.encodePacket(p);
        packetHash = TaggedHash.digest(TaggedHash.PACKET, packet);
        commitments[lanePosition(ropeGatewayUid, Codec.LANE_DEFAULT, sequence)] = packetHash;
        emit PacketSent(packetHash, ropeGatewayUid, Codec.LANE_DEFAULT, sequence, packet, payload);
    }

    /// The balance counter of an asset as its token has it now: anybody may ask, so that a loss cannot hide.
    function syncBalance(bytes32 assetId) external nonReentrant returns (uint256 balance) {
        return weigh(assetId);
    }

    function acknowledge(bytes calldata packet, bytes calldata payload, bytes calldata ack, OutboxProof calldata proof)
        external
        nonReentrant
    {
        settle(Codec.decodePacket(packet), packet, payload, ack, proof);
    }

    function acknowledgeBatch(Settlement[] calldata settlements) external nonReentrant {
        for (uint256 i; i < settlements.length; ++i) {
            Settlement calldata s = settlements[i];
            Codec.Packet memory p = Codec.decodePacket(s.packet);
            if (isSettled(p)) emit BatchItemSkipped(i, p.lane, p.sequence);
            else settle(p, s.packet, s.payload, s.ack, s.proof);
        }
    }

    function withdrawRefund(address token) external nonReentrant returns (uint256 amountLocal) {
        return payRefund(token, msg.sender);
    }

    function withdrawTitleRefund(address token, bytes32 tokenId) external nonReentrant {
        payTitleRefund(token, tokenId, msg.sender);
    }

    /// Beyond these the rope would refuse the packet, and its value would only travel back.
    function requireBounded(AssetOrder calldata order, uint64 nowMs) private pure {
        uint64 latestMs = nowMs + Codec.MAX_TIMEOUT_MS;
        uint32 gasLimit = order.gasLimit > order.finalGasLimit ? order.gasLimit : order.finalGasLimit;
        uint64 timeoutMs = order.timeoutMs > order.finalTimeoutMs ? order.timeoutMs : order.finalTimeoutMs;
        if (gasLimit > Codec.MAX_GAS_LIMIT || timeoutMs > latestMs) revert BeyondBounds(gasLimit, timeoutMs, latestMs);
    }

    /// Total: for a committed packet and a proven acknowledgement of it, no freeze and no third party stands between.
    function settle(
        Codec.Packet memory p,
        bytes calldata packet,
        bytes calldata payload,
        bytes calldata ack,
        OutboxProof calldata proof
    ) private {
        bytes32 packetHash = TaggedHash.digestCalldata(TaggedHash.PACKET, packet);
        requireCommitted(p, packetHash);
        Codec.Acknowledgement memory a = Codec.decodeAcknowledgement(ack);
        if (a.packetHash != packetHash || !Codec.namesPosition(ack, packet)) revert AckMismatch();
        requireInOutbox(OutboxProofs.LEAF_ACK, TaggedHash.digestCalldata(TaggedHash.ACK, ack), proof);

        delete commitments[lanePosition(p.destinationGateway, p.lane, p.sequence)];
        if (a.status != Codec.DELIVERED) refund(p, payload);
        emit PacketAcknowledged(packetHash, p.lane, p.sequence, a.status, a.code);
    }

    function refund(Codec.Packet memory p, bytes calldata payload) private {
        if (TaggedHash.digestCalldata(TaggedHash.PAYLOAD, payload) != p.payloadHash) revert PayloadMismatch();
        (, Codec.AssetPayload memory asset_) = Codec.decodeAssetPayload(payload);
        creditRefund(asset_, address(uint160(uint256(p.sender))));
    }

    function requireCommitted(Codec.Packet memory p, bytes32 packetHash) private view {
        bytes32 committed = commitments[lanePosition(p.destinationGateway, p.lane, p.sequence)];
        if (committed == packetHash) return;
        if (committed != 0) revert CommitmentMismatch(committed, packetHash);
        if (isSettled(p)) revert AlreadyAcknowledged(p.lane, p.sequence);
        revert UnknownPacket(p.lane, p.sequence);
    }

    function isSettled(Codec.Packet memory p) private view returns (bool) {
        return p.sequence <= lastSent[laneOf(p.destinationGateway, p.lane)]
            && commitments[lanePosition(p.destinationGateway, p.lane, p.sequence)] == 0;
    }
}
