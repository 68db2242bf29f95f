// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IRopeGateway} from "../contracts/IRopeGateway.sol";
import {DemoCny} from "../contracts/story/DemoCny.sol";
import {Records} from "./kit/Records.sol";
import {RopeKit} from "./kit/RopeKit.sol";
import {vm, Vm} from "./kit/Vm.sol";

/// An honest rope and a user who sends, receives, is refused and withdraws in any order.
contract Traffic is RopeKit {
    bytes32 internal constant ORIGIN = keccak256("origin");
    bytes32 internal constant VOUCHER = keccak256("voucher");
    address private constant PAYEE_ACCOUNT = address(0xfe);

    struct Sent {
        bytes packet;
        bytes payload;
        bool origin;
        uint256 amount;
    }

    DemoCny public token;
    Sent[] private unacknowledged;
    /// What the rope holds against the escrow: an honest rope gives out no more, and acknowledges what it took.
    uint256 private circulating;

    function start() external {
        setUp();
        token = new DemoCny();
        register(ORIGIN, 1, 1, address(token), 0);
        register(VOUCHER, 1, 2, address(0), 2);
        token.mint(address(this), 1 << 100);
        token.approve(address(gateway), type(uint256).max);
    }

    function sendOrigin(uint64 amount) external {
        send(ORIGIN, uint256(amount) + 1);
    }

    function sendVoucher(uint64 amount) external {
        uint256 held = IERC20(gateway.asset(VOUCHER).token).balanceOf(address(this)) / 100;
        if (held != 0) send(VOUCHER, (1 + uint256(amount) % held) * 100);
    }

    function receiveOrigin(uint64 amount) external {
        if (circulating == 0) return;
        uint128 back = uint128(1 + amount % circulating);
        circulating -= back;
        vm.assertEq(deliver(assetPacket(address(this), Records.asset(ORIGIN, 0, back, OUR_UID, address(this)))), 1);
    }

    /// Even a dishonest rope gets out no more than lies in escrow.
    function overdrawOrigin(uint64 amount) external {
        uint128 tooMuch = uint128(gateway.counter(ORIGIN, 4) + 1 + amount);
        deliverExpecting(assetPacket(PAYEE_ACCOUNT, Records.asset(ORIGIN, 0, tooMuch, OUR_UID, PAYEE_ACCOUNT)), 2, 14);
    }

    function receiveVoucher(uint64 amount) external {
        deliver(assetPacket(address(this), Records.asset(VOUCHER, 0, uint128(amount) + 1, OUR_UID, address(this))));
    }

    function acknowledgeNext(uint8 status) external {
        if (unacknowledged.length == 0) return;
        Sent memory sent = unacknowledged[unacknowledged.length - 1];
        unacknowledged.pop();
        if (status % 3 == 0 && sent.origin) circulating += sent.amount;
        bytes memory ack = Records.acknowledgement(1 + status % 3, 0, sent.packet, PAYEE, 5);
        uint64 index = queueAck(ack);
        seal();
        gateway.acknowledge(sent.packet, sent.payload, ack, prove(index));
    }

    function withdraw(bool voucher) external {
        address which = voucher ? gateway.asset(VOUCHER).token : address(token);
        if (gateway.refundable(which, address(this)) != 0) gateway.withdrawRefund(which);
    }

    function books(bool voucher)
        external
        view
        returns (uint256 out, uint256 in_, uint256 refunded, uint256 balance, uint256 real, uint256 owed)
    {
        bytes32 assetId = voucher ? VOUCHER : ORIGIN;
        (out, in_) = (gateway.counter(assetId, 1), gateway.counter(assetId, 2));
        (refunded, balance) = (gateway.counter(assetId, 3), gateway.counter(assetId, 4));
        address which = gateway.asset(assetId).token;
        real = voucher ? IERC20(which).totalSupply() / 100 : token.balanceOf(address(gateway));
        owed = gateway.refundable(which, address(this));
    }

    function send(bytes32 assetId, uint256 amount) private {
        IRopeGateway.AssetOrder memory order;
        (order.assetId, order.amountLocal, order.finalGateway) = (assetId, amount, HOME_UID);
        (order.finalRecipient, order.timeoutMs) = (PAYEE, soon());
        vm.recordLogs();
        gateway.sendAsset(order);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        (, bytes memory packet, bytes memory payload) = abi.decode(logs[logs.length - 1].data, (uint16, bytes, bytes));
        unacknowledged.push(Sent(packet, payload, assetId == ORIGIN, amount));
    }
}

/// docs/protocol.md §4.3, at every moment of any traffic.
contract EscrowInvariantTest {
    Traffic private traffic;

    function setUp() public {
        traffic = new Traffic();
        traffic.start();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(traffic);
    }

    struct Selectors {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() external view returns (Selectors[] memory chosen) {
        chosen = new Selectors[](1);
        chosen[0].addr = address(traffic);
        bytes4[] memory names = new bytes4[](7);
        (names[0], names[1]) = (Traffic.sendOrigin.selector, Traffic.sendVoucher.selector);
        (names[2], names[3]) = (Traffic.receiveOrigin.selector, Traffic.receiveVoucher.selector);
        (names[4], names[5]) = (Traffic.acknowledgeNext.selector, Traffic.withdraw.selector);
        names[6] = Traffic.overdrawOrigin.selector;
        chosen[0].selectors = names;
    }

    function invariant_booksBalanceAndAreCovered() external view {
        (uint256 out, uint256 in_, uint256 refunded, uint256 balance, uint256 real, uint256 owed) = traffic.books(false);
        vm.assertEq(balance, out - in_ - refunded, "escrow = out - in - refunded");
        vm.assertEq(real, balance + owed, "tokens held = escrow + refunds owed");
        (out, in_, refunded, balance, real,) = traffic.books(true);
        vm.assertEq(balance, in_ + refunded - out, "supply = in + refunded - out");
        vm.assertEq(real, balance, "tokens minted = supply");
    }
}
