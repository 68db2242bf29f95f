// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRopeGateway} from "./IRopeGateway.sol";

/// Why a packet FAILED; wire-stable. Source: docs/protocol.md §9.
library FailureCode {
    uint16 internal constant NONE = 0;
    uint16 internal constant EXPIRED = 1;
    uint16 internal constant UNKNOWN_ASSET = 2;
    uint16 internal constant INEXACT_AMOUNT = 3;
    uint16 internal constant OVERFLOW = 4;
    uint16 internal constant RECEIVER_REVERTED = 5;
    uint16 internal constant BAD_PAYLOAD = 8;
    uint16 internal constant LEASE_OVER = 9;
    uint16 internal constant NARROWING_VIOLATED = 10;
    uint16 internal constant NOT_LOCATED_HERE = 13;
    uint16 internal constant INSUFFICIENT_ESCROW = 14;
    uint16 internal constant RECIPIENT_ZERO = 15;
    uint16 internal constant UNKNOWN_GATEWAY = 16;
    uint16 internal constant BAD_ACTION = 17;

    /// Ends the bounded self-call in which a packet acts.
    function fail(uint16 code) internal pure {
        revert IRopeGateway.ExecutionFailed(code);
    }
}
