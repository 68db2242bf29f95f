// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// D(tag, x) = keccak-256(pad32(tag) ‖ x), suite 1. Source: docs/protocol.md §9.
library TaggedHash {
    bytes32 internal constant PACKET = "ropenet/packet/v1";
    bytes32 internal constant PAYLOAD = "ropenet/payload/v1";
    bytes32 internal constant ACK = "ropenet/ack/v1";
    bytes32 internal constant CHECKPOINT = "ropenet/checkpoint/v1";
    bytes32 internal constant HANDOVER = "ropenet/handover/v1";
    bytes32 internal constant SIGNER_SET = "ropenet/signer-set/v1";
    bytes32 internal constant OUTBOX_LEAF = "ropenet/outbox-leaf/v1";
    bytes32 internal constant OUTBOX_NODE = "ropenet/outbox-node/v1";
    bytes32 internal constant OUTBOXES_LEAF = "ropenet/outboxes-leaf/v1";
    bytes32 internal constant OUTBOXES_NODE = "ropenet/outboxes-node/v1";
    bytes32 internal constant OUTBOXES_ROOT = "ropenet/outboxes-root/v1";
    bytes32 internal constant ACCOUNT = "ropenet/account/v1";

    function digest(bytes32 tag, bytes memory x) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, tag)
            mcopy(add(free, 32), add(x, 32), mload(x))
            hash := keccak256(free, add(32, mload(x)))
        }
    }

    function digestCalldata(bytes32 tag, bytes calldata x) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, tag)
            calldatacopy(add(free, 32), x.offset, x.length)
            hash := keccak256(free, add(32, x.length))
        }
    }

    /// D(tag, left ‖ right) without allocating: 32 of these verify one outbox path.
    function node(bytes32 tag, bytes32 left, bytes32 right) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, tag)
            mstore(add(free, 32), left)
            mstore(add(free, 64), right)
            hash := keccak256(free, 96)
        }
    }

    /// The commitment under which an account stays hidden until it opens it with `salt`.
    function accountCommitment(bytes32 salt, address account) internal pure returns (bytes32) {
        return node(ACCOUNT, salt, bytes32(uint256(uint160(account))));
    }
}
