// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IRopeGateway} from "../contracts/IRopeGateway.sol";
import {Records} from "./kit/Records.sol";
import {RopeKit} from "./kit/RopeKit.sol";
import {vm} from "./kit/Vm.sol";

/// The forgery catalogue (docs/protocol.md §8) against the one entry point.
contract DeliveryTest is RopeKit {
    bytes32 private constant ASSET = keccak256("asset");
    address private constant ALICE = address(0xa11ce);
    Records.Packet private sample;
    uint64 private sampleIndex;

    function setUp() public override {
        super.setUp();
        register(ASSET, 1, 2, address(0), 0);
        sample = assetPacket(ALICE, Records.asset(ASSET, 0, 500, OUR_UID, ALICE));
        sampleIndex = queuePacket(Records.packet(sample));
        seal();
    }

    function balance() private view returns (uint256) {
        return IERC20(gateway.asset(ASSET).token).balanceOf(ALICE);
    }

    function refuse(bytes memory revertData, bytes memory packet, bytes memory payload) private {
        refuseWith(revertData, packet, payload, prove(sampleIndex));
    }

    function refuseWith(
        bytes memory revertData,
        bytes memory packet,
        bytes memory payload,
        IRopeGateway.OutboxProof memory proof
    ) private {
        vm.expectRevert(revertData);
        gateway.receivePacket(packet, payload, PAYEE, proof);
        vm.assertEq(balance(), 0);
    }

    function refuseAltered(bytes4 selector, Records.Packet memory p) private {
        refuse(abi.encodeWithSelector(selector), Records.packet(p), p.payload);
    }

    function test_deliversOnceAndRefusesTheReplay() external {
        bytes memory packet = Records.packet(sample);
        bytes memory ack = Records.acknowledge(sample, 1, 0, PAYEE, nowMs());
        IRopeGateway.OutboxProof memory proof = prove(sampleIndex);
        vm.expectEmit();
        emit IRopeGateway.AssetDelivered(ASSET, 0, 500, ALICE, "memo");
        vm.expectEmit();
        emit IRopeGateway.ReceiptWritten(Records.digest("packet", packet), ROPE_UID, 0, sample.sequence, 1, 0, ack);
        gateway.receivePacket(packet, sample.payload, PAYEE, proof);
        vm.assertEq(balance(), 500);
        vm.assertEq(gateway.receipt(ROPE_UID, 0, sample.sequence), Records.digest("ack", ack));
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.AlreadyDelivered.selector, 0, sample.sequence));
        gateway.receivePacket(packet, sample.payload, PAYEE, proof);
        vm.assertEq(balance(), 500);
    }

    function test_anAlteredCopyOfADeliveredPacketIsABadProof() external {
        Records.Packet memory p = sample;
        gateway.receivePacket(Records.packet(p), p.payload, PAYEE, prove(sampleIndex));
        p.payload = Records.asset(ASSET, 0, 923_600, OUR_UID, ALICE);
        IRopeGateway.OutboxProof memory proof = prove(sampleIndex);
        vm.expectRevert(IRopeGateway.BadProof.selector);
        gateway.receivePacket(Records.packet(p), p.payload, PAYEE, proof);
        vm.assertEq(balance(), 500);
    }

    function test_refusesAlteredAmountRecipientTimeoutGasAndPayload() external {
        bytes4 badProof = IRopeGateway.BadProof.selector;
        Records.Packet memory p = sample;
        p.payload = Records.asset(ASSET, 0, 501, OUR_UID, ALICE);
        refuseAltered(badProof, p);
        p = sample;
        p.recipient = toB32(address(0xbad));
        refuseAltered(badProof, p);
        p = sample;
        p.timeoutMs = 1;
        refuseAltered(badProof, p);
        p = sample;
        p.gasLimit = 1;
        refuseAltered(badProof, p);
        p = sample;
        p.sender = 0;
        refuseAltered(badProof, p);
        p = sample;
        p.sequence += 1;
        refuseAltered(badProof, p);
    }

    function test_refusesAPayloadThatDoesNotMatchItsHashOrLength() external {
        bytes memory packet = Records.packet(sample);
        bytes memory mismatch = abi.encodeWithSelector(IRopeGateway.PayloadMismatch.selector);
        refuse(mismatch, packet, Records.asset(ASSET, 0, 501, OUR_UID, ALICE));
        refuse(mismatch, packet, abi.encodePacked(sample.payload, uint8(0)));
        refuse(mismatch, packet, "");
        Records.Packet memory p = sample;
        p.payload = new bytes(4097);
        refuse(abi.encodeWithSelector(IRopeGateway.BadLength.selector, 4096, 4097), Records.packet(p), p.payload);
    }

    function test_refusesAnotherGatewayAndAnotherSource() external {
        Records.Packet memory p = sample;
        p.destinationGateway = HOME_UID;
        bytes memory wrong = abi.encodeWithSelector(IRopeGateway.WrongGateway.selector, HOME_UID);
        refuse(wrong, Records.packet(p), p.payload);
        p = sample;
        p.sourceGateway = HOME_UID;
        wrong = abi.encodeWithSelector(IRopeGateway.WrongSource.selector, HOME_UID);
        refuse(wrong, Records.packet(p), p.payload);
    }

    function test_aRedeployedGatewayRefusesPacketsOfTheOldOne() external {
        IRopeGateway.Configuration memory c = configuration();
        c.gatewayUid = keccak256("deployment 2");
        c.deployment = 2;
        c.trustedHeight = height - 1;
        gateway = deploy(c, currentSet());
        height -= 1;
        seal();
        IRopeGateway.OutboxProof memory proof = prove(sampleIndex);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.WrongGateway.selector, OUR_UID));
        gateway.receivePacket(Records.packet(sample), sample.payload, PAYEE, proof);
        // Renamed for the new gateway, it is in nobody's outbox.
        Records.Packet memory p = sample;
        p.destinationGateway = c.gatewayUid;
        vm.expectRevert(IRopeGateway.BadProof.selector);
        gateway.receivePacket(Records.packet(p), p.payload, PAYEE, proof);
    }

    function test_refusesMisshapenPackets() external {
        bytes memory packet = Records.packet(sample);
        bytes4 badLength = IRopeGateway.BadLength.selector;
        refuse(abi.encodeWithSelector(badLength, 220, 221), abi.encodePacked(packet, uint8(0)), sample.payload);
        refuse(abi.encodeWithSelector(badLength, 220, 0), "", "");
        refuse(abi.encodeWithSelector(IRopeGateway.BadVersion.selector, 0), new bytes(220), "");
        packet[1] = 0x04;
        refuse(abi.encodeWithSelector(IRopeGateway.BadKind.selector, 4), packet, sample.payload);
        packet[1] = 0x03;
        refuse(abi.encodeWithSelector(IRopeGateway.BadLane.selector, 0), packet, sample.payload);
        Records.Packet memory p = sample;
        p.lane = CONTROL_LANE;
        refuse(abi.encodeWithSelector(IRopeGateway.BadLane.selector, CONTROL_LANE), Records.packet(p), p.payload);
        p = sample;
        p.sequence = 0;
        refuse(abi.encodeWithSelector(IRopeGateway.ZeroSequence.selector), Records.packet(p), p.payload);
    }

    function test_refusesALeafIndexOffByOne() external {
        bytes memory packet = Records.packet(sample);
        queue(1, keccak256("a later leaf"));
        seal();
        IRopeGateway.OutboxProof memory proof = prove(sampleIndex);
        proof.index = sampleIndex + 1;
        refuseWith(abi.encodeWithSelector(IRopeGateway.BadProof.selector), packet, sample.payload, proof);
        proof.index = sampleIndex - 1;
        refuseWith(abi.encodeWithSelector(IRopeGateway.BadProof.selector), packet, sample.payload, proof);
        proof.index = proof.count;
        refuseWith(abi.encodeWithSelector(IRopeGateway.BadProofShape.selector), packet, sample.payload, proof);
        proof = prove(sampleIndex);
        proof.count += 1;
        refuseWith(abi.encodeWithSelector(IRopeGateway.BadProof.selector), packet, sample.payload, proof);
    }

    function test_refusesAPathWithAnExtraMissingSwappedOrDuplicatedNode() external {
        bytes memory packet = Records.packet(sample);
        bytes memory shape = abi.encodeWithSelector(IRopeGateway.BadProofShape.selector);
        bytes memory bad = abi.encodeWithSelector(IRopeGateway.BadProof.selector);
        IRopeGateway.OutboxProof memory proof = prove(sampleIndex);
        proof.leafPath = new bytes32[](33);
        refuseWith(shape, packet, sample.payload, proof);
        proof.leafPath = new bytes32[](31);
        refuseWith(shape, packet, sample.payload, proof);
        proof = prove(sampleIndex);
        proof.outboxesPath = new bytes32[](3);
        refuseWith(shape, packet, sample.payload, proof);
        proof.outboxesPath = new bytes32[](1);
        refuseWith(shape, packet, sample.payload, proof);
        proof = prove(sampleIndex);
        proof.leafPath[1] = proof.leafPath[0];
        refuseWith(bad, packet, sample.payload, proof);
        proof = prove(sampleIndex);
        proof.outboxesPosition = 3;
        refuseWith(shape, packet, sample.payload, proof);
        proof.outboxesPosition = 0;
        refuseWith(bad, packet, sample.payload, proof);
        proof.outboxesPosition = 1;
        proof.outboxesCount = 4;
        refuseWith(bad, packet, sample.payload, proof);
        proof.outboxesCount = 0;
        refuseWith(shape, packet, sample.payload, proof);
        proof = prove(sampleIndex);
        proof.count = (1 << 32) + 1;
        refuseWith(shape, packet, sample.payload, proof);
    }

    function testFuzz_refusesAnyChangedProofNode(uint8 place, bytes32 noise) external {
        IRopeGateway.OutboxProof memory proof = prove(sampleIndex);
        uint256 node = uint256(place) % 34;
        bytes32 before = node < 32 ? proof.leafPath[node] : proof.outboxesPath[node - 32];
        vm.assume(noise != before);
        if (node < 32) proof.leafPath[node] = noise;
        else proof.outboxesPath[node - 32] = noise;
        refuseWith(
            abi.encodeWithSelector(IRopeGateway.BadProof.selector), Records.packet(sample), sample.payload, proof
        );
    }

    function testFuzz_refusesAnyChangedPacketByte(uint8 place, uint8 change) external {
        vm.assume(change != 0);
        bytes memory packet = Records.packet(sample);
        uint256 at_ = uint256(place) % packet.length;
        packet[at_] = bytes1(uint8(packet[at_]) ^ change);
        IRopeGateway.OutboxProof memory proof = prove(sampleIndex);
        vm.expectRevert();
        gateway.receivePacket(packet, sample.payload, PAYEE, proof);
    }

    function test_refusesAProofUnderARootThatWasNeverAcceptedOrIsEmpty() external {
        Records.Packet memory p = assetPacket(ALICE, sample.payload);
        uint64 index = queuePacket(Records.packet(p));
        refuseWith(abi.encodeWithSelector(IRopeGateway.BadProof.selector), Records.packet(p), p.payload, prove(index));
        // Before the first checkpoint every stored root is zero, and zero proves nothing.
        gateway = deploy(configuration(), currentSet());
        IRopeGateway.OutboxProof memory proof = prove(index);
        vm.expectRevert(IRopeGateway.BadProof.selector);
        gateway.receivePacket(Records.packet(p), p.payload, PAYEE, proof);
        proof.leafPath = new bytes32[](32);
        proof.outboxesPath = new bytes32[](2);
        vm.expectRevert(IRopeGateway.BadProof.selector);
        gateway.receivePacket(Records.packet(p), p.payload, PAYEE, proof);
    }

    function test_refusesAnAcknowledgementLeafPresentedAsAPacket() external {
        Records.Packet memory p = assetPacket(ALICE, sample.payload);
        uint64 index = queue(2, Records.digest("packet", Records.packet(p)));
        seal();
        refuseWith(abi.encodeWithSelector(IRopeGateway.BadProof.selector), Records.packet(p), p.payload, prove(index));
    }

    function test_aGasLimitThatFitsNoBlockIsTakenForTheMost() external {
        Records.Packet memory p = assetPacket(ALICE, Records.asset(ASSET, 0, 7, OUR_UID, ALICE));
        p.gasLimit = type(uint32).max;
        bytes memory packet = Records.packet(p);
        uint64 index = queuePacket(packet);
        seal();
        vm.assertEq(gateway.receivePacket{gas: 3_000_000}(packet, p.payload, PAYEE, prove(index)), 1);
    }

    function test_keepsTheOrderedLaneInOrderAndAnyReceiptAdvancesIt() external {
        Records.Packet memory first = controlPacket(hex"09");
        uint64 next = first.sequence;
        Records.Packet memory second = controlPacket(abi.encodePacked(uint8(2), ASSET));
        uint64 firstIndex = queuePacket(Records.packet(first));
        uint64 secondIndex = queuePacket(Records.packet(second));
        seal();
        bytes memory early = abi.encodeWithSelector(IRopeGateway.OutOfOrder.selector, next, next + 1);
        refuseWith(early, Records.packet(second), second.payload, prove(secondIndex));
        vm.assertEq(gateway.receivePacket(Records.packet(first), first.payload, PAYEE, prove(firstIndex)), 2);
        vm.assertEq(gateway.receivePacket(Records.packet(second), second.payload, PAYEE, prove(secondIndex)), 1);
        vm.assertTrue(gateway.asset(ASSET).frozen);
        bytes memory again = abi.encodeWithSelector(IRopeGateway.AlreadyDelivered.selector, CONTROL_LANE, next);
        refuseWith(again, Records.packet(first), first.payload, prove(firstIndex));
    }

    function test_expiresByTheRopesClockOnlyAndNeverEarly() external {
        Records.Packet memory late = assetPacket(ALICE, sample.payload);
        late.timeoutMs = nowMs() + 10_000;
        Records.Packet memory inTime = assetPacket(ALICE, sample.payload);
        inTime.timeoutMs = late.timeoutMs;
        uint64 lateIndex = queuePacket(Records.packet(late));
        uint64 inTimeIndex = queuePacket(Records.packet(inTime));
        sealAt(late.timeoutMs - 1);
        // The strand's own clock is far past the timeout; only the rope's decides.
        vm.warp(block.timestamp + 1000);
        vm.assertEq(gateway.receivePacket(Records.packet(inTime), inTime.payload, PAYEE, prove(inTimeIndex)), 1);
        sealAt(late.timeoutMs);
        vm.assertEq(gateway.receivePacket(Records.packet(late), late.payload, PAYEE, prove(lateIndex)), 3);
        bytes memory ack = Records.acknowledge(late, 3, 1, PAYEE, late.timeoutMs);
        vm.assertEq(gateway.receipt(ROPE_UID, 0, late.sequence), Records.digest("ack", ack));
        vm.assertEq(balance(), 500);
    }

    function test_batchSkipsWhatIsDeliveredAndRevertsOnForgery() external {
        Records.Packet memory second = assetPacket(ALICE, Records.asset(ASSET, 0, 7, OUR_UID, ALICE));
        uint64 index = queuePacket(Records.packet(second));
        seal();
        gateway.receivePacket(Records.packet(sample), sample.payload, PAYEE, prove(sampleIndex));
        IRopeGateway.Delivery[] memory batch = new IRopeGateway.Delivery[](3);
        batch[0] = IRopeGateway.Delivery(Records.packet(sample), sample.payload, prove(sampleIndex));
        batch[1] = IRopeGateway.Delivery(Records.packet(second), second.payload, prove(index));
        batch[2] = batch[1];
        vm.expectEmit();
        emit IRopeGateway.BatchItemSkipped(0, 0, sample.sequence);
        uint8[] memory statuses = gateway.receiveBatch(batch, PAYEE);
        vm.assertEq(statuses[0], 0);
        vm.assertEq(statuses[1], 1);
        vm.assertEq(statuses[2], 0);
        vm.assertEq(balance(), 507);
        uint64[] memory sequences = new uint64[](2);
        (sequences[0], sequences[1]) = (second.sequence, second.sequence + 1);
        bytes32[] memory found = gateway.receiptsOf(ROPE_UID, 0, sequences);
        vm.assertTrue(found[0] != 0 && found[1] == 0);

        second.sequence += 1;
        batch[1].packet = Records.packet(second);
        vm.expectRevert(IRopeGateway.BadProof.selector);
        gateway.receiveBatch(batch, PAYEE);
    }
}
