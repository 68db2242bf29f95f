// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Codec} from "./Codec.sol";
import {FailureCode} from "./FailureCode.sol";
import {GatewayStorage} from "./GatewayStorage.sol";
import {Scale} from "./Scale.sol";
import {VoucherTitle} from "./tokens/VoucherTitle.sol";
import {VoucherToken} from "./tokens/VoucherToken.sol";

/// What is escrowed and what is minted, and the monotone counters that the rope checks them by.
/// Source: docs/protocol.md §4. An asset's escrow by the counters is out − in − refunded; a voucher's supply is
/// in + refunded − out, and nobody but the gateway can change it. What the gateway really holds of an origin token is
/// the token's word, which may change behind its back: `syncBalance` asks, and `balance` follows from there.
abstract contract AssetLedger is GatewayStorage {
    using SafeERC20 for IERC20;

    uint8 internal constant FUNGIBLE = 1;
    uint8 internal constant UNIQUE = 2;
    uint8 internal constant ORIGIN = 1;
    uint8 internal constant VOUCHER = 2;
    uint256 private constant OUT = 1;
    uint256 private constant IN = 2;
    uint256 private constant REFUNDED = 3;
    uint256 private constant BALANCE = 4;

    mapping(bytes32 assetId => AssetState) internal assets;
    /// Held for those who may withdraw a refund, local units or titles: no longer escrow.
    mapping(address token => uint256) private reserved;
    mapping(address token => mapping(address account => uint256)) public override refundable;
    mapping(address token => mapping(bytes32 tokenId => address)) public override refundableTitle;

    function asset(bytes32 assetId) external view returns (AssetState memory) {
        return assets[assetId];
    }

    function counter(bytes32 assetId, uint256 which) external view returns (uint256) {
        return counters[counterKey(assetId, which)];
    }

    /// Leg 1: takes from the caller. @return amount on the wire, in origin units
    function takeIn(AssetOrder calldata order) internal returns (uint128 amount) {
        AssetState memory a = assets[order.assetId];
        if (a.token == address(0)) revert UnknownAsset(order.assetId);
        if (a.frozen) revert AssetIsFrozen(order.assetId);
        amount = a.class == UNIQUE ? takeTitle(a, order) : takeFungible(a, order);
        book(order.assetId, OUT, amount, a.mode == ORIGIN);
    }

    /// Leg 2: gives to the recipient; runs only inside the bounded self-call, where a revert is a FAILED receipt.
    function giveOut(Codec.AssetPayload memory payload, address recipient) internal returns (uint256 local) {
        AssetState memory a = assets[payload.assetId];
        if (a.token == address(0)) FailureCode.fail(FailureCode.UNKNOWN_ASSET);
        if (a.mode == ORIGIN && counters[counterKey(payload.assetId, BALANCE)] < payload.amount) {
            FailureCode.fail(a.class == UNIQUE ? FailureCode.NOT_LOCATED_HERE : FailureCode.INSUFFICIENT_ESCROW);
        }
        book(payload.assetId, IN, payload.amount, a.mode == VOUCHER);
        if (a.class == UNIQUE) {
            local = 1;
            giveTitle(a, payload, recipient);
        } else {
            local = localAmount(a, payload);
            giveFungible(a, recipient, local);
        }
    }

    /// A sent packet came back: the sender may withdraw what it had sent. Nothing in here can be refused by a third
    /// party: an origin token stays where it is, a voucher is minted to the gateway itself.
    function creditRefund(Codec.AssetPayload memory payload, address account) internal {
        AssetState memory a = assets[payload.assetId];
        book(payload.assetId, REFUNDED, payload.amount, a.mode == VOUCHER);
        uint256 local = 1;
        if (a.class == UNIQUE) {
            if (a.mode == VOUCHER) VoucherTitle(a.token).restore(uint256(payload.tokenId));
            refundableTitle[a.token][payload.tokenId] = account;
        } else {
            // Exact: the amount was made from local units when it was sent.
            (, local) = Scale.toLocal(payload.amount, a.scale);
            if (a.mode == VOUCHER) VoucherToken(a.token).mint(address(this), local);
            refundable[a.token][account] += local;
        }
        reserved[a.token] += local;
        emit RefundCredited(a.token, account, payload.tokenId, local);
    }

    function payRefund(address token, address account) internal returns (uint256 local) {
        local = refundable[token][account];
        if (local == 0) revert NothingToRefund();
        delete refundable[token][account];
        reserved[token] -= local;
        emit RefundWithdrawn(token, account, 0, local);
        IERC20(token).safeTransfer(account, local);
    }

    function payTitleRefund(address token, bytes32 tokenId, address account) internal {
        if (refundableTitle[token][tokenId] != account) revert NothingToRefund();
        delete refundableTitle[token][tokenId];
        reserved[token] -= 1;
        emit RefundWithdrawn(token, account, tokenId, 1);
        IERC721(token).transferFrom(address(this), account, uint256(tokenId));
    }

    /// What was found missing from the balance stays missing, and stands in the way of nobody's refund.
    function book(bytes32 assetId, uint256 which, uint128 amount, bool fills) private {
        counters[counterKey(assetId, which)] += amount;
        bytes32 balanceKey = counterKey(assetId, BALANCE);
        uint256 balance = counters[balanceKey];
        counters[balanceKey] = fills ? balance + amount : balance < amount ? 0 : balance - amount;
    }

    /// A voucher's supply is the gateway's own doing: only an origin token has to be asked. ERC-20 and ERC-721 answer
    /// to the same name. Parts of a wire unit do not count.
    function weigh(bytes32 assetId) internal returns (uint256 balance) {
        AssetState memory a = assets[assetId];
        if (a.token == address(0)) revert UnknownAsset(assetId);
        bytes32 balanceKey = counterKey(assetId, BALANCE);
        if (a.mode == VOUCHER) return counters[balanceKey];
        balance = IERC20(a.token).balanceOf(address(this));
        uint256 kept = reserved[a.token];
        balance = balance < kept ? 0 : balance - kept;
        if (balance > type(uint128).max) balance = type(uint128).max;
        (, balance) = Scale.toWire(balance, a.scale);
        counters[balanceKey] = balance;
    }

    function takeTitle(AssetState memory a, AssetOrder calldata order) private returns (uint128) {
        if (order.amountLocal != 1) revert BadAmount(order.tokenId, order.amountLocal);
        if (liens[titleOf(order.assetId, order.tokenId)] != 0) revert Encumbered(order.assetId, order.tokenId);
        uint256 tokenId = uint256(order.tokenId);
        if (IERC721(a.token).ownerOf(tokenId) != msg.sender) revert NotHolder(order.assetId, order.tokenId);
        if (a.mode == VOUCHER) {
            VoucherTitle(a.token).burn(tokenId);
        } else {
            IERC721(a.token).transferFrom(msg.sender, address(this), tokenId);
            if (IERC721(a.token).ownerOf(tokenId) != address(this)) revert NotHolder(order.assetId, order.tokenId);
        }
        return 1;
    }

    function takeFungible(AssetState memory a, AssetOrder calldata order) private returns (uint128) {
        uint256 local = order.amountLocal;
        if (local == 0 || order.tokenId != 0) revert BadAmount(order.tokenId, local);
        if (a.mode == VOUCHER) {
            VoucherToken(a.token).burn(msg.sender, local);
        } else {
            // What arrived, not what was asked for: a token may keep a fee.
            uint256 before = IERC20(a.token).balanceOf(address(this));
            IERC20(a.token).safeTransferFrom(msg.sender, address(this), local);
            local = IERC20(a.token).balanceOf(address(this)) - before;
            if (local == 0) revert BadAmount(order.tokenId, local);
        }
        if (local > type(uint128).max) revert AmountOverflow(local);
        (bool exact, uint256 amount) = Scale.toWire(local, a.scale);
        if (!exact) revert InexactAmount(local, a.scale);
        if (amount > type(uint128).max) revert AmountOverflow(amount);
        return uint128(amount);
    }

    function giveTitle(AssetState memory a, Codec.AssetPayload memory payload, address recipient) private {
        if (payload.amount != 1) FailureCode.fail(FailureCode.BAD_PAYLOAD);
        uint256 tokenId = uint256(payload.tokenId);
        if (a.mode == VOUCHER) {
            if (VoucherTitle(a.token).exists(tokenId)) FailureCode.fail(FailureCode.NOT_LOCATED_HERE);
            try VoucherTitle(a.token).mint(recipient, tokenId) {}
            catch {
                FailureCode.fail(FailureCode.RECEIVER_REVERTED);
            }
            return;
        }
        // A title that waits for its sender's withdrawal lies here too, but it is no longer in escrow.
        bool escrowed =
            refundableTitle[a.token][payload.tokenId] == address(0) && holderOf(a.token, tokenId) == address(this);
        if (!escrowed) FailureCode.fail(FailureCode.NOT_LOCATED_HERE);
        try IERC721(a.token).safeTransferFrom(address(this), recipient, tokenId) {}
        catch {
            FailureCode.fail(FailureCode.RECEIVER_REVERTED);
        }
    }

    function giveFungible(AssetState memory a, address recipient, uint256 local) private {
        if (a.mode == VOUCHER) {
            VoucherToken(a.token).mint(recipient, local);
            return;
        }
        uint256 before = IERC20(a.token).balanceOf(address(this));
        IERC20(a.token).safeTransfer(recipient, local);
        // A token that takes a fee from the payer would eat into other senders' escrow.
        bool exact = before - IERC20(a.token).balanceOf(address(this)) == local;
        if (!exact) FailureCode.fail(FailureCode.RECEIVER_REVERTED);
    }

    /// @return holder zero for a title that was never issued
    function holderOf(address token, uint256 tokenId) private view returns (address holder) {
        try IERC721(token).ownerOf(tokenId) returns (address owner) {
            holder = owner;
        } catch {}
    }

    function localAmount(AssetState memory a, Codec.AssetPayload memory payload) private pure returns (uint256) {
        if (payload.amount == 0 || payload.tokenId != 0) FailureCode.fail(FailureCode.BAD_PAYLOAD);
        (bool exact, uint256 local) = Scale.toLocal(payload.amount, a.scale);
        if (!exact) FailureCode.fail(FailureCode.INEXACT_AMOUNT);
        if (local > type(uint128).max) FailureCode.fail(FailureCode.OVERFLOW);
        return local;
    }

    /// Key of slot 2.
    function counterKey(bytes32 assetId, uint256 which) private pure returns (bytes32) {
        return keccak256(abi.encode(assetId, which));
    }
}
