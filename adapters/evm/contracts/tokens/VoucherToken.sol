// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// A fungible asset of another chain, minted and burnt by the gateway alone.
/// Deployed as minimal clones (CREATE2, salt = assetId) of one implementation that the gateway's constructor made.
contract VoucherToken is ERC20 {
    error OnlyGateway();

    address public immutable gateway;
    string private voucherName;
    string private voucherSymbol;
    uint8 private voucherDecimals;

    constructor() ERC20("", "") {
        gateway = msg.sender;
    }

    modifier onlyGateway() {
        if (msg.sender != gateway) revert OnlyGateway();
        _;
    }

    /// Once, in the call that creates the clone.
    function initialize(string calldata name_, string calldata symbol_, uint8 decimals_) external onlyGateway {
        voucherName = name_;
        voucherSymbol = symbol_;
        voucherDecimals = decimals_;
    }

    function mint(address to, uint256 amount) external onlyGateway {
        _mint(to, amount);
    }

    function burn(address from, uint256 amount) external onlyGateway {
        _burn(from, amount);
    }

    function name() public view override returns (string memory) {
        return voucherName;
    }

    function symbol() public view override returns (string memory) {
        return voucherSymbol;
    }

    function decimals() public view override returns (uint8) {
        return voucherDecimals;
    }
}
