// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IRopeGateway} from "../../contracts/IRopeGateway.sol";

/// Takes titles and, on taking one, calls back whatever it was told to.
contract Reentrant {
    bytes private call_;
    bool public called;
    bytes public reason;

    function prepare(bytes calldata call) external {
        call_ = call;
    }

    function onERC721Received(address, address, uint256, bytes calldata) external returns (bytes4) {
        (bool ok, bytes memory result) = IGatewayOf(msg.sender).gateway().call(call_);
        called = ok;
        reason = result;
        return this.onERC721Received.selector;
    }
}

interface IGatewayOf {
    function gateway() external view returns (address);
}

/// Refuses titles in the ways that a hostile receiver knows.
contract Refuser {
    uint256 private immutable manner;

    constructor(uint256 manner_) {
        manner = manner_;
    }

    function onERC721Received(address, address, uint256, bytes calldata) external view returns (bytes4) {
        if (manner == 0) revert IRopeGateway.ExecutionFailed(1);
        if (manner == 1) {
            // Return bomb: whoever copies this pays for it.
            assembly ("memory-safe") {
                revert(0, 300000)
            }
        }
        if (manner == 2) while (true) {}
        return 0xdeadbeef;
    }
}

/// Keeps a tenth of what it moves, out of the receiver's share, or on top out of the payer's pocket.
contract FeeToken is ERC20("fee", "FEE") {
    bool public onTop;
    bool public frozenOut;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function chargeOnTop() external {
        onTop = true;
    }

    function stop() external {
        frozenOut = true;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!frozenOut, "stopped");
        if (from == address(0) || to == address(0)) return super._update(from, to, value);
        uint256 fee = value / 10;
        super._update(from, to, onTop ? value : value - fee);
        super._update(from, address(0xfee), fee);
    }
}

/// A token of 2^200 units, for amounts that do not fit the wire.
contract HugeToken is ERC20("huge", "HUGE") {
    constructor() {
        _mint(msg.sender, 1 << 200);
    }
}
