// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRopeGateway} from "./IRopeGateway.sol";
import {TaggedHash} from "./TaggedHash.sol";

/// Signer sets of suite 1 and what more than two thirds of one have signed. Source: docs/protocol.md §1, §6, §9.
library SignerSets {
    uint256 private constant MAX_SIGNERS = 256;
    /// Half of the order of secp256k1: above it every signature has a second form.
    uint256 private constant MAX_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// Keys are addresses, strictly ascending from above zero; powers are positive. Checked once, before the hash
    /// of a set is stored: every later use compares hashes.
    function requireSound(IRopeGateway.SignerSet memory set) internal pure {
        uint256 count = set.keys.length;
        if (count == 0) revert IRopeGateway.EmptySignerSet();
        if (count > MAX_SIGNERS) revert IRopeGateway.BadLength(MAX_SIGNERS, count);
        bytes32 previous = 0;
        for (uint256 i; i < count; ++i) {
            bytes32 key = set.keys[i];
            if (key <= previous || uint256(key) >> 160 != 0) revert IRopeGateway.BadSignerKey(i);
            previous = key;
            if (i < set.powers.length && set.powers[i] == 0) revert IRopeGateway.ZeroPower(i);
        }
    }

    /// D(`signer-set`, ropeChainId ‖ suite u8 ‖ epoch u64 ‖ count u16 ‖ (key ‖ power u64)…)
    function hash(bytes32 ropeChainId, uint64 epoch, IRopeGateway.SignerSet memory set)
        internal
        pure
        returns (bytes32 setHash)
    {
        uint256 count = set.keys.length;
        if (set.powers.length != count) revert IRopeGateway.BadLength(count, set.powers.length);
        bytes32 tag = TaggedHash.SIGNER_SET;
        bytes32[] memory keys = set.keys;
        uint64[] memory powers = set.powers;
        assembly ("memory-safe") {
            // Scratch past the free pointer; each power is written 32 bytes wide and overwritten by the next key.
            let start := mload(0x40)
            mstore(start, tag)
            mstore(add(start, 32), ropeChainId)
            mstore8(add(start, 64), 1)
            mstore(add(start, 65), shl(192, epoch))
            mstore(add(start, 73), shl(240, count))
            let to := add(start, 75)
            for { let i := 32 } iszero(gt(i, shl(5, count))) { i := add(i, 32) } {
                mstore(to, mload(add(keys, i)))
                mstore(add(to, 32), shl(192, mload(add(powers, i))))
                to := add(to, 40)
            }
            setHash := keccak256(start, sub(to, start))
        }
    }

    /// More than two thirds of the set's power, each signer at most once, over `digest` itself.
    function requireQuorum(
        bytes32 digest,
        IRopeGateway.SignerSet memory set,
        IRopeGateway.Certificate calldata certificate
    ) internal pure {
        uint256 count = certificate.signers.length;
        if (certificate.signatures.length != count) {
            revert IRopeGateway.BadLength(count, certificate.signatures.length);
        }
        uint256 signed;
        for (uint256 i; i < count; ++i) {
            uint16 signer = certificate.signers[i];
            if (i != 0 && signer <= certificate.signers[i - 1]) revert IRopeGateway.SignersNotAscending(i);
            if (signer >= set.keys.length) revert IRopeGateway.SignerOutOfRange(signer);
            if (recover(digest, certificate.signatures[i]) != set.keys[signer]) revert IRopeGateway.BadSignature(i);
            signed += set.powers[signer];
        }
        uint256 total;
        for (uint256 i; i < set.powers.length; ++i) {
            total += set.powers[i];
        }
        if (3 * signed <= 2 * total) revert IRopeGateway.NotEnoughPower(signed, total);
    }

    /// @return zero for anything but a strict 65-byte signature; no sound set holds the zero key
    function recover(bytes32 digest, bytes calldata signature) private pure returns (bytes32) {
        if (signature.length != 65) return 0;
        uint8 v = uint8(signature[64]);
        bytes32 s = bytes32(signature[32:64]);
        if ((v != 27 && v != 28) || uint256(s) > MAX_S) return 0;
        return bytes32(uint256(uint160(ecrecover(digest, v, bytes32(signature[0:32]), s))));
    }
}
