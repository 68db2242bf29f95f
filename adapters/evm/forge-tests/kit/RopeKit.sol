// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRopeGateway} from "../../contracts/IRopeGateway.sol";
import {Records} from "./Records.sol";
import {vm} from "./Vm.sol";

/// The rope's end of the knot, in Solidity: four signers, an outbox, checkpoints. Everything is signed and hashed for
/// real, and written apart from the contracts' own codec so that the two check each other.
abstract contract RopeKit {
    bytes32 internal constant ROPE_CHAIN = keccak256("rope chain");
    bytes32 internal constant ROPE_UID = keccak256("rope gateway");
    bytes32 internal constant OUR_UID = keccak256("strand gateway");
    bytes32 internal constant HOME_UID = keccak256("another strand's gateway");
    bytes32 internal constant PAYEE = keccak256("relayer");
    uint64 internal constant EPOCH = 7;
    uint64 internal constant TRUSTING_MS = 7 days * 1000;
    uint64 internal constant MAX_LAG_MS = 60_000;
    uint64 internal constant NEVER = type(uint64).max;
    uint16 internal constant CONTROL_LANE = 0x8001;
    uint32 internal constant GAS = 500_000;

    IRopeGateway internal gateway;
    uint256[] internal signerKeys;
    uint64[] internal signerPowers;
    uint64 internal epoch = EPOCH;
    uint64 internal height = 100;
    bytes32[] private outbox;
    uint64 private assetSequence;
    uint64 private controlSequence;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        for (uint256 i; i < 4; ++i) {
            signerKeys.push(keyAt(i));
            signerPowers.push(10);
        }
        gateway = deploy(configuration(), currentSet());
    }

    // ------------------------------------------------------------------ signers

    /// Four private keys whose addresses ascend.
    function keyAt(uint256 index) internal pure returns (uint256) {
        uint256[4] memory keys = [uint256(11), 12, 13, 14];
        for (uint256 i; i < 4; ++i) {
            for (uint256 j = i + 1; j < 4; ++j) {
                if (vm.addr(keys[j]) < vm.addr(keys[i])) (keys[i], keys[j]) = (keys[j], keys[i]);
            }
        }
        return keys[index];
    }

    function setOf(uint256[] memory keys, uint64[] memory powers)
        internal
        pure
        returns (IRopeGateway.SignerSet memory set)
    {
        set.keys = new bytes32[](keys.length);
        set.powers = powers;
        for (uint256 i; i < keys.length; ++i) {
            set.keys[i] = toB32(vm.addr(keys[i]));
        }
    }

    function currentSet() internal view returns (IRopeGateway.SignerSet memory) {
        return setOf(signerKeys, signerPowers);
    }

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// Signed by the signers named in `mask`, lowest first.
    function certify(bytes32 digest, uint256 mask) internal view returns (IRopeGateway.Certificate memory c) {
        uint256 count;
        for (uint256 i; i < signerKeys.length; ++i) {
            count += (mask >> i) & 1;
        }
        c.signers = new uint16[](count);
        c.signatures = new bytes[](count);
        uint256 at_;
        for (uint256 i; i < signerKeys.length; ++i) {
            if ((mask >> i) & 1 == 0) continue;
            c.signers[at_] = uint16(i);
            c.signatures[at_++] = signature(signerKeys[i], digest);
        }
    }

    // -------------------------------------------------------------- checkpoints

    function nowMs() internal view returns (uint64) {
        return uint64(block.timestamp * 1000);
    }

    /// A time that a packet of this strand may end at.
    function soon() internal view returns (uint64) {
        return gateway.gatewayNowMs() + 20 days * 1000;
    }

    function configuration() internal view returns (IRopeGateway.Configuration memory) {
        return IRopeGateway.Configuration({
            ropeChainId: ROPE_CHAIN,
            ropeGatewayUid: ROPE_UID,
            gatewayUid: OUR_UID,
            strandGenesisHash: keccak256("genesis"),
            deployment: 1,
            epoch: EPOCH,
            trustedHeight: height,
            trustedTimeMs: nowMs(),
            trustingPeriodMs: TRUSTING_MS,
            maxLagMs: MAX_LAG_MS
        });
    }

    function deploy(IRopeGateway.Configuration memory c, IRopeGateway.SignerSet memory set)
        internal
        returns (IRopeGateway)
    {
        return IRopeGateway(vm.deployCode("RopeGateway.sol:RopeGateway", abi.encode(c, set)));
    }

    function checkpointAt(uint64 atHeight, uint64 timeMs) internal view returns (bytes memory) {
        return Records.checkpoint(ROPE_CHAIN, epoch, atHeight, timeMs, outboxesRoot(), keccak256("state"));
    }

    function submit(bytes memory checkpoint) internal {
        gateway.submitCheckpoint(checkpoint, currentSet(), certify(Records.digest("checkpoint", checkpoint), 7));
    }

    /// A checkpoint of the outbox as it stands, at the strand's own time.
    function seal() internal {
        submit(checkpointAt(++height, nowMs()));
    }

    function sealAt(uint64 timeMs) internal {
        submit(checkpointAt(++height, timeMs));
    }

    // ------------------------------------------------------------------- outbox

    function queue(uint8 leafType, bytes32 bodyHash) internal returns (uint64 index) {
        index = uint64(outbox.length);
        outbox.push(Records.outboxLeaf(index, leafType, bodyHash));
    }

    function queuePacket(bytes memory packet) internal returns (uint64) {
        return queue(1, Records.digest("packet", packet));
    }

    function queueAck(bytes memory ack) internal returns (uint64) {
        return queue(2, Records.digest("ack", ack));
    }

    function summaries() private view returns (bytes32 low, bytes32 ours, bytes32 high) {
        low = Records.outboxesLeaf(bytes32(uint256(1)), 5, keccak256("low"));
        ours = Records.outboxesLeaf(OUR_UID, uint64(outbox.length), Records.outboxRoot(outbox));
        high = Records.outboxesLeaf(bytes32(type(uint256).max), 0, Records.outboxRoot(new bytes32[](0)));
    }

    /// Three gateways, ours in the middle; the fourth place is padding.
    function outboxesRoot() internal view returns (bytes32) {
        (bytes32 low, bytes32 ours, bytes32 high) = summaries();
        bytes32 top = Records.node(
            "outboxes-node", Records.node("outboxes-node", low, ours), Records.node("outboxes-node", high, 0)
        );
        return Records.digest("outboxes-root", abi.encodePacked(uint32(3), top));
    }

    function prove(uint64 index) internal view returns (IRopeGateway.OutboxProof memory proof) {
        (bytes32 low,, bytes32 high) = summaries();
        proof.index = index;
        proof.count = uint64(outbox.length);
        proof.leafPath = Records.outboxPath(outbox, index);
        proof.outboxesPosition = 1;
        proof.outboxesCount = 3;
        proof.outboxesPath = new bytes32[](2);
        proof.outboxesPath[0] = low;
        proof.outboxesPath[1] = Records.node("outboxes-node", high, 0);
    }

    // ------------------------------------------------------------------ packets

    function assetPacket(address recipient, bytes memory payload) internal returns (Records.Packet memory) {
        return packetOf(1, 0, ++assetSequence, toB32(recipient), payload);
    }

    function controlPacket(bytes memory payload) internal returns (Records.Packet memory p) {
        p = packetOf(3, CONTROL_LANE, ++controlSequence, 0, payload);
        p.gasLimit = 1_000_000;
    }

    function credentialPacket(bytes memory payload) internal returns (Records.Packet memory) {
        return packetOf(2, 0, ++assetSequence, 0, payload);
    }

    function packetOf(uint8 kind, uint16 lane, uint64 sequence, bytes32 recipient, bytes memory payload)
        internal
        pure
        returns (Records.Packet memory)
    {
        return Records.Packet({
            kind: kind,
            lane: lane,
            sequence: sequence,
            sourceGateway: ROPE_UID,
            destinationGateway: OUR_UID,
            transferId: keccak256("leg 1"),
            sender: keccak256("sender"),
            recipient: recipient,
            timeoutMs: NEVER,
            gasLimit: GAS,
            payload: payload
        });
    }

    /// Queued, sealed and received; returns the status of its receipt.
    function deliver(Records.Packet memory p) internal returns (uint8) {
        bytes memory packet = Records.packet(p);
        uint64 index = queuePacket(packet);
        seal();
        return gateway.receivePacket(packet, p.payload, PAYEE, prove(index));
    }

    /// Delivers and checks status and failure code by the receipt's exact hash.
    function deliverExpecting(Records.Packet memory p, uint8 status, uint16 code) internal {
        vm.assertEq(deliver(p), status, "status");
        bytes32 expected = Records.digest("ack", Records.acknowledge(p, status, code, PAYEE, gateway.gatewayNowMs()));
        vm.assertEq(gateway.receipt(p.sourceGateway, p.lane, p.sequence), expected, "receipt");
    }

    function register(bytes32 assetId, uint8 class, uint8 mode, address token, int8 scale) internal {
        deliverExpecting(controlPacket(Records.registerAsset(assetId, class, mode, token, originOf(mode), scale)), 1, 0);
    }

    function originOf(uint8 mode) internal pure returns (bytes32) {
        return mode == 1 ? OUR_UID : HOME_UID;
    }

    function toB32(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}
