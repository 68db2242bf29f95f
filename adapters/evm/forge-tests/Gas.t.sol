// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
import {IRopeGateway} from "../contracts/IRopeGateway.sol";
import {Records} from "./kit/Records.sol";
import {RopeKit} from "./kit/RopeKit.sol";
import {DemoCny} from "../contracts/story/DemoCny.sol";
import {Refuser} from "./kit/Actors.sol";
import {vm} from "./kit/Vm.sol";
interface G { function lastCallGas() external view returns (uint64,uint64,uint64,int64,uint64); }
contract GasTest is RopeKit {
  event Used(string what, uint256 gas);
  function g(string memory w) internal { (, uint64 t,,,) = G(address(vm)).lastCallGas(); emit Used(w,t); }
  function test_gas() external {
    bytes32 M = keccak256("m"); bytes32 T = keccak256("t"); bytes32 O = keccak256("o");
    bytes memory c = checkpointAt(++height, nowMs()); IRopeGateway.Certificate memory cert = certify(Records.digest("checkpoint", c), 7); IRopeGateway.SignerSet memory set = currentSet();
    gateway.submitCheckpoint(c, set, cert); g("checkpoint 3 of 4 first");
    for (uint256 i; i<9;++i){ queue(1,keccak256(abi.encode(i))); seal(); }
    queue(1,keccak256("x")); c = checkpointAt(++height, nowMs()); cert = certify(Records.digest("checkpoint", c), 7);
    gateway.submitCheckpoint(c, set, cert); g("checkpoint 3 of 4 new root, ring warm");
    c = checkpointAt(++height, nowMs()); cert = certify(Records.digest("checkpoint", c), 7);
    gateway.submitCheckpoint(c, set, cert); g("checkpoint heartbeat");
    one(controlPacket(Records.registerAsset(M,1,2,address(0),HOME_UID,0)), "register voucher token");
    one(controlPacket(Records.registerAsset(T,2,2,address(0),HOME_UID,0)), "register voucher title");
    DemoCny d = new DemoCny();
    one(controlPacket(Records.registerAsset(O,1,1,address(d),OUR_UID,0)), "register origin");
    address a = address(0xa1);
    one(assetPacket(a, Records.asset(M,0,5,OUR_UID,a)), "receive voucher first");
    one(assetPacket(a, Records.asset(M,0,5,OUR_UID,a)), "receive voucher again");
    one(assetPacket(a, Records.asset(T,bytes32(uint256(1)),1,OUR_UID,a)), "receive title first");
    one(assetPacket(a, Records.asset(T,bytes32(uint256(2)),1,OUR_UID,a)), "receive title again");
    IRopeGateway.Delivery[] memory b = new IRopeGateway.Delivery[](10);
    Records.Packet[] memory ps = new Records.Packet[](10); uint64[] memory ix = new uint64[](10);
    for (uint256 i;i<10;++i){ ps[i]=assetPacket(a, Records.asset(M,0,5,OUR_UID,a)); ix[i]=queuePacket(Records.packet(ps[i])); }
    seal();
    for (uint256 i;i<10;++i) b[i]=IRopeGateway.Delivery(Records.packet(ps[i]), ps[i].payload, prove(ix[i]));
    gateway.receiveBatch(b, PAYEE); g("batch of 10 vouchers");
    d.mint(address(this), 1000); d.approve(address(gateway), 1000);
    IRopeGateway.AssetOrder memory o; o.assetId=O;o.amountLocal=10;o.finalGateway=HOME_UID;o.finalRecipient=PAYEE;o.timeoutMs=NEVER;o.memo="memo";
    gateway.sendAsset(o); g("send origin first");
    gateway.sendAsset(o); g("send origin again");
    Refuser r = new Refuser(2);
    one(assetPacket(address(r), Records.asset(T,bytes32(uint256(3)),1,OUR_UID,address(r))), "receive burner (500k limit)");
  }
  function one(Records.Packet memory p, string memory w) internal {
    bytes memory packet = Records.packet(p); uint64 i = queuePacket(packet); seal();
    IRopeGateway.OutboxProof memory proof = prove(i);
    gateway.receivePacket(packet, p.payload, PAYEE, proof); g(w);
  }
}
