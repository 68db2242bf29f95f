// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IRopeGateway} from "../contracts/IRopeGateway.sol";
import {Voucher} from "../contracts/tokens/Voucher.sol";
import {VoucherToken} from "../contracts/tokens/VoucherToken.sol";
import {VoucherTitle} from "../contracts/tokens/VoucherTitle.sol";
import {DemoCny} from "../contracts/story/DemoCny.sol";
import {FeeToken, Reentrant, Refuser} from "./kit/Actors.sol";
import {Records} from "./kit/Records.sol";
import {RopeKit} from "./kit/RopeKit.sol";
import {vm} from "./kit/Vm.sol";

interface SelfCall {
    function executePacket(bytes calldata packet, bytes calldata payload) external;
}

/// What a proven packet does, and which failure code it earns where it cannot.
contract ExecutionTest is RopeKit {
    bytes32 private constant MONEY = keccak256("money");
    bytes32 private constant TITLE = keccak256("title");
    bytes32 private constant ORIGIN = keccak256("origin");
    address private constant ALICE = address(0xa11ce);
    DemoCny private token;

    function setUp() public override {
        super.setUp();
        token = new DemoCny();
        register(MONEY, 1, 2, address(0), 0);
        register(TITLE, 2, 2, address(0), 0);
        register(ORIGIN, 1, 1, address(token), 0);
    }

    function give(bytes32 assetId, bytes32 tokenId, uint128 amount, address to)
        private
        returns (Records.Packet memory)
    {
        return assetPacket(to, Records.asset(assetId, tokenId, amount, OUR_UID, to));
    }

    function expectCode(uint16 code, Records.Packet memory p) private {
        deliverExpecting(p, 2, code);
    }

    // ------------------------------------------------------------------ control

    function test_registersVouchersThatOnlyTheGatewayMints() external {
        IRopeGateway.AssetState memory money = gateway.asset(MONEY);
        vm.assertEq(IERC20Metadata(money.token).name(), unicode"仓单");
        vm.assertEq(IERC20Metadata(money.token).symbol(), "CD");
        vm.assertEq(IERC20Metadata(money.token).decimals(), 2);
        vm.assertEq(IERC721Metadata(gateway.asset(TITLE).token).symbol(), "CD");
        vm.assertEq(VoucherToken(money.token).gateway(), address(gateway));
        VoucherTitle titles = VoucherTitle(gateway.asset(TITLE).token);
        vm.expectRevert(Voucher.OnlyGateway.selector);
        VoucherToken(money.token).mint(ALICE, 1);
        vm.expectRevert(Voucher.OnlyGateway.selector);
        VoucherToken(money.token).burn(ALICE, 0);
        vm.expectRevert(Voucher.OnlyGateway.selector);
        VoucherToken(money.token).initialize("x", "y", 3);
        vm.expectRevert(Voucher.OnlyGateway.selector);
        titles.mint(ALICE, 1);
        vm.expectRevert(Voucher.OnlyGateway.selector);
        titles.restore(1);
        vm.expectRevert(Voucher.OnlyGateway.selector);
        titles.burn(1);
        vm.assertEq(gateway.asset(ORIGIN).token, address(token));
    }

    function registerExpecting(
        uint16 code,
        bytes32 id,
        uint8 class,
        uint8 mode,
        address local,
        bytes32 origin,
        int8 scale
    ) private {
        expectCode(code, controlPacket(Records.registerAsset(id, class, mode, local, origin, scale)));
    }

    function test_refusesUnsoundRegistrations() external {
        bytes32 id = keccak256("new");
        address other = address(new DemoCny());
        registerExpecting(17, MONEY, 1, 2, address(0), HOME_UID, 0); // known already
        registerExpecting(17, id, 1, 1, address(token), OUR_UID, 0); // one token, one asset
        registerExpecting(8, id, 3, 2, address(0), HOME_UID, 0);
        registerExpecting(8, id, 1, 3, address(0), HOME_UID, 0);
        registerExpecting(8, id, 1, 1, ALICE, OUR_UID, 0); // no contract there
        registerExpecting(8, id, 1, 1, other, HOME_UID, 0); // an origin elsewhere
        registerExpecting(8, id, 1, 2, other, HOME_UID, 0); // a voucher made by somebody else
        registerExpecting(8, id, 1, 2, address(0), OUR_UID, 0);
        registerExpecting(8, id, 1, 2, address(0), HOME_UID, 39);
        registerExpecting(8, id, 1, 2, address(0), HOME_UID, -39);
        registerExpecting(8, id, 2, 2, address(0), HOME_UID, 1);
        registerExpecting(8, 0, 1, 2, address(0), HOME_UID, 0);
        bytes memory whole = Records.registerAsset(id, 1, 2, address(0), HOME_UID, 0);
        expectCode(8, controlPacket(abi.encodePacked(whole, uint8(0))));
        expectCode(8, controlPacket(hex"01"));
        expectCode(17, controlPacket(hex""));
        expectCode(17, controlPacket(hex"04"));
        expectCode(8, controlPacket(hex"02"));
        expectCode(2, controlPacket(abi.encodePacked(uint8(2), id)));
        vm.assertEq(gateway.asset(id).token, address(0));
        register(id, 1, 2, address(0), -38);
    }

    // ------------------------------------------------------------------- assets

    function test_mintsVouchersAndCounts() external {
        deliverExpecting(give(MONEY, 0, 500, ALICE), 1, 0);
        deliverExpecting(give(TITLE, bytes32(uint256(77)), 1, ALICE), 1, 0);
        vm.assertEq(IERC20Metadata(gateway.asset(MONEY).token).totalSupply(), 500);
        vm.assertEq(VoucherTitle(gateway.asset(TITLE).token).ownerOf(77), ALICE);
        vm.assertEq(gateway.counter(MONEY, 2), 500);
        vm.assertEq(gateway.counter(MONEY, 4), 500);
        vm.assertEq(gateway.counter(TITLE, 4), 1);
    }

    function test_scalesExactlyOrFails() external {
        bytes32 fine = keccak256("fine");
        bytes32 coarse = keccak256("coarse");
        register(fine, 1, 2, address(0), 3);
        register(coarse, 1, 2, address(0), -3);
        deliverExpecting(give(fine, 0, 7, ALICE), 1, 0);
        vm.assertEq(IERC20Metadata(gateway.asset(fine).token).balanceOf(ALICE), 7000);
        deliverExpecting(give(coarse, 0, 7000, ALICE), 1, 0);
        vm.assertEq(IERC20Metadata(gateway.asset(coarse).token).balanceOf(ALICE), 7);
        expectCode(3, give(coarse, 0, 7001, ALICE));
        expectCode(4, give(fine, 0, type(uint128).max, ALICE));
        vm.assertEq(gateway.counter(fine, 2), 7);
        vm.assertEq(gateway.counter(coarse, 4), 7000);
    }

    function test_failsWithItsOwnCode() external {
        expectCode(2, give(keccak256("unknown"), 0, 1, ALICE));
        expectCode(8, give(MONEY, 0, 0, ALICE));
        expectCode(8, give(MONEY, bytes32(uint256(1)), 1, ALICE));
        expectCode(8, give(TITLE, bytes32(uint256(1)), 2, ALICE));
        expectCode(14, give(ORIGIN, 0, 1, ALICE));
        expectCode(15, give(MONEY, 0, 1, address(0)));
        expectCode(16, assetPacket(ALICE, Records.asset(MONEY, 0, 1, HOME_UID, ALICE)));
        expectCode(8, assetPacket(ALICE, Records.asset(MONEY, 0, 1, OUR_UID, address(0xb0b))));
        expectCode(8, assetPacket(ALICE, hex"00"));
        expectCode(8, assetPacket(ALICE, abi.encodePacked(Records.asset(MONEY, 0, 1, OUR_UID, ALICE), uint8(0))));
        expectCode(8, give(MONEY, 0, 1, address(gateway)));
        Records.Packet memory wide = give(MONEY, 0, 1, ALICE);
        wide.recipient = bytes32(type(uint256).max);
        expectCode(8, wide);
        vm.assertEq(gateway.counter(MONEY, 2), 0);
        vm.assertEq(gateway.counter(ORIGIN, 2), 0);
    }

    function test_aTitleIsMintedOnceAtATime() external {
        deliverExpecting(give(TITLE, bytes32(uint256(77)), 1, ALICE), 1, 0);
        expectCode(13, give(TITLE, bytes32(uint256(77)), 1, address(0xb0b)));
        vm.assertEq(gateway.counter(TITLE, 4), 1);
    }

    function test_paysEscrowBackAndRefusesATokenThatChargesThePayer() external {
        FeeToken fee = new FeeToken();
        bytes32 id = keccak256("fee");
        register(id, 1, 1, address(fee), 0);
        fee.mint(address(this), 1000);
        fee.approve(address(gateway), 1000);
        IRopeGateway.AssetOrder memory order;
        (order.assetId, order.amountLocal, order.finalGateway) = (id, 500, HOME_UID);
        (order.finalRecipient, order.timeoutMs) = (PAYEE, soon());
        gateway.sendAsset(order);
        vm.assertEq(gateway.counter(id, 4), 450, "what arrived");
        deliverExpecting(give(id, 0, 50, ALICE), 1, 0);
        vm.assertEq(fee.balanceOf(ALICE), 45);
        fee.chargeOnTop();
        expectCode(5, give(id, 0, 50, ALICE));
        fee.stop();
        expectCode(5, give(id, 0, 50, ALICE));
        vm.assertEq(gateway.counter(id, 4), 400);
        vm.assertEq(fee.balanceOf(address(gateway)), 400);
    }

    // ---------------------------------------------------------- hostile parties

    function test_aReentrantReceiverGetsNothingTwice() external {
        Reentrant receiver = new Reentrant();
        Records.Packet memory p = give(TITLE, bytes32(uint256(1)), 1, address(receiver));
        bytes memory packet = Records.packet(p);
        uint64 index = queuePacket(packet);
        seal();
        receiver.prepare(abi.encodeCall(IRopeGateway.receivePacket, (packet, p.payload, PAYEE, prove(index))));
        vm.assertEq(gateway.receivePacket(packet, p.payload, PAYEE, prove(index)), 1);
        vm.assertFalse(receiver.called());
        vm.assertEq(
            receiver.reason(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
        vm.assertEq(gateway.counter(TITLE, 4), 1);

        // Nor may it send on, acknowledge or withdraw from inside.
        IRopeGateway.AssetOrder memory order;
        receiver.prepare(abi.encodeCall(IRopeGateway.sendAsset, (order)));
        deliverExpecting(give(TITLE, bytes32(uint256(2)), 1, address(receiver)), 1, 0);
        vm.assertFalse(receiver.called());
        receiver.prepare(abi.encodeCall(IRopeGateway.withdrawRefund, (address(token))));
        deliverExpecting(give(TITLE, bytes32(uint256(3)), 1, address(receiver)), 1, 0);
        vm.assertFalse(receiver.called());
    }

    function test_aHostileReceiverFailsItsOwnPacketWithinItsGas() external {
        for (uint256 manner; manner < 4; ++manner) {
            Refuser refuser = new Refuser(manner);
            // Manner 0 poses as another failure code and is not believed.
            expectCode(5, give(TITLE, bytes32(manner + 1), 1, address(refuser)));
        }
        vm.assertEq(gateway.counter(TITLE, 4), 0);
    }

    function test_aReturnBombCostsTheRelayerNoMoreThanTheGasLimit() external {
        Records.Packet memory p = give(TITLE, bytes32(uint256(9)), 1, address(new Refuser(1)));
        bytes memory packet = Records.packet(p);
        uint64 index = queuePacket(packet);
        seal();
        IRopeGateway.OutboxProof memory proof = prove(index);
        uint256 before = gasleft();
        vm.assertEq(gateway.receivePacket(packet, p.payload, PAYEE, proof), 2);
        vm.assertTrue(before - gasleft() < uint256(GAS) + 150_000);
    }

    function test_anUnderGassedDeliveryRevertsAndWritesNothing() external {
        Records.Packet memory p = give(MONEY, 0, 5, ALICE);
        bytes memory packet = Records.packet(p);
        uint64 index = queuePacket(packet);
        seal();
        bytes memory call_ = abi.encodeCall(IRopeGateway.receivePacket, (packet, p.payload, PAYEE, prove(index)));
        (bool ok, bytes memory reason) = address(gateway).call{gas: GAS}(call_);
        vm.assertFalse(ok);
        vm.assertTrue(bytes4(reason) == IRopeGateway.UnderGassed.selector);
        vm.assertEq(gateway.receipt(ROPE_UID, 0, p.sequence), 0);
        (ok,) = address(gateway).call{gas: GAS + 200_000}(call_);
        vm.assertTrue(ok);
        vm.assertEq(gateway.counter(MONEY, 4), 5);
    }

    function testFuzz_noAmountOfGasTurnsAGoodPacketIntoAFailedOne(uint32 gas_) external {
        Records.Packet memory p = give(MONEY, 0, 5, ALICE);
        bytes memory packet = Records.packet(p);
        uint64 index = queuePacket(packet);
        seal();
        bytes memory call_ = abi.encodeCall(IRopeGateway.receivePacket, (packet, p.payload, PAYEE, prove(index)));
        (bool ok, bytes memory result) = address(gateway).call{gas: uint256(gas_) % 1_000_000}(call_);
        if (ok) vm.assertEq(abi.decode(result, (uint8)), 1);
        else vm.assertEq(gateway.receipt(ROPE_UID, 0, p.sequence), 0);
    }

    /// Whatever passes the gas rule has enough left to write the receipt, even if the execution burns all it gets.
    function testFuzz_theGasRuleLeavesEnoughForTheReceipt(uint32 gas_) external {
        Records.Packet memory p = give(TITLE, bytes32(uint256(5)), 1, address(new Refuser(2)));
        bytes memory packet = Records.packet(p);
        uint64 index = queuePacket(packet);
        seal();
        bytes memory call_ = abi.encodeCall(IRopeGateway.receivePacket, (packet, p.payload, PAYEE, prove(index)));
        uint256 gasUsed = 560_000 + uint256(gas_) % 150_000;
        (bool ok, bytes memory result) = address(gateway).call{gas: gasUsed}(call_);
        if (ok) vm.assertEq(abi.decode(result, (uint8)), 2);
        else vm.assertTrue(bytes4(result) == IRopeGateway.UnderGassed.selector);
    }

    function test_nobodyElseMayExecute() external {
        vm.expectRevert(IRopeGateway.NotSelf.selector);
        SelfCall(address(gateway)).executePacket("", "");
    }
}
