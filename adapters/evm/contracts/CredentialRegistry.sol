// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CheckpointClient} from "./CheckpointClient.sol";
import {Codec} from "./Codec.sol";
import {FailureCode} from "./FailureCode.sol";
import {TaggedHash} from "./TaggedHash.sol";

/// The right to use data, while the data stay at home. Source: docs/protocol.md §5.
abstract contract CredentialRegistry is CheckpointClient {
    uint8 private constant DELEGATE = 1;
    uint8 private constant REVOKE = 3;

    struct Grant {
        bytes32 granteeCommitment;
        bytes32 homeGateway;
        bytes32 policyHash;
        uint64 leaseUntilMs;
        uint64 expiryMs;
        uint64 revokedAtMs;
        uint64 scalar;
        uint32 purpose;
        uint8 classification;
    }

    mapping(bytes32 credentialId => Grant) private grants;

    function credential(bytes32 credentialId) external view returns (CredentialState memory) {
        Grant memory g = grants[credentialId];
        return CredentialState({
            granteeCommitment: g.granteeCommitment,
            homeGateway: g.homeGateway,
            policyHash: g.policyHash,
            leaseUntilMs: g.leaseUntilMs,
            expiryMs: g.expiryMs,
            revokedAtMs: g.revokedAtMs,
            scalar: g.scalar,
            purpose: g.purpose,
            classification: g.classification,
            used: credentialUsed[credentialId],
            remaining: credentialRemaining[credentialId]
        });
    }

    function useRecord(bytes32 credentialId, address grantee, bytes32 useId) external view returns (bytes32) {
        return uses[useOf(credentialId, grantee, useId)];
    }

    function useCredential(bytes32 credentialId, bytes32 salt, uint32 purpose, bytes32 queryDigest, bytes32 useId)
        external
        returns (uint64 n)
    {
        Grant storage g = grants[credentialId];
        uint64 nowMs = gatewayNowMs();
        if (g.homeGateway == 0) revert UnknownCredential(credentialId);
        if (TaggedHash.accountCommitment(salt, msg.sender) != g.granteeCommitment) revert NotGrantee(msg.sender);
        if (g.revokedAtMs != 0) revert DataCredentialRevoked(g.revokedAtMs);
        if (nowMs >= g.leaseUntilMs) revert LeaseOver(g.leaseUntilMs, nowMs);
        // A revocation may be on its way: whoever has not heard of the rope for too long may not use anything.
        requireFresh();
        if (purpose != g.purpose) revert WrongPurpose(g.purpose, purpose);
        uint256 remaining = credentialRemaining[credentialId];
        if (remaining == 0) revert QuotaExhausted();
        bytes32 use = useOf(credentialId, msg.sender, useId);
        if (uses[use] != 0) revert UseIdTaken(useId);

        n = uint64(++credentialUsed[credentialId]);
        credentialRemaining[credentialId] = remaining - 1;
        uses[use] = keccak256(abi.encode(credentialId, n, msg.sender, purpose, queryDigest, nowMs));
        emit CredentialUsed(credentialId, useId, msg.sender, n, purpose, queryDigest, nowMs);
    }

    function executeCredential(bytes calldata payload) internal {
        if (payload.length != Codec.CREDENTIAL_PAYLOAD) FailureCode.fail(FailureCode.BAD_PAYLOAD);
        Codec.CredentialPayload memory c = Codec.decodeCredentialPayload(payload);
        if (c.credentialId == 0) FailureCode.fail(FailureCode.BAD_PAYLOAD);
        if (c.action == DELEGATE) delegate(c);
        else if (c.action == REVOKE) revoke(c);
        else FailureCode.fail(FailureCode.BAD_ACTION);
    }

    /// Holds also for a credential that has not arrived yet: a revocation may overtake its delegation.
    function revoke(Codec.CredentialPayload memory c) private {
        Grant storage g = grants[c.credentialId];
        if (g.revokedAtMs == 0) g.revokedAtMs = c.revokedAtMs == 0 ? gatewayNowMs() : c.revokedAtMs;
        emit CredentialRevoked(c.credentialId, g.revokedAtMs);
    }

    function delegate(Codec.CredentialPayload memory c) private {
        uint64 nowMs = gatewayNowMs();
        requireSound(c, nowMs);
        Grant storage g = grants[c.credentialId];
        if (g.revokedAtMs != 0) FailureCode.fail(FailureCode.NARROWING_VIOLATED);
        uint256 carried = 0;
        if (g.homeGateway == 0) {
            g.granteeCommitment = c.finalGrantee;
            g.homeGateway = c.homeGateway;
            g.policyHash = c.policyHash;
            g.purpose = c.purpose;
            g.leaseUntilMs = c.leaseUntilMs;
        } else {
            requireNarrowing(g, c);
            // Units of a lease that has ended count as returned (the rope takes them back): a new lease starts clean.
            if (nowMs < g.leaseUntilMs) carried = credentialRemaining[c.credentialId];
            // Lanes are unordered: an older, shorter lease that arrives late takes nothing away.
            if (c.leaseUntilMs > g.leaseUntilMs) g.leaseUntilMs = c.leaseUntilMs;
            if (g.leaseUntilMs > c.expiryMs) g.leaseUntilMs = c.expiryMs;
        }
        g.expiryMs = c.expiryMs;
        g.classification = c.classification;
        g.scalar = c.scalar;
        credentialRemaining[c.credentialId] = carried + c.quota;
        emit CredentialDelegated(c.credentialId, c.finalGrantee, c.quota, g.leaseUntilMs);
    }

    function requireSound(Codec.CredentialPayload memory c, uint64 nowMs) private view {
        if (c.finalGateway != gatewayUid) FailureCode.fail(FailureCode.UNKNOWN_GATEWAY);
        if (c.finalGrantee == 0) FailureCode.fail(FailureCode.RECIPIENT_ZERO);
        bool sound = c.homeGateway != 0 && c.revokedAtMs == 0 && c.classification != 0 && c.classification <= 3
            && (c.quota != 0 || c.scalar != 0);
        if (!sound) FailureCode.fail(FailureCode.BAD_PAYLOAD);
        if (c.leaseUntilMs > c.expiryMs) FailureCode.fail(FailureCode.NARROWING_VIOLATED);
        if (nowMs >= c.leaseUntilMs) FailureCode.fail(FailureCode.LEASE_OVER);
    }

    /// Purpose, expiry and classification only narrow; owner, policy and grantee of a position do not change.
    function requireNarrowing(Grant storage g, Codec.CredentialPayload memory c) private view {
        bool narrows = c.homeGateway == g.homeGateway && c.finalGrantee == g.granteeCommitment
            && c.policyHash == g.policyHash && c.purpose == g.purpose && c.expiryMs <= g.expiryMs
            && c.classification >= g.classification;
        if (!narrows) FailureCode.fail(FailureCode.NARROWING_VIOLATED);
    }
}
