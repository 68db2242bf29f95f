// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {AssetLedger} from "./AssetLedger.sol";

/// Who may not be overlooked when a title moves on; the rope reads the lien slot by proof, so that the same title
/// cannot be pledged twice across chains. Source: docs/protocol.md §9, slot 3.
abstract contract LienRegistry is AssetLedger {
    mapping(bytes32 title => address) private lienSetters;

    function lien(bytes32 assetId, bytes32 tokenId) external view returns (bytes32) {
        return liens[titleOf(assetId, tokenId)];
    }

    /// Only a contract, because a lien binds only as far as its holder's code does.
    function setLien(bytes32 assetId, bytes32 tokenId, bytes32 lienHolder, uint256 amount, bytes32 agreement) external {
        AssetState memory a = assets[assetId];
        if (a.token == address(0) || a.class != UNIQUE) revert UnknownAsset(assetId);
        bool holds = msg.sender.code.length != 0 && IERC721(a.token).ownerOf(uint256(tokenId)) == msg.sender;
        if (!holds) revert NotHolder(assetId, tokenId);
        bytes32 title = titleOf(assetId, tokenId);
        if (liens[title] != 0) revert Encumbered(assetId, tokenId);
        liens[title] = keccak256(abi.encode(lienHolder, amount, agreement));
        lienSetters[title] = msg.sender;
        emit LienSet(assetId, tokenId, lienHolder, amount, agreement, msg.sender);
    }

    function releaseLien(bytes32 assetId, bytes32 tokenId) external {
        bytes32 title = titleOf(assetId, tokenId);
        if (liens[title] == 0) revert NotEncumbered(assetId, tokenId);
        if (lienSetters[title] != msg.sender) revert NotLienSetter(msg.sender);
        delete liens[title];
        delete lienSetters[title];
        emit LienReleased(assetId, tokenId);
    }
}
