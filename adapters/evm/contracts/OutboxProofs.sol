// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRopeGateway} from "./IRopeGateway.sol";
import {TaggedHash} from "./TaggedHash.sol";

/// Leaf → outbox of one gateway (depth 32) → root over all outboxes. Source: docs/protocol.md §9.
library OutboxProofs {
    uint8 internal constant LEAF_PACKET = 1;
    uint8 internal constant LEAF_ACK = 2;
    uint256 internal constant DEPTH = 32;

    /// @return root the outboxes root that the proof leads to; the caller decides whether it is an accepted one
    function outboxesRoot(bytes32 gatewayUid, uint8 leafType, bytes32 bodyHash, IRopeGateway.OutboxProof calldata proof)
        internal
        pure
        returns (bytes32 root)
    {
        requireShape(proof);
        bytes32 leaf = keccak256(abi.encodePacked(TaggedHash.OUTBOX_LEAF, proof.index, leafType, bodyHash));
        bytes32 outbox = climb(TaggedHash.OUTBOX_NODE, leaf, proof.index, proof.leafPath);
        bytes32 summary = keccak256(abi.encodePacked(TaggedHash.OUTBOXES_LEAF, gatewayUid, proof.count, outbox));
        bytes32 top = climb(TaggedHash.OUTBOXES_NODE, summary, proof.outboxesPosition, proof.outboxesPath);
        root = keccak256(abi.encodePacked(TaggedHash.OUTBOXES_ROOT, proof.outboxesCount, top));
    }

    /// Exact lengths: no extra, missing or unused node, no index bit above the tree.
    function requireShape(IRopeGateway.OutboxProof calldata proof) private pure {
        uint256 levels;
        while ((uint256(1) << levels) < proof.outboxesCount) ++levels;
        bool sound = proof.index < proof.count && proof.count <= uint256(1) << DEPTH && proof.leafPath.length == DEPTH
            && proof.outboxesPosition < proof.outboxesCount && proof.outboxesPath.length == levels;
        if (!sound) revert IRopeGateway.BadProofShape();
    }

    function climb(bytes32 tag, bytes32 leaf, uint256 index, bytes32[] calldata path)
        private
        pure
        returns (bytes32 top)
    {
        top = leaf;
        for (uint256 level; level < path.length; ++level) {
            bool left = (index >> level) & 1 == 0;
            top = left ? TaggedHash.node(tag, top, path[level]) : TaggedHash.node(tag, path[level], top);
        }
    }
}
