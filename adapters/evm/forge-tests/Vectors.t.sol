// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Codec} from "../contracts/Codec.sol";
import {IRopeGateway} from "../contracts/IRopeGateway.sol";
import {OutboxProofs} from "../contracts/OutboxProofs.sol";
import {SignerSets} from "../contracts/SignerSets.sol";
import {TaggedHash} from "../contracts/TaggedHash.sol";
import {Records} from "./kit/Records.sol";
import {VectorFile} from "./kit/VectorFile.sol";
import {vm} from "./kit/Vm.sol";

/// The contracts' own libraries, callable with calldata.
contract Libraries {
    function decodePacket(bytes calldata b) external pure returns (Codec.Packet memory) {
        return Codec.decodePacket(b);
    }

    function encodePacket(Codec.Packet memory p) external pure returns (bytes memory) {
        return Codec.encodePacket(p);
    }

    function decodeAcknowledgement(bytes calldata b) external pure returns (Codec.Acknowledgement memory) {
        return Codec.decodeAcknowledgement(b);
    }

    function decodeAssetPayload(bytes calldata b) external pure returns (bool, Codec.AssetPayload memory) {
        return Codec.decodeAssetPayload(b);
    }

    function decodeCredentialPayload(bytes calldata b) external pure returns (Codec.CredentialPayload memory) {
        return Codec.decodeCredentialPayload(b);
    }

    function outboxesRoot(bytes32 uid, uint8 leafType, bytes32 bodyHash, IRopeGateway.OutboxProof calldata proof)
        external
        pure
        returns (bytes32)
    {
        return OutboxProofs.outboxesRoot(uid, leafType, bodyHash, proof);
    }

    function digest(bytes32 tag, bytes calldata x) external pure returns (bytes32) {
        bytes32 hash = TaggedHash.digestCalldata(tag, x);
        require(hash == TaggedHash.digest(tag, x));
        return hash;
    }
}

