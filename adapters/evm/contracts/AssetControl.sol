// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {AssetLedger} from "./AssetLedger.sol";
import {Codec} from "./Codec.sol";
import {FailureCode} from "./FailureCode.sol";
import {Scale} from "./Scale.sol";
import {Voucher} from "./tokens/Voucher.sol";
import {VoucherTitle} from "./tokens/VoucherTitle.sol";
import {VoucherToken} from "./tokens/VoucherToken.sol";

/// The control lane: the only way to change what a gateway knows. Source: docs/protocol.md §9, "ControlPayload".
abstract contract AssetControl is AssetLedger {
    uint8 private constant REGISTER = 1;
    uint8 private constant FREEZE = 2;
    uint8 private constant UNFREEZE = 3;
    uint256 private constant REGISTER_HEAD = 102;

    /// Made by the constructor, so that the runtime code holds two addresses and not two contracts.
    address private immutable voucherToken = address(new VoucherToken());
    address private immutable voucherTitle = address(new VoucherTitle());

    mapping(address token => bytes32 assetId) private assetOf;

    function executeControl(bytes calldata body) internal {
        uint256 action = body.length == 0 ? 0 : uint8(body[0]);
        if (action == REGISTER) register(body);
        else if (action == FREEZE || action == UNFREEZE) setFrozen(body, action == FREEZE);
        else FailureCode.fail(FailureCode.BAD_ACTION);
    }

    function setFrozen(bytes calldata body, bool frozen) private {
        if (body.length != 33) FailureCode.fail(FailureCode.BAD_PAYLOAD);
        bytes32 assetId = Codec.word(body, 1);
        if (assets[assetId].token == address(0)) FailureCode.fail(FailureCode.UNKNOWN_ASSET);
        assets[assetId].frozen = frozen;
        emit AssetFreeze(assetId, frozen);
    }

    /// assetId b32 · class · mode · localId b32 · originGateway b32 · decimals · scale · name · symbol
    function register(bytes calldata body) private {
        (string calldata name, string calldata symbol) = nameAndSymbol(body);
        bytes32 assetId = Codec.word(body, 1);
        AssetState memory a;
        a.class = uint8(body[33]);
        a.mode = uint8(body[34]);
        a.originGateway = Codec.word(body, 67);
        a.decimals = uint8(body[99]);
        a.scale = int8(uint8(body[100]));
        bytes32 localId = Codec.word(body, 35);
        requireSound(a, assetId, localId);
        if (a.mode == ORIGIN) {
            a.token = address(uint160(uint256(localId)));
        } else {
            a.token = Clones.cloneDeterministic(a.class == UNIQUE ? voucherTitle : voucherToken, assetId);
            Voucher(a.token).initialize(name, symbol, a.decimals);
        }
        assets[assetId] = a;
        assetOf[a.token] = assetId;
        emit AssetRegistered(assetId, a.class, a.mode, a.token, a.decimals, a.scale);
    }

    function requireSound(AssetState memory a, bytes32 assetId, bytes32 localId) private view {
        bool known =
            assetId != 0 && (a.class == FUNGIBLE || a.class == UNIQUE) && (a.mode == ORIGIN || a.mode == VOUCHER);
        bool scaled = a.class == UNIQUE ? a.scale == 0 : a.scale <= Scale.MAX && a.scale >= -Scale.MAX;
        bool ours = a.originGateway == gatewayUid;
        bool placed = a.mode == ORIGIN
            ? ours && uint256(localId) >> 160 == 0 && address(uint160(uint256(localId))).code.length != 0
            : !ours && localId == 0;
        if (!known || !scaled || !placed) FailureCode.fail(FailureCode.BAD_PAYLOAD);
        // A representation is fixed for good, and two assets never share one token's escrow.
        bool taken = assets[assetId].token != address(0)
            || (a.mode == ORIGIN && assetOf[address(uint160(uint256(localId)))] != 0);
        if (taken) FailureCode.fail(FailureCode.BAD_ACTION);
    }

    function nameAndSymbol(bytes calldata body) private pure returns (string calldata name, string calldata symbol) {
        if (body.length < REGISTER_HEAD) FailureCode.fail(FailureCode.BAD_PAYLOAD);
        uint256 nameEnd = REGISTER_HEAD + uint8(body[101]);
        if (body.length <= nameEnd) FailureCode.fail(FailureCode.BAD_PAYLOAD);
        if (body.length != nameEnd + 1 + uint8(body[nameEnd])) FailureCode.fail(FailureCode.BAD_PAYLOAD);
        return (string(body[REGISTER_HEAD:nameEnd]), string(body[nameEnd + 1:]));
    }
}
