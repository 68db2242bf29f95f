// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// local = wire · 10^scale, exactly, or not at all: no rounding, so no dust. Source: docs/protocol.md §9, "Scale".
library Scale {
    /// 10^38 < 2^127: a u128 times it stays below 2^256.
    int8 internal constant MAX = 38;

    /// @return exact false if a remainder would be lost
    function toLocal(uint128 amount, int8 scale) internal pure returns (bool exact, uint256 local) {
        return shift(amount, scale);
    }

    /// @param local at most u128
    function toWire(uint256 local, int8 scale) internal pure returns (bool exact, uint256 amount) {
        return shift(local, -scale);
    }

    function shift(uint256 value, int8 places) private pure returns (bool exact, uint256 shifted) {
        if (places >= 0) return (true, value * 10 ** uint8(places));
        uint256 unit = 10 ** uint8(-places);
        return (value % unit == 0, value / unit);
    }
}