contract VectorsTest is VectorFile {
    Libraries private libraries;

    function setUp() public override {
        super.setUp();
        libraries = new Libraries();
    }

    function test_taggedHashes() external view {
        uint256 i;
        for (; has(path("hashing", i, "")); ++i) {
            bytes memory input = bin(path("hashing", i, ".input"));
            bytes32 digest = b32(path("hashing", i, ".digest"));
            vm.assertEq(libraries.digest(b32(path("hashing", i, ".tag")), input), digest);
            vm.assertEq(Records.digest(vm.parseJsonString(json, path("hashing", i, ".type")), input), digest);
        }
        vm.assertTrue(i >= 12);
        vm.assertEq(libraries.digest(TaggedHash.PAYLOAD, ""), b32(".suite1.emptyPayloadHash"));
        vm.assertEq(Records.outboxRoot(new bytes32[](0)), b32(".suite1.emptyOutboxRoot"));
        bytes32 commitment = libraries.digest(
            TaggedHash.ACCOUNT,
            abi.encodePacked(b32(".rope.accountCommitment.salt"), b32(".rope.accountCommitment.account"))
        );
        vm.assertEq(commitment, b32(".rope.accountCommitment.keccak"));
        address account = address(uint160(uint256(b32(".rope.accountCommitment.account"))));
        vm.assertEq(TaggedHash.accountCommitment(b32(".rope.accountCommitment.salt"), account), commitment);
    }

    function test_packets() external view {
        uint256 i;
        for (; has(path("packets", i, "")); ++i) {
            bytes memory encoded = bin(path("packets", i, ".encoded"));
            bytes memory payload = bin(path("packets", i, ".payload"));
            Codec.Packet memory p = libraries.decodePacket(encoded);
            vm.assertEq(libraries.digest(TaggedHash.PACKET, encoded), b32(path("packets", i, ".hash")));
            vm.assertEq(libraries.digest(TaggedHash.PAYLOAD, payload), p.payloadHash);
            vm.assertEq(p.payloadLength, payload.length);
            vm.assertEq(p.kind, num(path("packets", i, ".packet.kind")));
            vm.assertEq(p.lane, num(path("packets", i, ".packet.lane")));
            vm.assertEq(p.sequence, num(path("packets", i, ".packet.sequence")));
            vm.assertEq(p.sourceGateway, b32(path("packets", i, ".packet.sourceGateway")));
            vm.assertEq(p.destinationGateway, b32(path("packets", i, ".packet.destinationGateway")));
            vm.assertEq(p.sender, b32(path("packets", i, ".packet.sender")));
            vm.assertEq(p.recipient, b32(path("packets", i, ".packet.recipient")));
            vm.assertEq(p.timeoutMs, num(path("packets", i, ".packet.timeoutMs")));
            vm.assertEq(p.gasLimit, num(path("packets", i, ".packet.gasLimit")));
            bool leg1 = b32(path("packets", i, ".packet.transferId")) == 0;
            if (leg1) vm.assertEq(libraries.encodePacket(p), encoded);
            checkPayload(i, p.kind, payload);
        }
        vm.assertTrue(i >= 12);
    }

    function checkPayload(uint256 i, uint8 kind, bytes memory payload) private view {
        if (kind == 1) {
            (bool ok, Codec.AssetPayload memory a) = libraries.decodeAssetPayload(payload);
            vm.assertTrue(ok);
            vm.assertEq(a.assetId, b32(path("packets", i, ".payloadFields.assetId")));
            vm.assertEq(a.tokenId, b32(path("packets", i, ".payloadFields.tokenId")));
            vm.assertEq(a.amount, num(path("packets", i, ".payloadFields.amount")));
            vm.assertEq(a.finalGateway, b32(path("packets", i, ".payloadFields.finalGateway")));
            vm.assertEq(a.finalRecipient, b32(path("packets", i, ".payloadFields.finalRecipient")));
        } else if (kind == 2) {
            Codec.CredentialPayload memory c = libraries.decodeCredentialPayload(payload);
            vm.assertEq(c.action, num(path("packets", i, ".payloadFields.action")));
            vm.assertEq(c.credentialId, b32(path("packets", i, ".payloadFields.credentialId")));
            vm.assertEq(c.quota, num(path("packets", i, ".payloadFields.quota")));
            vm.assertEq(c.leaseUntilMs, num(path("packets", i, ".payloadFields.leaseUntilMs")));
            vm.assertEq(c.scalar, num(path("packets", i, ".payloadFields.scalar")));
            vm.assertEq(c.finalGrantee, b32(path("packets", i, ".payloadFields.finalGrantee")));
            vm.assertEq(c.homeGateway, b32(path("packets", i, ".payloadFields.homeGateway")));
            vm.assertEq(c.purpose, num(path("packets", i, ".payloadFields.purpose")));
            vm.assertEq(c.classification, num(path("packets", i, ".payloadFields.classification")));
            vm.assertEq(c.expiryMs, num(path("packets", i, ".payloadFields.expiryMs")));
            vm.assertEq(c.revokedAtMs, num(path("packets", i, ".payloadFields.revokedAtMs")));
            vm.assertEq(c.policyHash, b32(path("packets", i, ".payloadFields.policyHash")));
        }
    }

    function test_acknowledgements() external view {
        uint256 i;
        for (; has(path("acknowledgements", i, "")); ++i) {
            bytes memory encoded = bin(path("acknowledgements", i, ".encoded"));
            Codec.Acknowledgement memory a = libraries.decodeAcknowledgement(encoded);
            vm.assertEq(libraries.digest(TaggedHash.ACK, encoded), b32(path("acknowledgements", i, ".hash")));
            vm.assertEq(a.status, num(path("acknowledgements", i, ".acknowledgement.status")));
            vm.assertEq(a.code, num(path("acknowledgements", i, ".acknowledgement.code")));
            vm.assertEq(a.packetHash, b32(path("acknowledgements", i, ".acknowledgement.packetHash")));
        }
        vm.assertEq(i, 3);
    }

    function test_signerSets() external view {
        uint256 i;
        for (; has(path("signerSets", i, "")); ++i) {
            bytes32 hash = SignerSets.hash(
                b32(path("signerSets", i, ".ropeChainId")), uint64(num(path("signerSets", i, ".epoch"))), signerSet(i)
            );
            vm.assertEq(hash, b32(path("signerSets", i, ".hash")));
        }
        vm.assertTrue(i >= 2);
    }

    function test_outboxRootsAndPaths() external view {
        uint256 uids;
        for (uint256 i = 1; has(path("outbox", i, "")); ++i) {
            for (uint256 k; has(path("outbox", i, "proofs", k, "")); ++k) {
                IRopeGateway.OutboxProof memory proof = proofOf(i, k, 1, 0);
                uint256 leaf = proof.index;
                uint8 leafType = uint8(num(path("outbox", i, "leaves", leaf, ".type")));
                bytes32 body = b32(path("outbox", i, "leaves", leaf, ".bodyHash"));
                bytes32 uid = b32(".chain.strand");
                bytes32 top = Records.outboxesLeaf(uid, proof.count, b32(path("outbox", i, ".root")));
                bytes32 root = Records.digest("outboxes-root", abi.encodePacked(uint32(1), top));
                vm.assertEq(libraries.outboxesRoot(uid, leafType, body, proof), root);
                ++uids;
            }
        }
        vm.assertTrue(uids >= 12);
    }

    function test_evmSlots() external view {
        for (uint256 i; i < 2; ++i) {
            checkLane(string.concat(".evm.slots.commitments[", vm.toString(i), "]"), 0);
            checkLane(string.concat(".evm.slots.receipts[", vm.toString(i), "]"), 1);
        }
        for (uint256 i; i < 4; ++i) {
            string memory counter = string.concat(".evm.slots.counters[", vm.toString(i), "]");
            bytes32 key = keccak256(abi.encode(field(counter, ".assetId"), num(string.concat(counter, ".which"))));
            vm.assertEq(keccak256(abi.encode(key, uint256(2))), field(counter, ".slot"));
        }
        string memory list = ".evm.slots.liens[0]";
        bytes32 title = keccak256(abi.encode(field(list, ".assetId"), field(list, ".tokenId")));
        vm.assertEq(keccak256(abi.encode(title, uint256(3))), field(list, ".slot"));
        list = ".evm.slots.uses[0]";
        bytes32 use = keccak256(
            abi.encode(field(list, ".credentialId"), field(list, ".granteeWord"), field(list, ".useId"))
        );
        vm.assertEq(keccak256(abi.encode(use, uint256(4))), field(list, ".slot"));
        list = ".evm.slots.credentialUsed[0]";
        vm.assertEq(keccak256(abi.encode(field(list, ".credentialId"), uint256(5))), field(list, ".slot"));
        list = ".evm.slots.credentialRemaining[0]";
        vm.assertEq(keccak256(abi.encode(field(list, ".credentialId"), uint256(6))), field(list, ".slot"));
    }

    function checkLane(string memory entry, uint256 slot) private view {
        uint16 lane = uint16(num(string.concat(entry, ".lane")));
        uint64 sequence = uint64(num(string.concat(entry, ".sequence")));
        bytes32 key = keccak256(abi.encode(field(entry, ".gateway"), lane, sequence));
        vm.assertEq(keccak256(abi.encode(key, slot)), field(entry, ".slot"));
    }

    function field(string memory entry, string memory name) private view returns (bytes32) {
        return b32(string.concat(entry, name));
    }
}
