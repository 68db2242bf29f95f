// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Voucher} from "./Voucher.sol";

/// Titles of another chain while they are on this one; minted and burnt by the gateway alone.
contract VoucherTitle is Voucher, ERC721("", "") {
    /// Asks a contract recipient whether it takes titles.
    function mint(address to, uint256 tokenId) external onlyGateway {
        _safeMint(to, tokenId);
    }

    /// Back into the gateway's own hands after a failed leg; asks nobody.
    function restore(uint256 tokenId) external onlyGateway {
        _mint(msg.sender, tokenId);
    }

    function burn(uint256 tokenId) external onlyGateway {
        _burn(tokenId);
    }

    function exists(uint256 tokenId) external view returns (bool) {
        return _ownerOf(tokenId) != address(0);
    }

    function name() public view override returns (string memory) {
        return voucherName;
    }

    function symbol() public view override returns (string memory) {
        return voucherSymbol;
    }
}
