// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Voucher} from "./Voucher.sol";

/// A fungible asset of another chain, minted and burnt by the gateway alone.
contract VoucherToken is Voucher, ERC20("", "") {
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
