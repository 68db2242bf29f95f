// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IRopeGateway} from "../contracts/IRopeGateway.sol";
import {DemoCny} from "../contracts/story/DemoCny.sol";
import {WarehouseTitle} from "../contracts/story/WarehouseTitle.sol";
import {HugeToken} from "./kit/Actors.sol";
import {Records} from "./kit/Records.sol";
import {RopeKit} from "./kit/RopeKit.sol";
import {vm, Vm} from "./kit/Vm.sol";

/// Leg 1 and its acknowledgement.
contract SendingTest is RopeKit {
    bytes32 private constant MONEY = keccak256("money");
    bytes32 private constant VOUCHER = keccak256("voucher");
    bytes32 private constant TITLE = keccak256("title");
    bytes32 private constant VOUCHER_TITLE = keccak256("voucher title");
    bytes32 private constant CD1 = bytes32(uint256(1));
    DemoCny private token;
    WarehouseTitle private titles;
    uint64 private until;

    function setUp() public override {
        super.setUp();
        token = new DemoCny();
        titles = new WarehouseTitle("t", "T", address(this));
        register(MONEY, 1, 1, address(token), 0);
        register(VOUCHER, 1, 2, address(0), 0);
        register(TITLE, 2, 1, address(titles), 0);
        register(VOUCHER_TITLE, 2, 2, address(0), 0);
        token.mint(address(this), 10_000);
        token.approve(address(gateway), type(uint256).max);
        titles.issue(1, address(this), keccak256("fields"), 92_360);
        titles.consent(1, address(gateway));
        titles.setCustodian(address(gateway), true);
        titles.approve(address(gateway), 1);
        until = soon();
    }

    function orderOf(bytes32 assetId, bytes32 tokenId, uint256 amount)
        private
        view
        returns (IRopeGateway.AssetOrder memory order)
    {
        (order.assetId, order.tokenId, order.amountLocal) = (assetId, tokenId, amount);
        (order.finalGateway, order.finalRecipient) = (HOME_UID, keccak256("recipient"));
        (order.timeoutMs, order.finalTimeoutMs) = (until, 77);
        (order.gasLimit, order.finalGasLimit) = (1, 2);
        order.obligationId = keccak256("obligation");
        order.memo = "memo";
    }

    function refuse(bytes memory revertData, IRopeGateway.AssetOrder memory order) private {
        vm.expectRevert(revertData);
        gateway.sendAsset(order);
    }

    /// Sends, and reads packet and payload from the event, as a relayer does.
    function send(IRopeGateway.AssetOrder memory order) private returns (bytes memory packet, bytes memory payload) {
        vm.recordLogs();
        (uint64 sequence, bytes32 packetHash) = gateway.sendAsset(order);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory sent = logs[logs.length - 1];
        vm.assertEq(sent.topics[0], IRopeGateway.PacketSent.selector);
        vm.assertEq(sent.topics[1], packetHash);
        vm.assertEq(uint256(sent.topics[3]), sequence);
        (, packet, payload) = abi.decode(sent.data, (uint16, bytes, bytes));
    }

    function acknowledgeAs(uint8 status, uint16 code, bytes memory packet, bytes memory payload) private {
        bytes memory ack = Records.acknowledgement(status, code, packet, PAYEE, 5);
        uint64 index = queueAck(ack);
        seal();
        gateway.acknowledge(packet, payload, ack, prove(index));
    }

    function test_commitsThePacketThatTheProtocolDescribes() external {
        (bytes memory packet, bytes memory payload) = send(orderOf(MONEY, 0, 700));
        bytes memory expectedPayload = abi.encodePacked(
            abi.encodePacked(MONEY, bytes32(0), uint128(700), HOME_UID, keccak256("recipient")),
            abi.encodePacked(uint64(77), uint32(2), keccak256("obligation"), uint16(4), "memo")
        );
        vm.assertEq(payload, expectedPayload);
        Records.Packet memory p = packetOf(1, 0, 1, keccak256("recipient"), payload);
        (p.sourceGateway, p.destinationGateway, p.transferId) = (OUR_UID, ROPE_UID, 0);
        (p.sender, p.gasLimit, p.timeoutMs) = (toB32(address(this)), 1, until);
        vm.assertEq(packet, Records.packet(p));
        vm.assertEq(gateway.commitment(ROPE_UID, 0, 1), Records.digest("packet", packet));
        vm.assertEq(gateway.lastSequenceSent(ROPE_UID, 0), 1);
        vm.assertEq(token.balanceOf(address(gateway)), 700);
        vm.assertEq(gateway.counter(MONEY, 1), 700);
        vm.assertEq(gateway.counter(MONEY, 4), 700);
    }

    function test_deliveredDeletesTheCommitmentAndKeepsTheEscrow() external {
        (bytes memory packet, bytes memory payload) = send(orderOf(MONEY, 0, 700));
        acknowledgeAs(1, 0, packet, payload);
        vm.assertEq(gateway.commitment(ROPE_UID, 0, 1), 0);
        vm.assertEq(gateway.counter(MONEY, 4), 700);
        vm.expectRevert(IRopeGateway.NothingToRefund.selector);
        gateway.withdrawRefund(address(token));
    }

    function test_failedAndExpiredCreditThePullBalanceEvenWhileFrozen() external {
        (bytes memory first, bytes memory firstPayload) = send(orderOf(MONEY, 0, 700));
        (bytes memory second, bytes memory secondPayload) = send(orderOf(MONEY, 0, 300));
        deliverExpecting(controlPacket(abi.encodePacked(uint8(2), MONEY)), 1, 0);
        refuse(abi.encodeWithSelector(IRopeGateway.AssetIsFrozen.selector, MONEY), orderOf(MONEY, 0, 1));
        acknowledgeAs(2, 11, first, firstPayload);
        acknowledgeAs(3, 1, second, secondPayload);
        vm.assertEq(gateway.refundable(address(token), address(this)), 1000);
        vm.assertEq(gateway.counter(MONEY, 3), 1000);
        vm.assertEq(gateway.counter(MONEY, 4), 0);
        vm.assertEq(gateway.withdrawRefund(address(token)), 1000);
        vm.assertEq(token.balanceOf(address(this)), 10_000);
        vm.expectRevert(IRopeGateway.NothingToRefund.selector);
        gateway.withdrawRefund(address(token));
        deliverExpecting(controlPacket(abi.encodePacked(uint8(3), MONEY)), 1, 0);
        gateway.sendAsset(orderOf(MONEY, 0, 1));
    }

    function test_vouchersAreBurntAndComeBackByRefund() external {
        deliverExpecting(assetPacket(address(this), Records.asset(VOUCHER, 0, 500, OUR_UID, address(this))), 1, 0);
        IERC20 voucher = IERC20(gateway.asset(VOUCHER).token);
        vm.expectRevert();
        gateway.sendAsset(orderOf(VOUCHER, 0, 501));
        (bytes memory packet, bytes memory payload) = send(orderOf(VOUCHER, 0, 200));
        vm.assertEq(voucher.totalSupply(), 300);
        vm.assertEq(gateway.counter(VOUCHER, 4), 300);
        acknowledgeAs(2, 5, packet, payload);
        vm.assertEq(gateway.counter(VOUCHER, 4), voucher.totalSupply());
        gateway.withdrawRefund(address(voucher));
        vm.assertEq(voucher.balanceOf(address(this)), 500);
    }

    function test_titlesGoOutAndComeBackByRefund() external {
        (bytes memory packet, bytes memory payload) = send(orderOf(TITLE, CD1, 1));
        vm.assertEq(titles.ownerOf(1), address(gateway));
        acknowledgeAs(3, 1, packet, payload);
        vm.assertEq(gateway.refundableTitle(address(titles), CD1), address(this));
        // It waits for its sender, so it is no longer in escrow for anybody else.
        deliverExpecting(assetPacket(address(5), Records.asset(TITLE, CD1, 1, OUR_UID, address(5))), 2, 13);
        vm.prank(address(0xbad));
        vm.expectRevert(IRopeGateway.NothingToRefund.selector);
        gateway.withdrawTitleRefund(address(titles), CD1);
        gateway.withdrawTitleRefund(address(titles), CD1);
        vm.assertEq(titles.ownerOf(1), address(this));
        vm.expectRevert(IRopeGateway.NothingToRefund.selector);
        gateway.withdrawTitleRefund(address(titles), CD1);
    }

    function test_aTitleComesHomeToTheRecipientThatTheRopeNames() external {
        (bytes memory packet, bytes memory payload) = send(orderOf(TITLE, CD1, 1));
        acknowledgeAs(1, 0, packet, payload);
        deliverExpecting(
            assetPacket(address(5), Records.asset(TITLE, bytes32(uint256(2)), 1, OUR_UID, address(5))), 2, 13
        );
        deliverExpecting(assetPacket(address(5), Records.asset(TITLE, CD1, 1, OUR_UID, address(5))), 1, 0);
        vm.assertEq(titles.ownerOf(1), address(5));
        vm.assertEq(gateway.counter(TITLE, 4), 0);
    }

    function test_voucherTitlesAreRestoredByRefund() external {
        Records.Packet memory incoming =
            assetPacket(address(0xa1), Records.asset(VOUCHER_TITLE, CD1, 1, OUR_UID, address(0xa1)));
        deliverExpecting(incoming, 1, 0);
        IERC721 voucher = IERC721(gateway.asset(VOUCHER_TITLE).token);
        refuse(
            abi.encodeWithSelector(IRopeGateway.NotHolder.selector, VOUCHER_TITLE, CD1), orderOf(VOUCHER_TITLE, CD1, 1)
        );
        vm.recordLogs();
        vm.prank(address(0xa1));
        gateway.sendAsset(orderOf(VOUCHER_TITLE, CD1, 1));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        (, bytes memory packet, bytes memory payload) = abi.decode(logs[logs.length - 1].data, (uint16, bytes, bytes));
        acknowledgeAs(2, 13, packet, payload);
        vm.assertEq(voucher.ownerOf(1), address(gateway));
        vm.prank(address(0xa1));
        gateway.withdrawTitleRefund(address(voucher), CD1);
        vm.assertEq(voucher.ownerOf(1), address(0xa1));
    }

    // ----------------------------------------------------------------- forgeries

    function refuseAck(
        bytes memory revertData,
        bytes memory packet,
        bytes memory payload,
        bytes memory ack,
        uint64 index
    ) private {
        IRopeGateway.OutboxProof memory proof = prove(index);
        vm.expectRevert(revertData);
        gateway.acknowledge(packet, payload, ack, proof);
    }

    function test_refusesASecondAcknowledgementAndOneOfNothing() external {
        (bytes memory packet, bytes memory payload) = send(orderOf(MONEY, 0, 700));
        bytes memory ack = Records.acknowledgement(2, 5, packet, PAYEE, 5);
        uint64 index = queueAck(ack);
        seal();
        gateway.acknowledge(packet, payload, ack, prove(index));
        refuseAck(abi.encodeWithSelector(IRopeGateway.AlreadyAcknowledged.selector, 0, 1), packet, payload, ack, index);
        vm.assertEq(gateway.refundable(address(token), address(this)), 700);

        IRopeGateway.Settlement[] memory batch = new IRopeGateway.Settlement[](1);
        batch[0] = IRopeGateway.Settlement(packet, payload, ack, prove(index));
        vm.expectEmit();
        emit IRopeGateway.BatchItemSkipped(0, 0, 1);
        gateway.acknowledgeBatch(batch);

        packet[11] = 0x02;
        refuseAck(abi.encodeWithSelector(IRopeGateway.UnknownPacket.selector, 0, 2), packet, payload, ack, index);
    }

    function test_refusesARefundWithoutAReceipt() external {
        (bytes memory packet, bytes memory payload) = send(orderOf(MONEY, 0, 700));
        bytes memory ack = Records.acknowledgement(2, 5, packet, PAYEE, 5);
        uint64 other = queueAck(Records.acknowledgement(1, 0, packet, PAYEE, 5));
        seal();
        refuseAck(abi.encodeWithSelector(IRopeGateway.BadProof.selector), packet, payload, ack, other);
        vm.assertEq(gateway.refundable(address(token), address(this)), 0);
    }

    function test_refusesAPacketLeafPresentedAsAnAcknowledgement() external {
        (bytes memory packet, bytes memory payload) = send(orderOf(MONEY, 0, 700));
        bytes memory ack = Records.acknowledgement(2, 5, packet, PAYEE, 5);
        uint64 index = queue(1, Records.digest("ack", ack));
        seal();
        refuseAck(abi.encodeWithSelector(IRopeGateway.BadProof.selector), packet, payload, ack, index);
    }

    function test_refusesTheAcknowledgementOfAnotherPacket() external {
        (bytes memory first, bytes memory firstPayload) = send(orderOf(MONEY, 0, 700));
        (bytes memory second, bytes memory secondPayload) = send(orderOf(MONEY, 0, 1));
        bytes memory ack = Records.acknowledgement(2, 5, second, PAYEE, 5);
        uint64 index = queueAck(ack);
        seal();
        refuseAck(abi.encodeWithSelector(IRopeGateway.AckMismatch.selector), first, firstPayload, ack, index);
        // The right hash under another position.
        ack[13] = 0x01;
        index = queueAck(ack);
        seal();
        refuseAck(abi.encodeWithSelector(IRopeGateway.AckMismatch.selector), second, secondPayload, ack, index);
    }

    function test_refusesAnAlteredPacketPayloadOrAcknowledgement() external {
        (bytes memory packet, bytes memory payload) = send(orderOf(MONEY, 0, 700));
        bytes memory ack = Records.acknowledgement(2, 5, packet, PAYEE, 5);
        uint64 index = queueAck(ack);
        seal();
        bytes memory richer = bytes.concat(payload);
        richer[79] = 0xff;
        refuseAck(abi.encodeWithSelector(IRopeGateway.PayloadMismatch.selector), packet, richer, ack, index);
        bytes memory altered = bytes.concat(packet);
        altered[139] = 0xff;
        bytes32 committed = Records.digest("packet", packet);
        bytes32 actual = Records.digest("packet", altered);
        bytes memory mismatch = abi.encodeWithSelector(IRopeGateway.CommitmentMismatch.selector, committed, actual);
        refuseAck(mismatch, altered, payload, ack, index);
        ack[1] = 0x03;
        refuseAck(abi.encodeWithSelector(IRopeGateway.BadProof.selector), packet, payload, ack, index);
        ack[1] = 0x04;
        refuseAck(abi.encodeWithSelector(IRopeGateway.BadStatus.selector, 4), packet, payload, ack, index);
        ack[1] = 0x00;
        refuseAck(abi.encodeWithSelector(IRopeGateway.BadStatus.selector, 0), packet, payload, ack, index);
        refuseAck(abi.encodeWithSelector(IRopeGateway.BadLength.selector, 182, 0), packet, payload, "", index);
    }

    function test_refusesOrdersThatCannotBeCarriedOut() external {
        IRopeGateway.AssetOrder memory order = orderOf(keccak256("unknown"), 0, 1);
        refuse(abi.encodeWithSelector(IRopeGateway.UnknownAsset.selector, order.assetId), order);
        refuse(abi.encodeWithSelector(IRopeGateway.BadAmount.selector, 0, 0), orderOf(MONEY, 0, 0));
        refuse(abi.encodeWithSelector(IRopeGateway.BadAmount.selector, CD1, 5), orderOf(MONEY, CD1, 5));
        refuse(abi.encodeWithSelector(IRopeGateway.BadAmount.selector, CD1, 2), orderOf(TITLE, CD1, 2));
        order = orderOf(MONEY, 0, 1);
        order.finalRecipient = 0;
        refuse(abi.encodeWithSelector(IRopeGateway.RecipientZero.selector), order);
        order = orderOf(MONEY, 0, 1);
        order.finalGateway = OUR_UID;
        refuse(abi.encodeWithSelector(IRopeGateway.UnknownGateway.selector, OUR_UID), order);
        order.finalGateway = 0;
        refuse(abi.encodeWithSelector(IRopeGateway.UnknownGateway.selector, 0), order);
        order = orderOf(MONEY, 0, 1);
        order.memo = new bytes(257);
        refuse(abi.encodeWithSelector(IRopeGateway.MemoTooLong.selector, 257), order);
        order = orderOf(MONEY, 0, 1);
        order.timeoutMs = gateway.gatewayNowMs();
        refuse(abi.encodeWithSelector(IRopeGateway.TimeoutPassed.selector, order.timeoutMs, order.timeoutMs), order);
    }

    function test_refusesALegThatFitsNoBlockOrNeverEnds() external {
        uint64 latest = gateway.gatewayNowMs() + 30 days * 1000;
        IRopeGateway.AssetOrder memory order = orderOf(MONEY, 0, 1);
        (order.timeoutMs, order.finalTimeoutMs) = (latest, latest);
        (order.gasLimit, order.finalGasLimit) = (2_000_000, 2_000_000);
        gateway.sendAsset(order);
        refuseBeyond(2_000_001, latest, latest, order);
        order.finalGasLimit = 2_000_001;
        refuse(beyond(2_000_001, latest, latest), order);
        order.finalGasLimit = 1;
        order.finalTimeoutMs = latest + 1;
        refuse(beyond(2_000_000, latest + 1, latest), order);
        order.finalTimeoutMs = type(uint64).max;
        refuse(beyond(2_000_000, type(uint64).max, latest), order);
    }

    function refuseBeyond(uint32 gasLimit, uint64 timeoutMs, uint64 latest, IRopeGateway.AssetOrder memory order)
        private
    {
        order.gasLimit = gasLimit;
        refuse(beyond(gasLimit, timeoutMs, latest), order);
        order.gasLimit = 2_000_000;
        order.timeoutMs = latest + 1;
        refuse(beyond(2_000_000, latest + 1, latest), order);
        order.timeoutMs = latest;
    }

    function beyond(uint32 gasLimit, uint64 timeoutMs, uint64 latest) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRopeGateway.BeyondBounds.selector, gasLimit, timeoutMs, latest);
    }

    // -------------------------------------------- what the token really holds

    function test_aLossBehindTheGatewaysBackShowsAndStopsNoRefund() external {
        (bytes memory packet, bytes memory payload) = send(orderOf(MONEY, 0, 700));
        gateway.sendAsset(orderOf(MONEY, 0, 300));
        vm.assertEq(gateway.syncBalance(MONEY), 1000);
        // As a token's own administrator can take it.
        vm.prank(address(gateway));
        token.transfer(address(0xbad), 600);
        vm.assertEq(gateway.counter(MONEY, 4), 1000, "nobody has asked yet");
        vm.prank(address(0xa5c));
        vm.assertEq(gateway.syncBalance(MONEY), 400);
        vm.assertEq(gateway.counter(MONEY, 4), 400);
        vm.assertEq(gateway.counter(MONEY, 1) - gateway.counter(MONEY, 2) - gateway.counter(MONEY, 3), 1000);
        acknowledgeAs(2, 5, packet, payload);
        vm.assertEq(gateway.counter(MONEY, 4), 0);
        vm.assertEq(gateway.refundable(address(token), address(this)), 700);
    }

    function test_whatWaitsForItsSenderIsNoEscrow() external {
        (bytes memory packet, bytes memory payload) = send(orderOf(MONEY, 0, 700));
        gateway.sendAsset(orderOf(MONEY, 0, 300));
        acknowledgeAs(2, 5, packet, payload);
        vm.assertEq(gateway.syncBalance(MONEY), 300);
        gateway.withdrawRefund(address(token));
        vm.assertEq(gateway.syncBalance(MONEY), 300);
        token.transfer(address(gateway), 5);
        vm.assertEq(gateway.syncBalance(MONEY), 305, "a gift is held, too");
        (packet, payload) = send(orderOf(TITLE, CD1, 1));
        vm.assertEq(gateway.syncBalance(TITLE), 1);
        acknowledgeAs(3, 1, packet, payload);
        vm.assertEq(gateway.syncBalance(TITLE), 0);
        gateway.withdrawTitleRefund(address(titles), CD1);
        vm.assertEq(gateway.syncBalance(TITLE), 0);
    }

    function test_aVouchersSupplyNeedsNoAsking() external {
        deliverExpecting(assetPacket(address(this), Records.asset(VOUCHER, 0, 500, OUR_UID, address(this))), 1, 0);
        vm.assertEq(gateway.syncBalance(VOUCHER), 500);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.UnknownAsset.selector, keccak256("none")));
        gateway.syncBalance(keccak256("none"));
    }

    function test_refusesInexactAmountsAndMoreThanTheWireHolds() external {
        HugeToken huge = new HugeToken();
        bytes32 id = keccak256("huge");
        register(id, 1, 1, address(huge), 2);
        huge.approve(address(gateway), type(uint256).max);
        refuse(abi.encodeWithSelector(IRopeGateway.InexactAmount.selector, 101, int8(2)), orderOf(id, 0, 101));
        refuse(abi.encodeWithSelector(IRopeGateway.AmountOverflow.selector, 1 << 128), orderOf(id, 0, 1 << 128));
        gateway.sendAsset(orderOf(id, 0, 500));
        vm.assertEq(gateway.counter(id, 1), 5);
        HugeToken fine = new HugeToken();
        id = keccak256("fine");
        register(id, 1, 1, address(fine), -2);
        fine.approve(address(gateway), type(uint256).max);
        uint256 most = type(uint128).max / 100;
        bytes memory over = abi.encodeWithSelector(IRopeGateway.AmountOverflow.selector, (most + 1) * 100);
        refuse(over, orderOf(id, 0, most + 1));
        gateway.sendAsset(orderOf(id, 0, most));
        vm.assertEq(gateway.counter(id, 1), most * 100);
    }
}
