// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// The records of docs/protocol.md §1 and §9, encoded from the text and not from the contracts.
library Records {
    struct Packet {
        uint8 kind;
        uint16 lane;
        uint64 sequence;
        bytes32 sourceGateway;
        bytes32 destinationGateway;
        bytes32 transferId;
        bytes32 sender;
        bytes32 recipient;
        uint64 timeoutMs;
        uint32 gasLimit;
        bytes payload;
    }

    struct Credential {
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

    function digest(string memory tag, bytes memory x) internal pure returns (bytes32) {
        bytes memory name = abi.encodePacked("ropenet/", tag, "/v1");
        return keccak256(abi.encodePacked(bytes32(name), x));
    }

    function node(string memory tag, bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return digest(tag, abi.encodePacked(left, right));
    }

    function packet(Packet memory p) internal pure returns (bytes memory) {
        bytes memory head =
            abi.encodePacked(uint8(1), p.kind, p.lane, p.sequence, p.sourceGateway, p.destinationGateway, p.transferId);
        return abi.encodePacked(
            head, p.sender, p.recipient, p.timeoutMs, p.gasLimit, uint32(p.payload.length), digest("payload", p.payload)
        );
    }

    function acknowledge(Packet memory p, uint8 status, uint16 code, bytes32 payee, uint64 atMs)
        internal
        pure
        returns (bytes memory)
    {
        return acknowledgement(status, code, packet(p), payee, atMs);
    }

    /// The acknowledgement of any packet given as bytes.
    function acknowledgement(uint8 status, uint16 code, bytes memory packet_, bytes32 payee, uint64 atMs)
        internal
        pure
        returns (bytes memory)
    {
        bytes memory position = new bytes(74);
        for (uint256 i; i < 74; ++i) {
            position[i] = packet_[2 + i];
        }
        return abi.encodePacked(uint8(1), status, code, position, digest("packet", packet_), bytes32(0), payee, atMs);
    }

    function asset(bytes32 assetId, bytes32 tokenId, uint128 amount, bytes32 finalGateway, address recipient)
        internal
        pure
        returns (bytes memory)
    {
        bytes memory head = abi.encodePacked(assetId, tokenId, amount, finalGateway, uint256(uint160(recipient)));
        return abi.encodePacked(head, uint64(9), uint32(8), bytes32(0), uint16(4), "memo");
    }

    function credential(Credential memory c) internal pure returns (bytes memory) {
        bytes memory head = abi.encodePacked(
            c.action, c.credentialId, c.quota, c.leaseUntilMs, c.scalar, c.finalGateway, c.finalGrantee, c.homeGateway
        );
        return abi.encodePacked(head, c.purpose, c.classification, c.expiryMs, c.revokedAtMs, c.policyHash);
    }

    function registerAsset(bytes32 assetId, uint8 class, uint8 mode, address token, bytes32 origin, int8 scale)
        internal
        pure
        returns (bytes memory)
    {
        bytes memory head = abi.encodePacked(uint8(1), assetId, class, mode, uint256(uint160(token)), origin);
        return abi.encodePacked(head, uint8(2), scale, uint8(6), unicode"仓单", uint8(2), "CD");
    }

    function checkpoint(
        bytes32 chainId,
        uint64 epoch,
        uint64 height,
        uint64 timeMs,
        bytes32 outboxesRoot,
        bytes32 stateRoot
    ) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(1), uint8(1), chainId, epoch, height, timeMs, outboxesRoot, stateRoot);
    }

    function handover(bytes32 chainId, uint64 fromEpoch, uint64 toEpoch, bytes32 nextSetHash)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(uint8(1), uint8(1), chainId, fromEpoch, toEpoch, nextSetHash, uint64(1), uint64(2));
    }

    function signerSetHash(bytes32 chainId, uint64 epoch, bytes32[] memory keys, uint64[] memory powers)
        internal
        pure
        returns (bytes32)
    {
        bytes memory body = abi.encodePacked(chainId, uint8(1), epoch, uint16(keys.length));
        for (uint256 i; i < keys.length; ++i) {
            body = abi.encodePacked(body, keys[i], powers[i]);
        }
        return digest("signer-set", body);
    }

    function outboxLeaf(uint64 index, uint8 leafType, bytes32 bodyHash) internal pure returns (bytes32) {
        return digest("outbox-leaf", abi.encodePacked(index, leafType, bodyHash));
    }

    function outboxesLeaf(bytes32 uid, uint64 count, bytes32 root) internal pure returns (bytes32) {
        return digest("outboxes-leaf", abi.encodePacked(uid, count, root));
    }

    function outboxRoot(bytes32[] memory leaves) internal pure returns (bytes32 root) {
        (root,) = climb(leaves, 0);
    }

    function outboxPath(bytes32[] memory leaves, uint64 index) internal pure returns (bytes32[] memory path) {
        (, path) = climb(leaves, index);
    }

    function climb(bytes32[] memory level, uint64 index) private pure returns (bytes32 root, bytes32[] memory path) {
        path = new bytes32[](32);
        bytes32 zero = 0;
        for (uint256 depth; depth < 32; ++depth) {
            uint64 sibling = index ^ 1;
            path[depth] = sibling < level.length ? level[sibling] : zero;
            bytes32[] memory above = new bytes32[]((level.length + 1) / 2);
            for (uint256 i; i < above.length; ++i) {
                above[i] = node("outbox-node", level[2 * i], 2 * i + 1 < level.length ? level[2 * i + 1] : zero);
            }
            zero = node("outbox-node", zero, zero);
            level = above;
            index >>= 1;
        }
        root = level.length == 0 ? zero : level[0];
    }
}
