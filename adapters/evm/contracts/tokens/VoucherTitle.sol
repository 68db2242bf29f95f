// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// Titles of another chain while they are on this one; minted and burnt by the gateway alone. Clones, as VoucherToken.
contract VoucherTitle is ERC721 {
    error OnlyGateway();

    address public immutable gateway;
    string private voucherName;
    string private voucherSymbol;

    constructor() ERC721("", "") {
        gateway = msg.sender;
    }

    modifier onlyGateway() {
        if (msg.sender != gateway) revert OnlyGateway();
        _;
    }

    /// Once, in the call that creates the clone.
    function initialize(string calldata name_, string calldata symbol_) external onlyGateway {
        voucherName = name_;
        voucherSymbol = symbol_;
    }

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
