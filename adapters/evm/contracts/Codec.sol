// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRopeGateway} from "./IRopeGateway.sol";

/// Fixed-width, big-endian records: one value, one byte string; anything else is refused.
/// Source: docs/protocol.md §1, §9.
library Codec {
    uint8 internal constant VERSION = 1;
    uint8 internal constant SUITE = 1;
    uint8 internal constant KIND_ASSET = 1;
    uint8 internal constant KIND_CREDENTIAL = 2;
    uint8 internal constant KIND_CONTROL = 3;
    uint16 internal constant LANE_DEFAULT = 0;
    uint16 internal constant LANE_CONTROL = 0x8001;
    uint16 internal constant LANE_ORDERED_BIT = 0x8000;
    uint8 internal constant DELIVERED = 1;
    uint8 internal constant FAILED = 2;
    uint8 internal constant EXPIRED = 3;
    /// Of a delivery; a second leg ends within MAX_TIMEOUT_MS. Source: docs/protocol.md §9.
    uint32 internal constant MAX_GAS_LIMIT = 2_000_000;
    uint64 internal constant MAX_TIMEOUT_MS = 30 days * 1000;
    uint256 internal constant MAX_PAYLOAD = 4096;
    uint256 internal constant MAX_MEMO = 256;
    uint256 internal constant ASSET_PAYLOAD_HEAD = 190;
    uint256 internal constant CREDENTIAL_PAYLOAD = 206;

    struct Packet {
        uint8 kind;
        uint16 lane;
        uint64 sequence;
        bytes32 sourceGateway;
        bytes32 destinationGateway;
        bytes32 sender;
        bytes32 recipient;
        uint64 timeoutMs;
        uint32 gasLimit;
        uint32 payloadLength;
        bytes32 payloadHash;
    }

    struct AssetPayload {
        bytes32 assetId;
        bytes32 tokenId;
        uint128 amount;
        bytes32 finalGateway;
        bytes32 finalRecipient;
    }

    struct CredentialPayload {
        uint8 action;
        bytes32 credentialId;
        uint64 quota;
        uint64 leaseUntilMs;
        uint64 scalar;
        bytes32 finalGateway;
        bytes32 finalGrantee;
        bytes32 homeGateway;
        uint32 purpose;
        uint8 classification;
        uint64 expiryMs;
        uint64 revokedAtMs;
        bytes32 policyHash;
    }

    /// What settling needs of an acknowledgement.
    struct Acknowledgement {
        uint8 status;
        uint16 code;
        bytes32 packetHash;
    }

    struct Checkpoint {
        bytes32 ropeChainId;
        uint64 epoch;
        uint64 height;
        uint64 timeMs;
        bytes32 outboxesRoot;
        bytes32 stateRoot;
    }

    struct Handover {
        bytes32 ropeChainId;
        uint64 fromEpoch;
        uint64 toEpoch;
        bytes32 nextSetHash;
    }

    function decodePacket(bytes calldata b) internal pure returns (Packet memory p) {
        requireLength(b, 220);
        requireVersion(b);
        p.kind = uint8(number(b, 1, 1));
        if (p.kind == 0 || p.kind > KIND_CONTROL) revert IRopeGateway.BadKind(p.kind);
        p.lane = uint16(number(b, 2, 2));
        // Configuration has its own ordered lane, and nothing else travels there.
        if ((p.kind == KIND_CONTROL) != (p.lane == LANE_CONTROL)) revert IRopeGateway.BadLane(p.lane);
        p.sequence = uint64(number(b, 4, 8));
        if (p.sequence == 0) revert IRopeGateway.ZeroSequence();
        p.sourceGateway = word(b, 12);
        p.destinationGateway = word(b, 44);
        p.sender = word(b, 108);
        p.recipient = word(b, 140);
        p.timeoutMs = uint64(number(b, 172, 8));
        p.gasLimit = uint32(number(b, 180, 4));
        p.payloadLength = uint32(number(b, 184, 4));
        if (p.payloadLength > MAX_PAYLOAD) revert IRopeGateway.BadLength(MAX_PAYLOAD, p.payloadLength);
        p.payloadHash = word(b, 188);
    }

    /// A leg-1 packet: its transferId is zero.
    function encodePacket(Packet memory p) internal pure returns (bytes memory) {
        bytes memory head =
            abi.encodePacked(VERSION, p.kind, p.lane, p.sequence, p.sourceGateway, p.destinationGateway, bytes32(0));
        return bytes.concat(
            head, abi.encodePacked(p.sender, p.recipient, p.timeoutMs, p.gasLimit, p.payloadLength, p.payloadHash)
        );
    }

    /// @return ok false for any byte string that is no AssetPayload; the memo is `b[190:]`
    function decodeAssetPayload(bytes calldata b) internal pure returns (bool ok, AssetPayload memory a) {
        if (b.length < ASSET_PAYLOAD_HEAD) return (false, a);
        uint256 memoLength = number(b, 188, 2);
        if (memoLength > MAX_MEMO || b.length != ASSET_PAYLOAD_HEAD + memoLength) return (false, a);
        a.assetId = word(b, 0);
        a.tokenId = word(b, 32);
        a.amount = uint128(number(b, 64, 16));
        a.finalGateway = word(b, 80);
        a.finalRecipient = word(b, 112);
        ok = true;
    }

    function encodeAssetPayload(IRopeGateway.AssetOrder calldata order, uint128 amount)
        internal
        pure
        returns (bytes memory)
    {
        bytes memory head =
            abi.encodePacked(order.assetId, order.tokenId, amount, order.finalGateway, order.finalRecipient);
        return bytes.concat(
            head,
            abi.encodePacked(
                order.finalTimeoutMs, order.finalGasLimit, order.obligationId, uint16(order.memo.length), order.memo
            )
        );
    }

    /// The caller has checked that `b` has 206 bytes.
    function decodeCredentialPayload(bytes calldata b) internal pure returns (CredentialPayload memory c) {
        c.action = uint8(number(b, 0, 1));
        c.credentialId = word(b, 1);
        c.quota = uint64(number(b, 33, 8));
        c.leaseUntilMs = uint64(number(b, 41, 8));
        c.scalar = uint64(number(b, 49, 8));
        c.finalGateway = word(b, 57);
        c.finalGrantee = word(b, 89);
        c.homeGateway = word(b, 121);
        c.purpose = uint32(number(b, 153, 4));
        c.classification = uint8(number(b, 157, 1));
        c.expiryMs = uint64(number(b, 158, 8));
        c.revokedAtMs = uint64(number(b, 166, 8));
        c.policyHash = word(b, 174);
    }

    /// Handling an acknowledgement is total, so its status and code are not cross-checked.
    function decodeAcknowledgement(bytes calldata b) internal pure returns (Acknowledgement memory a) {
        requireLength(b, 182);
        requireVersion(b);
        a.status = uint8(number(b, 1, 1));
        if (a.status == 0 || a.status > EXPIRED) revert IRopeGateway.BadStatus(a.status);
        a.code = uint16(number(b, 2, 2));
        a.packetHash = word(b, 78);
    }

    /// Bytes 4 to 78 of an acknowledgement repeat bytes 2 to 76 of its packet: lane, sequence and both gateways.
    function namesPosition(bytes calldata ack, bytes calldata packet) internal pure returns (bool) {
        return keccak256(ack[4:78]) == keccak256(packet[2:76]);
    }

    /// resultHash is zero: no execution on this strand has a result.
    function encodeAcknowledgement(
        bytes calldata packet,
        bytes32 packetHash,
        uint8 status,
        uint16 code,
        bytes32 payee,
        uint64 atMs
    ) internal pure returns (bytes memory) {
        return abi.encodePacked(VERSION, status, code, packet[2:76], packetHash, bytes32(0), payee, atMs);
    }

    function decodeCheckpoint(bytes calldata b) internal pure returns (Checkpoint memory c) {
        requireLength(b, 122);
        requireVersion(b);
        requireSuite(b);
        c.ropeChainId = word(b, 2);
        c.epoch = uint64(number(b, 34, 8));
        c.height = uint64(number(b, 42, 8));
        c.timeMs = uint64(number(b, 50, 8));
        c.outboxesRoot = word(b, 58);
        c.stateRoot = word(b, 90);
    }

    function decodeHandover(bytes calldata b) internal pure returns (Handover memory h) {
        requireLength(b, 98);
        requireVersion(b);
        requireSuite(b);
        h.ropeChainId = word(b, 2);
        h.fromEpoch = uint64(number(b, 34, 8));
        h.toEpoch = uint64(number(b, 42, 8));
        h.nextSetHash = word(b, 50);
    }

    function requireLength(bytes calldata b, uint256 expected) private pure {
        if (b.length != expected) revert IRopeGateway.BadLength(expected, b.length);
    }

    function requireVersion(bytes calldata b) private pure {
        uint8 version = uint8(number(b, 0, 1));
        if (version != VERSION) revert IRopeGateway.BadVersion(version);
    }

    function requireSuite(bytes calldata b) private pure {
        uint8 suite = uint8(number(b, 1, 1));
        if (suite != SUITE) revert IRopeGateway.BadSuite(suite);
    }

    /// The 32 bytes at `from`. Lengths are checked by the caller; a load past the end is cut off by `number`.
    function word(bytes calldata b, uint256 from) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := calldataload(add(b.offset, from))
        }
    }

    /// `width` bytes at `from` as an unsigned number.
    function number(bytes calldata b, uint256 from, uint256 width) internal pure returns (uint256) {
        return uint256(word(b, from)) >> (256 - 8 * width);
    }
}
