// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRopeGateway} from "../contracts/IRopeGateway.sol";
import {Records} from "./kit/Records.sol";
import {VectorFile} from "./kit/VectorFile.sol";
import {vm} from "./kit/Vm.sol";

/// The shared vectors played against the deployed gateway: what TypeScript signed and proved, it accepts.
contract GatewayVectorsTest is VectorFile {
    IRopeGateway private gateway;

    function setUp() public override {
        super.setUp();
        uint64 startMs = uint64(num(path("checkpoints", 0, ".checkpoint.timeMs")));
        vm.warp(startMs / 1000);
        IRopeGateway.Configuration memory c = IRopeGateway.Configuration({
            ropeChainId: b32(".chain.ropeChainId"),
            ropeGatewayUid: b32(".chain.ropeGatewayUid"),
            gatewayUid: b32(".chain.strand"),
            strandGenesisHash: b32(".gateways[0].strandGenesisHash"),
            deployment: 1,
            epoch: 1,
            trustedHeight: 99,
            trustedTimeMs: startMs,
            trustingPeriodMs: 1 days * 1000,
            maxLagMs: 60_000
        });
        gateway = IRopeGateway(vm.deployCode("RopeGateway.sol:RopeGateway", abi.encode(c, signerSet(0))));
    }

    function submitUpTo(uint256 last) private {
        for (uint256 i; i <= last; ++i) {
            gateway.submitCheckpoint(
                bin(path("checkpoints", i, ".encoded")), signerSet(0), certificate("checkpoints", i)
            );
        }
    }

    function indexOfPacket(bytes32 hash) private view returns (uint256 i) {
        while (b32(path("packets", i, ".hash")) != hash) ++i;
    }

    /// Our outbox of nine leaves stands in every later tree; in the last, of five gateways, at position 1.
    function test_acceptsCheckpointsAndProofsUnderEveryShapeOfTree() external {
        submitUpTo(4);
        vm.assertEq(gateway.checkpointState().outboxesRoot, b32(path("outboxes", 4, ".root")));
        vm.assertEq(gateway.checkpointState().height, 104);
        deliver(0, 1, 0);
        deliver(1, 4, 1);
    }

    function deliver(uint256 k, uint256 tree, uint256 position) private {
        IRopeGateway.OutboxProof memory proof = proofOf(6, k, tree, position);
        bytes32 packetHash = b32(path("outbox", 6, "leaves", proof.index, ".bodyHash"));
        uint256 i = indexOfPacket(packetHash);
        bytes memory packet = bin(path("packets", i, ".encoded"));
        bytes memory payload = bin(path("packets", i, ".payload"));
        // Genuine, but this gateway was told of no asset, and a strand takes no returns.
        vm.assertEq(gateway.receivePacket(packet, payload, "payee", proof), 2);
        uint64 sequence = uint64(num(path("packets", i, ".packet.sequence")));
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.AlreadyDelivered.selector, 0, sequence));
        gateway.receivePacket(packet, payload, "payee", proof);
    }

    function test_refusesAnAcknowledgementLeafAsAPacketAndKnowsNoPacketOfItsOwn() external {
        submitUpTo(1);
        IRopeGateway.OutboxProof memory proof = proofOf(6, 2, 1, 0);
        bytes32 ackHash = b32(path("outbox", 6, "leaves", proof.index, ".bodyHash"));
        vm.assertEq(ackHash, b32(path("acknowledgements", 2, ".hash")));
        bytes memory ack = bin(path("acknowledgements", 2, ".encoded"));
        bytes32 packetHash = b32(path("acknowledgements", 2, ".acknowledgement.packetHash"));
        bytes memory packet = bin(path("packets", indexOfPacket(packetHash), ".encoded"));
        uint64 sequence = uint64(num(path("acknowledgements", 2, ".acknowledgement.sequence")));
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.UnknownPacket.selector, 0, sequence));
        gateway.acknowledge(packet, "", ack, proof);
    }

    function test_walksTheHandover() external {
        bytes memory handover = bin(path("handovers", 0, ".encoded"));
        gateway.submitHandover(handover, signerSet(0), signerSet(1), certificate("handovers", 0));
        vm.assertEq(gateway.checkpointState().epoch, 2);
        vm.assertEq(gateway.checkpointState().signerSetHash, b32(path("signerSets", 1, ".hash")));
        bytes memory old = bin(path("checkpoints", 0, ".encoded"));
        IRopeGateway.SignerSet memory set = signerSet(0);
        IRopeGateway.Certificate memory c = certificate("checkpoints", 0);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.WrongEpoch.selector, 2, 1));
        gateway.submitCheckpoint(old, set, c);
    }

    function test_refusesPowerJustBelowTwoThirdsOfTheVectorsSet() external {
        // Powers 4, 15, 1, 30, 50: 15 + 1 + 50 = 66 of 100 is just below, 15 + 30 + 50 enough.
        IRopeGateway.Certificate memory all = certificate("checkpoints", 0);
        IRopeGateway.Certificate memory few;
        few.signers = new uint16[](3);
        few.signatures = new bytes[](3);
        uint16[3] memory chosen = [uint16(1), 2, 4];
        for (uint256 i; i < 3; ++i) {
            (few.signers[i], few.signatures[i]) = (chosen[i], all.signatures[chosen[i]]);
        }
        bytes memory checkpoint = bin(path("checkpoints", 0, ".encoded"));
        IRopeGateway.SignerSet memory set = signerSet(0);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.NotEnoughPower.selector, 66, 100));
        gateway.submitCheckpoint(checkpoint, set, few);
        few.signers[1] = 3;
        few.signatures[1] = all.signatures[3];
        gateway.submitCheckpoint(checkpoint, set, few);
    }

    function test_useAndLienRecordsHashAsTheVectorsSay() external view {
        string memory use = ".evm.values.uses[0]";
        bytes32 value = keccak256(
            abi.encode(
                b32(string.concat(use, ".credentialId")),
                uint64(num(string.concat(use, ".n"))),
                vm.parseJsonAddress(json, string.concat(use, ".grantee")),
                uint32(num(string.concat(use, ".purpose"))),
                b32(string.concat(use, ".queryDigest")),
                uint64(num(string.concat(use, ".atMs")))
            )
        );
        vm.assertEq(value, b32(string.concat(use, ".value")));
        string memory lien = ".evm.values.liens[0]";
        value = keccak256(
            abi.encode(
                b32(string.concat(lien, ".lienHolder")),
                num(string.concat(lien, ".amount")),
                b32(string.concat(lien, ".agreement"))
            )
        );
        vm.assertEq(value, b32(string.concat(lien, ".value")));
    }
}
