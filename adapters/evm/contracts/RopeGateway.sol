// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CheckpointClient} from "./CheckpointClient.sol";
import {GatewayStorage} from "./GatewayStorage.sol";
import {LienRegistry} from "./LienRegistry.sol";
import {PacketReceiver} from "./PacketReceiver.sol";
import {PacketSender} from "./PacketSender.sol";

/// The whole gateway. Initialised here and never again: there is no proxy, no owner and no pause.
contract RopeGateway is PacketReceiver, PacketSender, LienRegistry {
    constructor(Configuration memory configuration_, SignerSet memory signerSet)
        GatewayStorage(configuration_)
        CheckpointClient(configuration_, signerSet)
    {}
}
