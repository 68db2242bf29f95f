// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// 仓单: a document of title over goods in one keeper's warehouse. The holder endorses by transferring, and the keeper
/// signs every transfer, on chain or by an EIP-712 signature. The goods' fields stay off chain under their digest.
contract WarehouseTitle is ERC721, EIP712 {
    struct Title {
        bytes32 fieldsDigest;
        uint64 quantityKg;
        uint64 issuedAt;
        /// moves with every transfer, so that a keeper's signature is good for one transfer only
        uint64 transfers;
    }

    error OnlyKeeper();
    error EmptyTitle();
    error AlreadyIssued(uint256 tokenId);
    error KeeperConsentMissing(uint256 tokenId, address to);
    error ConsentExpired(uint256 deadline);
    error BadKeeperSignature();

    event TitleIssued(uint256 indexed tokenId, address indexed holder, bytes32 fieldsDigest, uint64 quantityKg);
    event TitleCancelled(uint256 indexed tokenId);
    event KeeperConsented(uint256 indexed tokenId, address indexed to);
    event CustodianSet(address indexed custodian, bool accepted);

    bytes32 public constant CONSENT_TYPEHASH =
        keccak256("Consent(uint256 tokenId,address to,uint64 transfers,uint256 deadline)");

    address public immutable keeper;
    mapping(uint256 tokenId => Title) private titles;
    mapping(uint256 tokenId => address) public consentedTo;
    /// A gateway that holds titles for another chain: the keeper consents to the way in, the other chain's rules
    /// decide who gets it out.
    mapping(address => bool) public isCustodian;

    constructor(string memory name_, string memory symbol_, address keeper_)
        ERC721(name_, symbol_)
        EIP712("WarehouseTitle", "1")
    {
        keeper = keeper_;
    }

    modifier onlyKeeper() {
        if (msg.sender != keeper) revert OnlyKeeper();
        _;
    }

    /// A number names one title for ever: a cancelled one is not issued again.
    function issue(uint256 tokenId, address holder, bytes32 fieldsDigest, uint64 quantityKg) external onlyKeeper {
        if (fieldsDigest == 0 || quantityKg == 0) revert EmptyTitle();
        if (titles[tokenId].fieldsDigest != 0) revert AlreadyIssued(tokenId);
        titles[tokenId] = Title(fieldsDigest, quantityKg, uint64(block.timestamp), 0);
        _mint(holder, tokenId);
        emit TitleIssued(tokenId, holder, fieldsDigest, quantityKg);
    }

    function consent(uint256 tokenId, address to) external onlyKeeper {
        _requireOwned(tokenId);
        consentedTo[tokenId] = to;
        emit KeeperConsented(tokenId, to);
    }

    /// Anyone may bring the keeper's signature; it dies with the next transfer and at `deadline` (seconds).
    function consentBySignature(uint256 tokenId, address to, uint256 deadline, bytes calldata signature) external {
        _requireOwned(tokenId);
        if (block.timestamp > deadline) revert ConsentExpired(deadline);
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(CONSENT_TYPEHASH, tokenId, to, titles[tokenId].transfers, deadline)));
        if (ECDSA.recover(digest, signature) != keeper) revert BadKeeperSignature();
        consentedTo[tokenId] = to;
        emit KeeperConsented(tokenId, to);
    }

    function setCustodian(address custodian, bool accepted) external onlyKeeper {
        isCustodian[custodian] = accepted;
        emit CustodianSet(custodian, accepted);
    }

    /// 出库: the holder has approved the keeper for this title, the goods leave, the title ends.
    function cancel(uint256 tokenId) external onlyKeeper {
        _checkAuthorized(_requireOwned(tokenId), msg.sender, tokenId);
        _burn(tokenId);
        emit TitleCancelled(tokenId);
    }

    function titleOf(uint256 tokenId) external view returns (Title memory) {
        return titles[tokenId];
    }

    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        from = super._update(to, tokenId, auth);
        if (from == address(0) || to == address(0)) return from;
        if (!isCustodian[from] && consentedTo[tokenId] != to) revert KeeperConsentMissing(tokenId, to);
        delete consentedTo[tokenId];
        ++titles[tokenId].transfers;
    }
}
