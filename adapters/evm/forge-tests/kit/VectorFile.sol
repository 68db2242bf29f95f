// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRopeGateway} from "../../contracts/IRopeGateway.sol";
import {vm} from "./Vm.sol";

/// mainchain/protocol/vectors/protocol.json, which every implementation asserts; suite 1 here.
abstract contract VectorFile {
    string internal json;

    function setUp() public virtual {
        json = vm.readFile("mainchain/protocol/vectors/protocol.json");
    }

    /// .suite1.<list>[index]<field>
    function path(string memory list, uint256 index, string memory field) internal pure returns (string memory) {
        return string.concat(".suite1.", list, "[", vm.toString(index), "]", field);
    }

    function path(string memory list, uint256 index, string memory sub, uint256 subIndex, string memory field)
        internal
        pure
        returns (string memory)
    {
        return path(string.concat(list, "[", vm.toString(index), "].", sub), subIndex, field);
    }

    function has(string memory key) internal view returns (bool) {
        return vm.keyExistsJson(json, key);
    }

    function b32(string memory key) internal view returns (bytes32) {
        return vm.parseJsonBytes32(json, key);
    }

    function bin(string memory key) internal view returns (bytes memory) {
        return vm.parseJsonBytes(json, key);
    }

    function num(string memory key) internal view returns (uint256) {
        return vm.parseJsonUint(json, key);
    }

    function signerSet(uint256 i) internal view returns (IRopeGateway.SignerSet memory set) {
        uint256 count;
        while (has(path("signerSets", i, "signers", count, ""))) ++count;
        set.keys = new bytes32[](count);
        set.powers = new uint64[](count);
        for (uint256 k; k < count; ++k) {
            set.keys[k] = b32(path("signerSets", i, "signers", k, ".key"));
            set.powers[k] = uint64(num(path("signerSets", i, "signers", k, ".power")));
        }
    }

    /// The signatures of a checkpoint or handover, all of them.
    function certificate(string memory list, uint256 i) internal view returns (IRopeGateway.Certificate memory c) {
        uint256 count;
        while (has(path(list, i, "signatures", count, ""))) ++count;
        c.signers = new uint16[](count);
        c.signatures = new bytes[](count);
        for (uint256 k; k < count; ++k) {
            c.signers[k] = uint16(k);
            c.signatures[k] = bin(path(list, i, "signatures", k, ".signature"));
        }
    }

    /// Proof `k` of outbox `i`, under outboxes tree `tree` in which our gateway stands at `position`.
    function proofOf(uint256 i, uint256 k, uint256 tree, uint256 position)
        internal
        view
        returns (IRopeGateway.OutboxProof memory proof)
    {
        proof.index = uint64(num(path("outbox", i, "proofs", k, ".index")));
        proof.count = uint64(num(path("outbox", i, ".count")));
        proof.leafPath = vm.parseJsonBytes32Array(json, path("outbox", i, "proofs", k, ".siblings"));
        proof.outboxesPosition = uint32(position);
        proof.outboxesCount = uint32(num(path("outboxes", tree, ".count")));
        proof.outboxesPath = vm.parseJsonBytes32Array(json, path("outboxes", tree, "paths", position, ".siblings"));
    }
}
