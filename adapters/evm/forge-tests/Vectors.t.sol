// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Codec} from "../contracts/Codec.sol";
import {IRopeGateway} from "../contracts/IRopeGateway.sol";
import {OutboxProofs} from "../contracts/OutboxProofs.sol";
import {SignerSets} from "../contracts/SignerSets.sol";
import {TaggedHash} from "../contracts/TaggedHash.sol";
import {Records} from "./kit/Records.sol";
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

/// mainchain/protocol/vectors/protocol.json, which every implementation asserts; suite 1 here.
contract VectorsTest {
    string private json;
    Libraries private libraries;

    function setUp() public {
        json = vm.readFile("mainchain/protocol/vectors/protocol.json");
        libraries = new Libraries();
    }

    function at_(string memory list, uint256 index, string memory field) private pure returns (string memory) {
        return string(abi.encodePacked(".suite1.", list, "[", vm.toString(index), "]", field));
    }

    function has(string memory list, uint256 index) private view returns (bool) {
        return vm.keyExistsJson(json, at_(list, index, ""));
    }

    function b32(string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, key);
    }

    function bin(string memory key) private view returns (bytes memory) {
        return vm.parseJsonBytes(json, key);
    }

    function num(string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, key);
    }

    function test_taggedHashes() external view {
        uint256 i;
        for (; has("hashing", i); ++i) {
            bytes memory input = bin(at_("hashing", i, ".input"));
            bytes32 digest = b32(at_("hashing", i, ".digest"));
            vm.assertEq(libraries.digest(b32(at_("hashing", i, ".tag")), input), digest);
            vm.assertEq(Records.digest(vm.parseJsonString(json, at_("hashing", i, ".type")), input), digest);
        }
        vm.assertTrue(i >= 12);
        vm.assertEq(libraries.digest(TaggedHash.PAYLOAD, ""), b32(".suite1.emptyPayloadHash"));
        vm.assertEq(Records.outboxRoot(new bytes32[](0)), b32(".suite1.emptyOutboxRoot"));
        bytes32 commitment = libraries.digest(
            TaggedHash.ACCOUNT, abi.encodePacked(b32(".rope.accountCommitment.salt"), b32(".rope.accountCommitment.account"))
        );
        vm.assertEq(commitment, b32(".rope.accountCommitment.keccak"));
        address account = address(uint160(uint256(b32(".rope.accountCommitment.account"))));
        vm.assertEq(TaggedHash.accountCommitment(b32(".rope.accountCommitment.salt"), account), commitment);
    }

    function test_packets() external view {
        uint256 i;
        for (; has("packets", i); ++i) {
            bytes memory encoded = bin(at_("packets", i, ".encoded"));
            bytes memory payload = bin(at_("packets", i, ".payload"));
            Codec.Packet memory p = libraries.decodePacket(encoded);
            vm.assertEq(libraries.digest(TaggedHash.PACKET, encoded), b32(at_("packets", i, ".hash")));
            vm.assertEq(libraries.digest(TaggedHash.PAYLOAD, payload), p.payloadHash);
            vm.assertEq(p.payloadLength, payload.length);
            vm.assertEq(p.kind, num(at_("packets", i, ".packet.kind")));
            vm.assertEq(p.lane, num(at_("packets", i, ".packet.lane")));
            vm.assertEq(p.sequence, num(at_("packets", i, ".packet.sequence")));
            vm.assertEq(p.sourceGateway, b32(at_("packets", i, ".packet.sourceGateway")));
            vm.assertEq(p.destinationGateway, b32(at_("packets", i, ".packet.destinationGateway")));
            vm.assertEq(p.sender, b32(at_("packets", i, ".packet.sender")));
            vm.assertEq(p.recipient, b32(at_("packets", i, ".packet.recipient")));
            vm.assertEq(p.timeoutMs, num(at_("packets", i, ".packet.timeoutMs")));
            vm.assertEq(p.gasLimit, num(at_("packets", i, ".packet.gasLimit")));
            bool leg1 = b32(at_("packets", i, ".packet.transferId")) == 0;
            if (leg1) vm.assertEq(libraries.encodePacket(p), encoded);
            checkPayload(i, p.kind, payload);
        }
        vm.assertTrue(i >= 12);
    }

    function checkPayload(uint256 i, uint8 kind, bytes memory payload) private view {
        if (kind == 1) {
            (bool ok, Codec.AssetPayload memory a) = libraries.decodeAssetPayload(payload);
            vm.assertTrue(ok);
            vm.assertEq(a.assetId, b32(at_("packets", i, ".payloadFields.assetId")));
            vm.assertEq(a.tokenId, b32(at_("packets", i, ".payloadFields.tokenId")));
            vm.assertEq(a.amount, num(at_("packets", i, ".payloadFields.amount")));
            vm.assertEq(a.finalGateway, b32(at_("packets", i, ".payloadFields.finalGateway")));
            vm.assertEq(a.finalRecipient, b32(at_("packets", i, ".payloadFields.finalRecipient")));
        } else if (kind == 2) {
            Codec.CredentialPayload memory c = libraries.decodeCredentialPayload(payload);
            vm.assertEq(c.action, num(at_("packets", i, ".payloadFields.action")));
            vm.assertEq(c.credentialId, b32(at_("packets", i, ".payloadFields.credentialId")));
            vm.assertEq(c.quota, num(at_("packets", i, ".payloadFields.quota")));
            vm.assertEq(c.leaseUntilMs, num(at_("packets", i, ".payloadFields.leaseUntilMs")));
            vm.assertEq(c.scalar, num(at_("packets", i, ".payloadFields.scalar")));
            vm.assertEq(c.finalGrantee, b32(at_("packets", i, ".payloadFields.finalGrantee")));
            vm.assertEq(c.homeGateway, b32(at_("packets", i, ".payloadFields.homeGateway")));
            vm.assertEq(c.purpose, num(at_("packets", i, ".payloadFields.purpose")));
            vm.assertEq(c.classification, num(at_("packets", i, ".payloadFields.classification")));
            vm.assertEq(c.expiryMs, num(at_("packets", i, ".payloadFields.expiryMs")));
            vm.assertEq(c.revokedAtMs, num(at_("packets", i, ".payloadFields.revokedAtMs")));
            vm.assertEq(c.policyHash, b32(at_("packets", i, ".payloadFields.policyHash")));
        }
    }

    function test_acknowledgements() external view {
        uint256 i;
        for (; has("acknowledgements", i); ++i) {
            bytes memory encoded = bin(at_("acknowledgements", i, ".encoded"));
            Codec.Acknowledgement memory a = libraries.decodeAcknowledgement(encoded);
            vm.assertEq(libraries.digest(TaggedHash.ACK, encoded), b32(at_("acknowledgements", i, ".hash")));
            vm.assertEq(a.status, num(at_("acknowledgements", i, ".acknowledgement.status")));
            vm.assertEq(a.code, num(at_("acknowledgements", i, ".acknowledgement.code")));
            vm.assertEq(a.packetHash, b32(at_("acknowledgements", i, ".acknowledgement.packetHash")));
        }
        vm.assertEq(i, 3);
    }

    function test_signerSets() external view {
        uint256 i;
        for (; has("signerSets", i); ++i) {
            bytes32 hash = SignerSets.hash(
                b32(at_("signerSets", i, ".ropeChainId")), uint64(num(at_("signerSets", i, ".epoch"))), signerSet(i)
            );
            vm.assertEq(hash, b32(at_("signerSets", i, ".hash")));
        }
        vm.assertTrue(i >= 2);
    }

    function signerSet(uint256 i) private view returns (IRopeGateway.SignerSet memory set) {
        uint256 count;
        while (has(at(".suite1.signerSets", i, ".signers"), count)) ++count;
        set.keys = new bytes32[](count);
        set.powers = new uint64[](count);
        for (uint256 k; k < count; ++k) {
            string memory signer = at(at("signerSets", i, ".signers"), k, "");
            set.keys[k] = b32(string(abi.encodePacked(".suite1.", signer, ".key")));
            set.powers[k] = uint64(num(string(abi.encodePacked(".suite1.", signer, ".power"))));
        }
    }
}
