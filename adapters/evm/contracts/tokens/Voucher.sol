// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What stands for another chain's asset on this one: a minimal clone (CREATE2, salt = assetId) of an implementation
/// that the gateway's constructor made, so that the gateway is its only master for ever.
abstract contract Voucher {
    error OnlyGateway();

    address public immutable gateway = msg.sender;
    string internal voucherName;
    string internal voucherSymbol;
    uint8 internal voucherDecimals;

    modifier onlyGateway() {
        if (msg.sender != gateway) revert OnlyGateway();
        _;
    }

    /// Once, in the call that creates the clone. A title has zero decimals.
    function initialize(string calldata name, string calldata symbol, uint8 decimals) external onlyGateway {
        voucherName = name;
        voucherSymbol = symbol;
        voucherDecimals = decimals;
    }
}
