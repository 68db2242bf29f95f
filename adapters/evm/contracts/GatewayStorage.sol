// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRopeGateway} from "./IRopeGateway.sol";

/// Slots 0 to 6 are part of the protocol: the rope proves them. Source: docs/protocol.md §9, "EVM slots".
/// The configuration is immutable, so the code hash that the rope pins covers it.
abstract contract GatewayStorage is IRopeGateway {
    mapping(bytes32 lanePosition => bytes32 packetHash) internal commitments; // 0
    mapping(bytes32 lanePosition => bytes32 ackHash) internal receipts; // 1
    mapping(bytes32 assetCounter => uint256 units) internal counters; // 2
    mapping(bytes32 title => bytes32 lienHash) internal liens; // 3
    mapping(bytes32 use => bytes32 useHash) internal uses; // 4
    mapping(bytes32 credentialId => uint256 units) internal credentialUsed; // 5
    mapping(bytes32 credentialId => uint256 units) internal credentialRemaining; // 6

    /// The rope counts on it when it takes back the units of a lease that is over. Source: docs/protocol.md §5.
    uint64 private constant MAX_LAG_MS = 600_000;

    bytes32 public immutable override gatewayUid;
    bytes32 internal immutable ropeChainId;
    bytes32 internal immutable ropeGatewayUid;
    bytes32 internal immutable strandGenesisHash;
    uint32 internal immutable deployment;
    uint64 internal immutable initialEpoch;
    uint64 internal immutable trustedHeight;
    uint64 internal immutable trustedTimeMs;
    uint64 internal immutable trustingPeriodMs;
    uint64 internal immutable maxLagMs;

    constructor(Configuration memory c) {
        bool complete = c.gatewayUid != 0 && c.ropeChainId != 0 && c.ropeGatewayUid != 0 && c.strandGenesisHash != 0
            && c.trustedTimeMs != 0 && c.trustingPeriodMs != 0 && c.maxLagMs != 0 && c.maxLagMs <= MAX_LAG_MS;
        if (!complete || c.gatewayUid == c.ropeGatewayUid) revert BadConfiguration();
        gatewayUid = c.gatewayUid;
        ropeChainId = c.ropeChainId;
        ropeGatewayUid = c.ropeGatewayUid;
        strandGenesisHash = c.strandGenesisHash;
        deployment = c.deployment;
        initialEpoch = c.epoch;
        trustedHeight = c.trustedHeight;
        trustedTimeMs = c.trustedTimeMs;
        trustingPeriodMs = c.trustingPeriodMs;
        maxLagMs = c.maxLagMs;
        emit Configured(c);
    }

    /// Key of slots 0 and 1.
    function lanePosition(bytes32 gateway, uint16 lane, uint64 sequence) internal pure returns (bytes32) {
        return keccak256(abi.encode(gateway, lane, sequence));
    }

    function laneOf(bytes32 gateway, uint16 lane) internal pure returns (bytes32) {
        return keccak256(abi.encode(gateway, lane));
    }

    /// Key of slot 3.
    function titleOf(bytes32 assetId, bytes32 tokenId) internal pure returns (bytes32) {
        return keccak256(abi.encode(assetId, tokenId));
    }

    /// Key of slot 4: a grantee names its own uses, and nobody can take a name away from another.
    function useOf(bytes32 credentialId, address grantee, bytes32 useId) internal pure returns (bytes32) {
        return keccak256(abi.encode(credentialId, grantee, useId));
    }

    function localNowMs() internal view returns (uint64) {
        return uint64(block.timestamp * 1000);
    }
}
