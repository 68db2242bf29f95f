// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// Settlement token of the demonstration's finance chain. 虚构: it represents no money.
contract DemoCny is ERC20 {
    error OnlyIssuer();

    address public immutable issuer;

    constructor() ERC20(unicode"演示人民币（虚构）", "dCNY") {
        issuer = msg.sender;
    }

    /// In 分: two decimals.
    function mint(address to, uint256 amountFen) external {
        if (msg.sender != issuer) revert OnlyIssuer();
        _mint(to, amountFen);
    }

    function decimals() public pure override returns (uint8) {
        return 2;
    }
}
