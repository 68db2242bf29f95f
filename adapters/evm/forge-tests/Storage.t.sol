// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRopeGateway} from "../contracts/IRopeGateway.sol";
import {DemoCny} from "../contracts/story/DemoCny.sol";
import {Records} from "./kit/Records.sol";
import {RopeKit} from "./kit/RopeKit.sol";
import {vm} from "./kit/Vm.sol";

/// The rope proves these slots (docs/protocol.md §9): where they lie is part of the protocol.
contract StorageTest is RopeKit {
    bytes32 private constant ASSET = keccak256("asset");
    bytes32 private constant CREDENTIAL = keccak256("credential");
    bytes32 private constant SALT = keccak256("salt");

    function slotOf(bytes32 key, uint256 slot) private view returns (bytes32) {
        return vm.load(address(gateway), keccak256(abi.encode(key, slot)));
    }

    function test_commitmentsLieInSlot0AndCountersInSlot2() external {
        DemoCny token = new DemoCny();
        register(ASSET, 1, 1, address(token), 0);
        token.mint(address(this), 700);
        token.approve(address(gateway), 700);
        IRopeGateway.AssetOrder memory order;
        order.assetId = ASSET;
        order.amountLocal = 700;
        order.finalGateway = HOME_UID;
        order.finalRecipient = keccak256("recipient");
        order.timeoutMs = soon();
        (uint64 sequence, bytes32 packetHash) = gateway.sendAsset(order);

        vm.assertEq(slotOf(keccak256(abi.encode(ROPE_UID, uint16(0), sequence)), 0), packetHash);
        vm.assertEq(uint256(slotOf(keccak256(abi.encode(ASSET, uint256(1))), 2)), 700);
        vm.assertEq(uint256(slotOf(keccak256(abi.encode(ASSET, uint256(4))), 2)), 700);
    }

    function test_receiptsLieInSlot1() external {
        Records.Packet memory p = controlPacket(hex"09");
        deliver(p);
        bytes memory ack = Records.acknowledge(p, 2, 17, PAYEE, gateway.gatewayNowMs());
        bytes32 key = keccak256(abi.encode(ROPE_UID, CONTROL_LANE, uint64(1)));
        vm.assertEq(slotOf(key, 1), Records.digest("ack", ack));
    }

    function test_usesLieInSlots4To6() external {
        Records.Credential memory c;
        c.action = 1;
        c.credentialId = CREDENTIAL;
        c.quota = 3;
        c.leaseUntilMs = nowMs() + 1000;
        c.expiryMs = c.leaseUntilMs;
        c.finalGateway = OUR_UID;
        c.finalGrantee = Records.digest("account", abi.encodePacked(SALT, toB32(address(this))));
        c.homeGateway = HOME_UID;
        c.purpose = 5;
        c.classification = 1;
        deliverExpecting(credentialPacket(Records.credential(c)), 1, 0);
        gateway.useCredential(CREDENTIAL, SALT, 5, keccak256("query"), keccak256("use"));

        bytes32 record = keccak256(
            abi.encode(CREDENTIAL, uint64(1), address(this), uint32(5), keccak256("query"), gateway.gatewayNowMs())
        );
        bytes32 use = keccak256(abi.encode(CREDENTIAL, address(this), keccak256("use")));
        vm.assertEq(slotOf(use, 4), record);
        vm.assertEq(gateway.useRecord(CREDENTIAL, address(this), keccak256("use")), record);
        vm.assertEq(uint256(slotOf(CREDENTIAL, 5)), 1);
        vm.assertEq(uint256(slotOf(CREDENTIAL, 6)), 2);
    }

    function test_codeFitsAndHasNoOwnerOrPause() external {
        vm.assertTrue(address(gateway).code.length <= 24_576);
        string[4] memory names = ["owner()", "pause()", "admin()", "upgradeTo(address)"];
        for (uint256 i; i < names.length; ++i) {
            (bool ok,) = address(gateway).call(abi.encodeWithSelector(bytes4(keccak256(bytes(names[i]))), address(1)));
            vm.assertFalse(ok);
        }
    }
}
