// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRopeGateway} from "../contracts/IRopeGateway.sol";
import {Records} from "./kit/Records.sol";
import {RopeKit} from "./kit/RopeKit.sol";
import {vm} from "./kit/Vm.sol";

contract CheckpointTest is RopeKit {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function digestOf(bytes memory checkpoint) private pure returns (bytes32) {
        return Records.digest("checkpoint", checkpoint);
    }

    function refuse(bytes memory revertData, bytes memory checkpoint, uint256 mask) private {
        IRopeGateway.Certificate memory c = certify(digestOf(checkpoint), mask);
        refuseWith(revertData, checkpoint, currentSet(), c);
    }

    function refuseWith(
        bytes memory revertData,
        bytes memory checkpoint,
        IRopeGateway.SignerSet memory set,
        IRopeGateway.Certificate memory c
    ) private {
        vm.expectRevert(revertData);
        gateway.submitCheckpoint(checkpoint, set, c);
    }

    function build(bytes32 chainId, uint64 epoch_, uint64 atHeight, uint64 timeMs, bytes32 root, bytes32 state)
        private
        pure
        returns (bytes memory)
    {
        return Records.checkpoint(chainId, epoch_, atHeight, timeMs, root, state);
    }

    function good() private view returns (bytes memory) {
        return checkpointAt(height + 1, nowMs());
    }

    function test_acceptsACheckpointOfMoreThanTwoThirds() external {
        bytes memory checkpoint = good();
        vm.expectEmit();
        emit IRopeGateway.CheckpointAccepted(height + 1, nowMs(), EPOCH, outboxesRoot());
        submit(checkpoint);
        IRopeGateway.CheckpointState memory state = gateway.checkpointState();
        vm.assertEq(state.height, height + 1);
        vm.assertEq(gateway.gatewayNowMs(), nowMs());
        vm.assertEq(state.outboxesRoot, outboxesRoot());
        bytes32[] memory keys = currentSet().keys;
        vm.assertEq(state.signerSetHash, Records.signerSetHash(ROPE_CHAIN, EPOCH, keys, signerPowers));
    }

    function test_refusesAnotherChain() external {
        bytes memory c = build(keccak256("fork"), EPOCH, height + 1, nowMs(), bytes32("r"), bytes32("s"));
        refuse(abi.encodeWithSelector(IRopeGateway.WrongChain.selector, keccak256("fork")), c, 15);
    }

    function test_refusesAnotherVersionSuiteOrLength() external {
        bytes memory c = good();
        c[0] = 0x02;
        refuse(abi.encodeWithSelector(IRopeGateway.BadVersion.selector, 2), c, 15);
        c[0] = 0x01;
        c[1] = 0x02;
        refuse(abi.encodeWithSelector(IRopeGateway.BadSuite.selector, 2), c, 15);
        bytes memory longer = abi.encodePacked(good(), uint8(0));
        refuse(abi.encodeWithSelector(IRopeGateway.BadLength.selector, 122, 123), longer, 15);
        refuse(abi.encodeWithSelector(IRopeGateway.BadLength.selector, 122, 0), "", 15);
    }

    function test_refusesZeroEverything() external {
        refuse(abi.encodeWithSelector(IRopeGateway.BadVersion.selector, 0), new bytes(122), 15);
        bytes memory c = build(ROPE_CHAIN, EPOCH, height + 1, nowMs(), 0, bytes32("s"));
        refuse(abi.encodeWithSelector(IRopeGateway.ZeroRoot.selector), c, 15);
        c = build(ROPE_CHAIN, EPOCH, height + 1, nowMs(), bytes32("r"), 0);
        refuse(abi.encodeWithSelector(IRopeGateway.ZeroRoot.selector), c, 15);
    }

    function test_refusesAHeightNotAboveAndATimeBeforeTheStoredOne() external {
        seal();
        bytes memory again = checkpointAt(height, nowMs());
        refuse(abi.encodeWithSelector(IRopeGateway.HeightNotAbove.selector, height, height), again, 15);
        bytes memory early = checkpointAt(height + 1, nowMs() - 1);
        refuse(abi.encodeWithSelector(IRopeGateway.TimeNotMonotone.selector, nowMs(), nowMs() - 1), early, 15);
    }

    function test_refusesPowerOfExactlyTwoThirdsAndJustBelow() external {
        signerPowers = [uint64(10), 10, 10, 15];
        gateway = deploy(configuration(), currentSet());
        refuse(abi.encodeWithSelector(IRopeGateway.NotEnoughPower.selector, 30, 45), good(), 7);
        signerPowers = [uint64(10), 10, 10, 16];
        gateway = deploy(configuration(), currentSet());
        refuse(abi.encodeWithSelector(IRopeGateway.NotEnoughPower.selector, 30, 46), good(), 7);
        signerPowers = [uint64(10), 10, 10, 14];
        gateway = deploy(configuration(), currentSet());
        submit(good());
    }

    function testFuzz_acceptsExactlyWhatExceedsTwoThirds(uint64[4] memory powers, uint8 mask) external {
        uint256 signed;
        uint256 total;
        for (uint256 i; i < 4; ++i) {
            if (powers[i] == 0) powers[i] = 1;
            signerPowers[i] = powers[i];
            total += powers[i];
            if ((mask >> i) & 1 == 1) signed += powers[i];
        }
        gateway = deploy(configuration(), currentSet());
        bytes memory c = good();
        IRopeGateway.SignerSet memory set = currentSet();
        IRopeGateway.Certificate memory certificate = certify(digestOf(c), mask);
        if (signed * 3 <= total * 2) {
            vm.expectRevert(abi.encodeWithSelector(IRopeGateway.NotEnoughPower.selector, signed, total));
        }
        gateway.submitCheckpoint(c, set, certificate);
    }

    function test_refusesUnsortedAndRepeatedSigners() external {
        bytes memory checkpoint = good();
        IRopeGateway.Certificate memory c = certify(digestOf(checkpoint), 7);
        (c.signers[0], c.signers[1]) = (c.signers[1], c.signers[0]);
        (c.signatures[0], c.signatures[1]) = (c.signatures[1], c.signatures[0]);
        refuseWith(abi.encodeWithSelector(IRopeGateway.SignersNotAscending.selector, 1), checkpoint, currentSet(), c);
        c = certify(digestOf(checkpoint), 7);
        c.signers[2] = c.signers[1];
        c.signatures[2] = c.signatures[1];
        refuseWith(abi.encodeWithSelector(IRopeGateway.SignersNotAscending.selector, 2), checkpoint, currentSet(), c);
        c.signers[2] = 4;
        refuseWith(abi.encodeWithSelector(IRopeGateway.SignerOutOfRange.selector, 4), checkpoint, currentSet(), c);
        c.signers = new uint16[](2);
        refuseWith(abi.encodeWithSelector(IRopeGateway.BadLength.selector, 2, 3), checkpoint, currentSet(), c);
    }

    function test_refusesForgedHighSAndMisshapenSignatures() external {
        bytes memory checkpoint = good();
        bytes32 digest = digestOf(checkpoint);
        bytes memory revertData = abi.encodeWithSelector(IRopeGateway.BadSignature.selector, 1);
        IRopeGateway.Certificate memory c = certify(digest, 7);
        c.signatures[1] = signature(999, digest);
        refuseWith(revertData, checkpoint, currentSet(), c);

        (uint8 v, bytes32 r, bytes32 s) = vm.sign(signerKeys[1], digest);
        c.signatures[1] = abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        refuseWith(revertData, checkpoint, currentSet(), c);
        c.signatures[1] = abi.encodePacked(r, s, v - 27);
        refuseWith(revertData, checkpoint, currentSet(), c);
        c.signatures[1] = abi.encodePacked(r, s, v, uint8(0));
        refuseWith(revertData, checkpoint, currentSet(), c);
        c.signatures[1] = new bytes(65);
        refuseWith(revertData, checkpoint, currentSet(), c);
        // Signed as an Ethereum message, not over the digest itself.
        c.signatures[1] =
            signature(signerKeys[1], keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", digest)));
        refuseWith(revertData, checkpoint, currentSet(), c);
    }

    function test_refusesASetOtherThanTheStoredOne() external {
        bytes memory checkpoint = good();
        IRopeGateway.Certificate memory c = certify(digestOf(checkpoint), 15);
        bytes32 stored = Records.signerSetHash(ROPE_CHAIN, EPOCH, currentSet().keys, signerPowers);
        IRopeGateway.SignerSet memory stronger = currentSet();
        stronger.powers = new uint64[](4);
        bytes32 hash = Records.signerSetHash(ROPE_CHAIN, EPOCH, stronger.keys, stronger.powers);
        refuseWith(abi.encodeWithSelector(IRopeGateway.WrongSignerSet.selector, stored, hash), checkpoint, stronger, c);
        stronger.powers = new uint64[](3);
        refuseWith(abi.encodeWithSelector(IRopeGateway.BadLength.selector, 4, 3), checkpoint, stronger, c);
    }

    function test_refusesPastTheTrustingPeriodUntilForEver() external {
        seal();
        uint64 untilMs = nowMs() + TRUSTING_MS;
        vm.warp(block.timestamp + TRUSTING_MS / 1000);
        bytes memory inTime = checkpointAt(height + 1, nowMs());
        vm.warp(block.timestamp + 1);
        refuse(abi.encodeWithSelector(IRopeGateway.TrustingPeriodOver.selector, nowMs(), untilMs), inTime, 15);
        vm.warp(block.timestamp - 1);
        submit(inTime);
    }

    function test_refusesToStartWithAnUnsoundSetOrConfiguration() external {
        IRopeGateway.SignerSet memory set = currentSet();
        set.powers[2] = 0;
        refuseToDeploy(abi.encodeWithSelector(IRopeGateway.ZeroPower.selector, 2), configuration(), set);
        set = currentSet();
        (set.keys[0], set.keys[1]) = (set.keys[1], set.keys[0]);
        refuseToDeploy(abi.encodeWithSelector(IRopeGateway.BadSignerKey.selector, 1), configuration(), set);
        set.keys[0] = set.keys[1];
        refuseToDeploy(abi.encodeWithSelector(IRopeGateway.BadSignerKey.selector, 1), configuration(), set);
        set.keys[0] = 0;
        refuseToDeploy(abi.encodeWithSelector(IRopeGateway.BadSignerKey.selector, 0), configuration(), set);
        set.keys = new bytes32[](0);
        set.powers = new uint64[](0);
        refuseToDeploy(abi.encodeWithSelector(IRopeGateway.EmptySignerSet.selector), configuration(), set);
        IRopeGateway.Configuration memory c;
        refuseToDeploy(abi.encodeWithSelector(IRopeGateway.BadConfiguration.selector), c, currentSet());
        c = configuration();
        c.maxLagMs = 600_001;
        refuseToDeploy(abi.encodeWithSelector(IRopeGateway.BadConfiguration.selector), c, currentSet());
        c.maxLagMs = 600_000;
        deploy(c, currentSet());
        c = configuration();
        c.trustedTimeMs = nowMs() - TRUSTING_MS - 1;
        bytes memory over =
            abi.encodeWithSelector(IRopeGateway.TrustingPeriodOver.selector, nowMs(), c.trustedTimeMs + TRUSTING_MS);
        refuseToDeploy(over, c, currentSet());
    }

    /// Deployed by hand, so that the constructor's own error is seen.
    function refuseToDeploy(
        bytes memory revertData,
        IRopeGateway.Configuration memory c,
        IRopeGateway.SignerSet memory set
    ) private {
        bytes memory code = abi.encodePacked(vm.getCode("RopeGateway.sol:RopeGateway"), abi.encode(c, set));
        address made;
        bytes memory reason;
        assembly ("memory-safe") {
            made := create(0, add(code, 32), mload(code))
            reason := mload(0x40)
            mstore(reason, returndatasize())
            returndatacopy(add(reason, 32), 0, returndatasize())
            mstore(0x40, add(reason, add(64, returndatasize())))
        }
        vm.assertEq(made, address(0));
        vm.assertEq(reason, revertData);
    }

    function test_publishesWhatItsUidIsMadeOf() external {
        vm.expectEmit();
        emit IRopeGateway.Configured(configuration());
        gateway = deploy(configuration(), currentSet());
        vm.assertEq(gateway.gatewayUid(), OUR_UID);
    }

    function test_keepsARootForAnHourHoweverManyCheckpointsOvertakeADelivery() external {
        bytes memory payload = hex"09";
        bytes memory packet = Records.packet(controlPacket(payload));
        uint64 index = queuePacket(packet);
        seal();
        IRopeGateway.OutboxProof memory proof = prove(index);
        bytes32 root = outboxesRoot();
        for (uint256 i; i < 40; ++i) {
            queue(1, keccak256(abi.encode(i)));
            seal();
            vm.assertTrue(gateway.isRecentRoot(root));
        }
        vm.warp(block.timestamp + 3600);
        vm.assertTrue(gateway.isRecentRoot(root));
        vm.warp(block.timestamp + 1);
        vm.assertFalse(gateway.isRecentRoot(root));
        vm.expectRevert(IRopeGateway.BadProof.selector);
        gateway.receivePacket(packet, payload, PAYEE, proof);
        vm.warp(block.timestamp - 1);
        gateway.receivePacket(packet, payload, PAYEE, proof);
    }

    function test_keepsTheNewestRootForAsLongAsNoneTakesItsPlaceAndAnHourMore() external {
        queue(1, keccak256("first"));
        seal();
        bytes32 root = outboxesRoot();
        vm.warp(block.timestamp + 7200);
        // A heartbeat without a new root replaces nothing.
        seal();
        vm.assertTrue(gateway.isRecentRoot(root));
        queue(1, keccak256("second"));
        seal();
        vm.assertTrue(gateway.isRecentRoot(root));
        vm.warp(block.timestamp + 3601);
        vm.assertFalse(gateway.isRecentRoot(root));
        vm.assertTrue(gateway.isRecentRoot(outboxesRoot()));
    }

    function test_takesNoRootThatItNeverAcceptedWhateverItsClock() external {
        vm.assertFalse(gateway.isRecentRoot(0));
        seal();
        vm.assertFalse(gateway.isRecentRoot(0));
        vm.warp(1);
        vm.assertFalse(gateway.isRecentRoot(keccak256("never")));
    }

    // ----------------------------------------------------------------- handover

    function nextSet() private pure returns (IRopeGateway.SignerSet memory set) {
        uint256[] memory keys = new uint256[](3);
        (keys[0], keys[1], keys[2]) = (keyAt(0), keyAt(1), keyAt(2));
        uint64[] memory powers = new uint64[](3);
        (powers[0], powers[1], powers[2]) = (5, 6, 7);
        return setOf(keys, powers);
    }

    function handoverTo(uint64 from, uint64 to) private pure returns (bytes memory) {
        IRopeGateway.SignerSet memory set = nextSet();
        return Records.handover(ROPE_CHAIN, from, to, Records.signerSetHash(ROPE_CHAIN, to, set.keys, set.powers));
    }

    function refuseHandover(
        bytes memory revertData,
        bytes memory handover,
        IRopeGateway.SignerSet memory next,
        uint256 mask
    ) private {
        IRopeGateway.Certificate memory c = certify(Records.digest("handover", handover), mask);
        IRopeGateway.SignerSet memory set = currentSet();
        vm.expectRevert(revertData);
        gateway.submitHandover(handover, set, next, c);
    }

    function switchEpoch() private {
        bytes memory handover = handoverTo(EPOCH, EPOCH + 1);
        gateway.submitHandover(handover, currentSet(), nextSet(), certify(Records.digest("handover", handover), 7));
    }

    function test_walksOneHandoverAndThenTrustsTheNextSetOnly() external {
        bytes memory byPrevious = good();
        switchEpoch();
        vm.assertEq(gateway.checkpointState().epoch, EPOCH + 1);
        refuse(abi.encodeWithSelector(IRopeGateway.WrongEpoch.selector, EPOCH + 1, EPOCH), byPrevious, 15);
        // The previous set under the new epoch's number.
        bytes32 stored = Records.signerSetHash(ROPE_CHAIN, EPOCH + 1, nextSet().keys, nextSet().powers);
        bytes32 previous = Records.signerSetHash(ROPE_CHAIN, EPOCH + 1, currentSet().keys, signerPowers);
        epoch = EPOCH + 1;
        refuse(abi.encodeWithSelector(IRopeGateway.WrongSignerSet.selector, stored, previous), good(), 15);
        signerKeys.pop();
        signerPowers = [uint64(5), 6, 7];
        submit(good());
    }

    function test_refusesACheckpointOfTheNextSetBeforeTheHandover() external {
        epoch = EPOCH + 1;
        refuse(abi.encodeWithSelector(IRopeGateway.WrongEpoch.selector, EPOCH, EPOCH + 1), good(), 15);
    }

    function test_refusesAHandoverThatSkipsRepeatsOrGoesBack() external {
        bytes4 skipped = IRopeGateway.SkippedEpoch.selector;
        refuseHandover(abi.encodeWithSelector(skipped, EPOCH, EPOCH + 2), handoverTo(EPOCH, EPOCH + 2), nextSet(), 15);
        refuseHandover(abi.encodeWithSelector(skipped, EPOCH, EPOCH), handoverTo(EPOCH, EPOCH), nextSet(), 15);
        refuseHandover(abi.encodeWithSelector(skipped, EPOCH, EPOCH - 1), handoverTo(EPOCH, EPOCH - 1), nextSet(), 15);
        bytes memory ahead = handoverTo(EPOCH + 1, EPOCH + 2);
        refuseHandover(abi.encodeWithSelector(IRopeGateway.WrongEpoch.selector, EPOCH, EPOCH + 1), ahead, nextSet(), 15);
    }

    function test_refusesAHandoverToAnotherOrUnsoundSetOrWithoutPower() external {
        bytes memory handover = handoverTo(EPOCH, EPOCH + 1);
        refuseHandover(abi.encodeWithSelector(IRopeGateway.NotEnoughPower.selector, 20, 40), handover, nextSet(), 3);
        IRopeGateway.SignerSet memory other = nextSet();
        bytes32 named = Records.signerSetHash(ROPE_CHAIN, EPOCH + 1, other.keys, other.powers);
        other.powers[0] = 50;
        bytes32 hash = Records.signerSetHash(ROPE_CHAIN, EPOCH + 1, other.keys, other.powers);
        refuseHandover(abi.encodeWithSelector(IRopeGateway.WrongSignerSet.selector, named, hash), handover, other, 15);
        other.powers[0] = 0;
        refuseHandover(abi.encodeWithSelector(IRopeGateway.ZeroPower.selector, 0), handover, other, 15);
        handover = Records.handover(keccak256("fork"), EPOCH, EPOCH + 1, named);
        refuseHandover(
            abi.encodeWithSelector(IRopeGateway.WrongChain.selector, keccak256("fork")), handover, nextSet(), 15
        );
    }

    function test_refusesAHandoverPastTheTrustingPeriod() external {
        uint64 untilMs = nowMs() + TRUSTING_MS;
        vm.warp(block.timestamp + TRUSTING_MS / 1000 + 1);
        bytes memory over = abi.encodeWithSelector(IRopeGateway.TrustingPeriodOver.selector, nowMs(), untilMs);
        refuseHandover(over, handoverTo(EPOCH, EPOCH + 1), nextSet(), 15);
    }
}
