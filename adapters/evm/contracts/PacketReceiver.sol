// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AssetControl} from "./AssetControl.sol";
import {Codec} from "./Codec.sol";
import {CredentialRegistry} from "./CredentialRegistry.sol";
import {FailureCode} from "./FailureCode.sol";
import {OutboxProofs} from "./OutboxProofs.sol";
import {TaggedHash} from "./TaggedHash.sol";

/// One entry point, one write-once terminal receipt. Source: docs/protocol.md §2.
abstract contract PacketReceiver is CredentialRegistry, AssetControl, ReentrancyGuardTransient {
    /// What still has to run after an execution that used all of its gas: one storage write (22,100), a hash and an
    /// event of 420 bytes, below 30,000 together; doubled. forge-tests/Execution.t.sol walks along the boundary.
    uint256 private constant RECEIPT_OVERHEAD = 60_000;

    mapping(bytes32 lane => uint64 sequence) private lastReceived;

    function receipt(bytes32 sourceGateway, uint16 lane, uint64 sequence) external view returns (bytes32) {
        return receipts[lanePosition(sourceGateway, lane, sequence)];
    }

    function receiptsOf(bytes32 sourceGateway, uint16 lane, uint64[] calldata sequences)
        external
        view
        returns (bytes32[] memory found)
    {
        found = new bytes32[](sequences.length);
        for (uint256 i; i < sequences.length; ++i) {
            found[i] = receipts[lanePosition(sourceGateway, lane, sequences[i])];
        }
    }

    function receivePacket(bytes calldata packet, bytes calldata payload, bytes32 payee, OutboxProof calldata proof)
        external
        nonReentrant
        returns (uint8 status)
    {
        return deliver(Codec.decodePacket(packet), packet, payload, payee, proof);
    }

    function receiveBatch(Delivery[] calldata deliveries, bytes32 payee)
        external
        nonReentrant
        returns (uint8[] memory statuses)
    {
        statuses = new uint8[](deliveries.length);
        for (uint256 i; i < deliveries.length; ++i) {
            Delivery calldata d = deliveries[i];
            Codec.Packet memory p = Codec.decodePacket(d.packet);
            if (receipts[lanePosition(p.sourceGateway, p.lane, p.sequence)] != 0) {
                // Another relayer was faster with this one; the rest of the batch is still wanted.
                emit BatchItemSkipped(i, p.lane, p.sequence);
            } else {
                statuses[i] = deliver(p, d.packet, d.payload, payee, d.proof);
            }
        }
    }

    /// The bounded self-call in which a packet acts; its revert is a FAILED receipt and undoes what it did.
    function executePacket(bytes calldata packet, bytes calldata payload) external {
        if (msg.sender != address(this)) revert NotSelf();
        Codec.Packet memory p = Codec.decodePacket(packet);
        if (p.kind == Codec.KIND_ASSET) executeAsset(p, payload);
        else if (p.kind == Codec.KIND_CREDENTIAL) executeCredential(payload);
        else executeControl(payload);
    }

    function deliver(
        Codec.Packet memory p,
        bytes calldata packet,
        bytes calldata payload,
        bytes32 payee,
        OutboxProof calldata proof
    ) private returns (uint8 status) {
        bytes32 packetHash = authenticate(p, packet, payload, proof);
        claimPosition(p);
        uint16 code;
        uint64 nowMs = gatewayNowMs();
        if (nowMs >= p.timeoutMs) (status, code) = (Codec.EXPIRED, FailureCode.EXPIRED);
        else (status, code) = execute(bounded(p.gasLimit), packet, payload);
        bytes memory ack = Codec.encodeAcknowledgement(packet, packetHash, status, code, payee, nowMs);
        writeReceipt(p, packetHash, status, code, ack);
    }

    function authenticate(
        Codec.Packet memory p,
        bytes calldata packet,
        bytes calldata payload,
        OutboxProof calldata proof
    ) private view returns (bytes32 packetHash) {
        if (p.sourceGateway != ropeGatewayUid) revert WrongSource(p.sourceGateway);
        if (p.destinationGateway != gatewayUid) revert WrongGateway(p.destinationGateway);
        bool matches = payload.length == p.payloadLength
            && TaggedHash.digestCalldata(TaggedHash.PAYLOAD, payload) == p.payloadHash;
        if (!matches) revert PayloadMismatch();
        packetHash = TaggedHash.digestCalldata(TaggedHash.PACKET, packet);
        requireInOutbox(OutboxProofs.LEAF_PACKET, packetHash, proof);
    }

    /// After the proof, so that an altered copy of a delivered packet is a bad proof and not a late one.
    function claimPosition(Codec.Packet memory p) private {
        if (receipts[lanePosition(p.sourceGateway, p.lane, p.sequence)] != 0) {
            revert AlreadyDelivered(p.lane, p.sequence);
        }
        if (p.lane & Codec.LANE_ORDERED_BIT == 0) return;
        bytes32 lane = laneOf(p.sourceGateway, p.lane);
        uint64 next = lastReceived[lane] + 1;
        if (p.sequence != next) revert OutOfOrder(next, p.sequence);
        lastReceived[lane] = next;
    }

    /// A limit that fits no block must not leave the packet undeliverable: more than this, nobody may ask for.
    function bounded(uint32 gasLimit) private pure returns (uint32) {
        return gasLimit > Codec.MAX_GAS_LIMIT ? Codec.MAX_GAS_LIMIT : gasLimit;
    }

    function execute(uint32 gasLimit, bytes calldata packet, bytes calldata payload)
        private
        returns (uint8 status, uint16 code)
    {
        return boundedCall(gasLimit, abi.encodeCall(this.executePacket, (packet, payload)));
    }

    function boundedCall(uint256 gasLimit, bytes memory call_) private returns (uint8 status, uint16 code) {
        // A relayer that brings too little gas must not be able to turn a good packet into a FAILED one.
        uint256 required = gasLimit + RECEIPT_OVERHEAD;
        uint256 available = gasleft() * 63 / 64;
        if (available < required) revert UnderGassed(required, available);
        bool ok;
        bytes32 selector;
        uint256 operand;
        assembly ("memory-safe") {
            // At most 36 bytes come back, whatever the callee returns.
            ok := call(gasLimit, address(), 0, add(call_, 32), mload(call_), 0, 36)
            if eq(returndatasize(), 36) {
                selector := mload(0)
                operand := mload(4)
            }
        }
        if (ok) return (Codec.DELIVERED, FailureCode.NONE);
        bool known = bytes4(selector) == ExecutionFailed.selector && operand <= FailureCode.BAD_ACTION;
        return (Codec.FAILED, known ? uint16(operand) : FailureCode.RECEIVER_REVERTED);
    }

    function writeReceipt(Codec.Packet memory p, bytes32 packetHash, uint8 status, uint16 code, bytes memory ack)
        private
    {
        receipts[lanePosition(p.sourceGateway, p.lane, p.sequence)] = TaggedHash.digest(TaggedHash.ACK, ack);
        emit ReceiptWritten(packetHash, p.sourceGateway, p.lane, p.sequence, status, code, ack);
    }

    function executeAsset(Codec.Packet memory p, bytes calldata payload) private {
        (bool ok, Codec.AssetPayload memory a) = Codec.decodeAssetPayload(payload);
        if (!ok) FailureCode.fail(FailureCode.BAD_PAYLOAD);
        if (a.finalGateway != gatewayUid) FailureCode.fail(FailureCode.UNKNOWN_GATEWAY);
        if (p.recipient == 0) FailureCode.fail(FailureCode.RECIPIENT_ZERO);
        address recipient = address(uint160(uint256(p.recipient)));
        // What is given to the gateway itself could never leave again.
        bool addressed =
            a.finalRecipient == p.recipient && uint256(p.recipient) >> 160 == 0 && recipient != address(this);
        if (!addressed) FailureCode.fail(FailureCode.BAD_PAYLOAD);
        uint256 local = giveOut(a, recipient);
        emit AssetDelivered(a.assetId, a.tokenId, local, recipient, payload[Codec.ASSET_PAYLOAD_HEAD:]);
    }
}
