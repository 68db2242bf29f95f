// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRopeGateway} from "../contracts/IRopeGateway.sol";
import {Records} from "./kit/Records.sol";
import {RopeKit} from "./kit/RopeKit.sol";
import {vm} from "./kit/Vm.sol";

contract DataCredentialTest is RopeKit {
    bytes32 private constant ID = keccak256("joint data credential");
    bytes32 private constant SALT = keccak256("salt");
    bytes32 private constant QUERY = keccak256("query");
    uint32 private constant LOAN_REVIEW = 3;
    address private constant BANK = address(0xba);
    uint256 private useCount;

    function granted() private view returns (Records.Credential memory) {
        return Records.Credential({
            action: 1,
            credentialId: ID,
            quota: 3,
            leaseUntilMs: nowMs() + 20_000,
            scalar: 0,
            finalGateway: OUR_UID,
            finalGrantee: Records.digest("account", abi.encodePacked(SALT, toB32(BANK))),
            homeGateway: ROPE_UID,
            purpose: LOAN_REVIEW,
            classification: 2,
            expiryMs: nowMs() + 40_000,
            revokedAtMs: 0,
            policyHash: keccak256("odrl")
        });
    }

    function receiveExpecting(uint8 status, uint16 code, Records.Credential memory c) private {
        deliverExpecting(credentialPacket(Records.credential(c)), status, code);
    }

    function use() private returns (uint64) {
        bytes32 useId = keccak256(abi.encode(++useCount));
        vm.prank(BANK);
        return gateway.useCredential(ID, SALT, LOAN_REVIEW, QUERY, useId);
    }

    function refuseUse(bytes memory revertData) private {
        vm.prank(BANK);
        vm.expectRevert(revertData);
        gateway.useCredential(ID, SALT, LOAN_REVIEW, QUERY, keccak256("refused use"));
    }

    function remaining() private view returns (uint256) {
        return gateway.credential(ID).remaining;
    }

    function test_countsEveryUseUntilTheQuotaIsExhausted() external {
        receiveExpecting(1, 0, granted());
        uint64 atMs = gateway.gatewayNowMs();
        vm.prank(BANK);
        vm.expectEmit();
        emit IRopeGateway.CredentialUsed(ID, keccak256("first"), BANK, 1, LOAN_REVIEW, QUERY, atMs);
        gateway.useCredential(ID, SALT, LOAN_REVIEW, QUERY, keccak256("first"));
        vm.assertEq(remaining(), 2);
        vm.assertEq(use(), 2);
        vm.assertEq(use(), 3);
        vm.assertEq(gateway.credential(ID).used, 3);
        refuseUse(abi.encodeWithSelector(IRopeGateway.QuotaExhausted.selector));
    }

    function test_refusesOthersOtherPurposesAndUsedUseIds() external {
        refuseUse(abi.encodeWithSelector(IRopeGateway.UnknownCredential.selector, ID));
        receiveExpecting(1, 0, granted());
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.NotGrantee.selector, address(this)));
        gateway.useCredential(ID, SALT, LOAN_REVIEW, QUERY, "u");
        vm.prank(BANK);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.NotGrantee.selector, BANK));
        gateway.useCredential(ID, keccak256("another salt"), LOAN_REVIEW, QUERY, "u");
        vm.prank(BANK);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.WrongPurpose.selector, LOAN_REVIEW, 4));
        gateway.useCredential(ID, SALT, 4, QUERY, "u");
        vm.startPrank(BANK);
        gateway.useCredential(ID, SALT, LOAN_REVIEW, QUERY, "u");
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.UseIdTaken.selector, bytes32("u")));
        gateway.useCredential(ID, SALT, LOAN_REVIEW, QUERY, "u");
        vm.stopPrank();
        vm.assertEq(remaining(), 2);
    }

    function test_aUseIdIsItsGranteesOwn() external {
        bytes32 other = keccak256("another credential");
        Records.Credential memory c = granted();
        c.credentialId = other;
        c.finalGrantee = Records.digest("account", abi.encodePacked(SALT, toB32(address(this))));
        receiveExpecting(1, 0, c);
        receiveExpecting(1, 0, granted());
        gateway.useCredential(other, SALT, LOAN_REVIEW, QUERY, "u");
        vm.prank(BANK);
        gateway.useCredential(ID, SALT, LOAN_REVIEW, QUERY, "u");
        vm.assertTrue(gateway.useRecord(ID, BANK, "u") != 0);
        vm.assertTrue(gateway.useRecord(ID, address(this), "u") == 0);
    }

    function test_revocationEndsUseAtOnceAndForGood() external {
        receiveExpecting(1, 0, granted());
        use();
        Records.Credential memory c = granted();
        (c.action, c.revokedAtMs) = (3, 1234);
        receiveExpecting(1, 0, c);
        refuseUse(abi.encodeWithSelector(IRopeGateway.DataCredentialRevoked.selector, 1234));
        receiveExpecting(2, 10, granted());
        vm.assertEq(remaining(), 2);
    }

    function test_aRevocationMayOvertakeItsDelegation() external {
        Records.Credential memory c = granted();
        (c.action, c.revokedAtMs) = (3, 1234);
        receiveExpecting(1, 0, c);
        receiveExpecting(2, 10, granted());
        refuseUse(abi.encodeWithSelector(IRopeGateway.UnknownCredential.selector, ID));
    }

    function test_refusesUseWhenTheLeaseIsOverByTheRopesClock() external {
        Records.Credential memory c = granted();
        receiveExpecting(1, 0, c);
        sealAt(c.leaseUntilMs - 1);
        use();
        sealAt(c.leaseUntilMs);
        refuseUse(abi.encodeWithSelector(IRopeGateway.LeaseOver.selector, c.leaseUntilMs, c.leaseUntilMs));
    }

    function test_refusesUseWhenTheRopeHasNotBeenHeardOfForTooLong() external {
        Records.Credential memory c = granted();
        c.leaseUntilMs = NEVER;
        c.expiryMs = NEVER;
        receiveExpecting(1, 0, c);
        uint64 heardMs = gateway.gatewayNowMs();
        vm.warp(block.timestamp + MAX_LAG_MS / 1000);
        use();
        vm.warp(block.timestamp + 1);
        refuseUse(abi.encodeWithSelector(IRopeGateway.StaleCheckpoint.selector, heardMs, nowMs()));
        seal();
        use();
    }

    function test_refusesDelegationsThatWiden() external {
        receiveExpecting(1, 0, granted());
        Records.Credential memory c = granted();
        c.purpose = 4;
        receiveExpecting(2, 10, c);
        c = granted();
        c.expiryMs += 1;
        receiveExpecting(2, 10, c);
        c = granted();
        c.classification = 1;
        receiveExpecting(2, 10, c);
        c = granted();
        c.finalGrantee = keccak256("another grantee");
        receiveExpecting(2, 10, c);
        c = granted();
        c.homeGateway = HOME_UID;
        receiveExpecting(2, 10, c);
        c = granted();
        c.policyHash = 0;
        receiveExpecting(2, 10, c);
        vm.assertEq(remaining(), 3);
        c = granted();
        c.classification = 3;
        c.expiryMs -= 1;
        receiveExpecting(1, 0, c);
        vm.assertEq(remaining(), 6);
        vm.assertEq(gateway.credential(ID).classification, 3);
    }

    function test_refusesUnsoundDelegations() external {
        Records.Credential memory c = granted();
        c.finalGateway = HOME_UID;
        receiveExpecting(2, 16, c);
        c = granted();
        c.finalGrantee = 0;
        receiveExpecting(2, 15, c);
        c = granted();
        c.quota = 0;
        receiveExpecting(2, 8, c);
        c = granted();
        c.classification = 4;
        receiveExpecting(2, 8, c);
        c = granted();
        c.credentialId = 0;
        receiveExpecting(2, 8, c);
        c = granted();
        c.leaseUntilMs = c.expiryMs + 1;
        receiveExpecting(2, 10, c);
        c = granted();
        c.leaseUntilMs = nowMs();
        receiveExpecting(2, 9, c);
        c = granted();
        c.action = 2;
        receiveExpecting(2, 17, c);
        c.action = 4;
        receiveExpecting(2, 17, c);
        deliverExpecting(credentialPacket(new bytes(206)), 2, 8);
        deliverExpecting(credentialPacket(abi.encodePacked(Records.credential(granted()), uint8(0))), 2, 8);
        c = granted();
        (c.quota, c.scalar) = (0, 730);
        receiveExpecting(1, 0, c);
        vm.assertEq(gateway.credential(ID).scalar, 730);
    }

    function test_unitsOfAnEndedLeaseAreNotCarriedIntoTheNext() external {
        Records.Credential memory c = granted();
        receiveExpecting(1, 0, c);
        use();
        // The rope takes the two left back after the lease; another three come with a new one.
        vm.warp(c.leaseUntilMs / 1000);
        Records.Credential memory renewed = granted();
        renewed.expiryMs = c.expiryMs;
        renewed.leaseUntilMs = c.expiryMs;
        receiveExpecting(1, 0, renewed);
        vm.assertEq(remaining(), 3);
        vm.assertEq(gateway.credential(ID).used, 1);
    }

    function test_anOlderShorterLeaseThatArrivesLateTakesNothingAway() external {
        Records.Credential memory older = granted();
        Records.Credential memory newer = granted();
        newer.leaseUntilMs = newer.expiryMs;
        receiveExpecting(1, 0, newer);
        receiveExpecting(1, 0, older);
        vm.assertEq(gateway.credential(ID).leaseUntilMs, newer.leaseUntilMs);
        vm.assertEq(remaining(), 6);
    }

    function testFuzz_grantedEqualsUsedPlusRemaining(uint8 quota, uint8 attempts) external {
        Records.Credential memory c = granted();
        c.quota = uint64(quota % 8) + 1;
        receiveExpecting(1, 0, c);
        for (uint256 i; i < attempts % 12; ++i) {
            vm.prank(BANK);
            try gateway.useCredential(ID, SALT, LOAN_REVIEW, QUERY, bytes32(i)) {} catch {}
        }
        IRopeGateway.CredentialState memory state = gateway.credential(ID);
        vm.assertEq(state.used + state.remaining, c.quota);
        vm.assertTrue(state.used <= c.quota);
    }
}
