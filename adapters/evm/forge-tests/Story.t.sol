// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IRopeGateway} from "../contracts/IRopeGateway.sol";
import {DemoCny} from "../contracts/story/DemoCny.sol";
import {PledgeLoan} from "../contracts/story/PledgeLoan.sol";
import {WarehouseTitle} from "../contracts/story/WarehouseTitle.sol";
import {Records} from "./kit/Records.sol";
import {RopeKit} from "./kit/RopeKit.sol";
import {vm} from "./kit/Vm.sol";

/// The title on its way into a loan, and the lien that the rope reads.
contract StoryTest is RopeKit {
    bytes32 private constant TITLE = keccak256("title");
    bytes32 private constant CD1 = bytes32(uint256(20261122_0001));
    bytes32 private constant AGREEMENT = keccak256("agreement");
    address private constant HOLDER = address(0x101de5);
    address private constant BANK = address(0xba);
    uint256 private constant KEEPER_KEY = 77;
    uint256 private constant PRINCIPAL = 220_000_00;
    uint256 private constant REPAYMENT = 223_000_00;
    DemoCny private money;
    PledgeLoan private loans;
    IERC721 private voucher;

    function setUp() public override {
        super.setUp();
        money = new DemoCny();
        loans = new PledgeLoan(gateway, money);
        register(TITLE, 2, 2, address(0), 0);
        voucher = IERC721(gateway.asset(TITLE).token);
        money.mint(BANK, PRINCIPAL);
    }

    function lienSlot() private view returns (bytes32) {
        bytes32 key = keccak256(abi.encode(TITLE, CD1));
        return vm.load(address(gateway), keccak256(abi.encode(key, uint256(3))));
    }

    function offered() private returns (uint256 loanId) {
        PledgeLoan.Loan memory terms;
        (terms.borrower, terms.assetId, terms.tokenId) = (HOLDER, TITLE, CD1);
        (terms.principal, terms.repayment, terms.agreement) = (PRINCIPAL, REPAYMENT, AGREEMENT);
        terms.dueAt = uint64(block.timestamp + 30 days);
        vm.startPrank(BANK);
        money.approve(address(loans), PRINCIPAL);
        loanId = loans.offer(terms);
        vm.stopPrank();
    }

    function pledged() private returns (uint256 loanId) {
        loanId = offered();
        deliverExpecting(assetPacket(HOLDER, Records.asset(TITLE, CD1, 1, OUR_UID, HOLDER)), 1, 0);
        vm.startPrank(HOLDER);
        voucher.approve(address(loans), uint256(CD1));
        loans.pledge(loanId);
        vm.stopPrank();
    }

    function test_pledgingTakesTheTitleSetsTheLienAndPaysAtOnce() external {
        uint256 loanId = offered();
        vm.assertEq(money.balanceOf(address(loans)), PRINCIPAL);
        vm.prank(HOLDER);
        vm.expectRevert();
        loans.pledge(loanId);
        deliverExpecting(assetPacket(HOLDER, Records.asset(TITLE, CD1, 1, OUR_UID, HOLDER)), 1, 0);
        vm.startPrank(HOLDER);
        voucher.approve(address(loans), uint256(CD1));
        loans.pledge(loanId);
        vm.stopPrank();
        vm.assertEq(money.balanceOf(HOLDER), PRINCIPAL);
        vm.assertEq(voucher.ownerOf(uint256(CD1)), address(loans));
        bytes32 expected = keccak256(abi.encode(toB32(BANK), PRINCIPAL, AGREEMENT));
        vm.assertEq(lienSlot(), expected);
        vm.assertEq(gateway.lien(TITLE, CD1), expected);
    }

    function test_repaymentReleasesTheLienAndReturnsTheTitle() external {
        uint256 loanId = pledged();
        money.mint(HOLDER, REPAYMENT - PRINCIPAL);
        vm.startPrank(HOLDER);
        money.approve(address(loans), REPAYMENT);
        loans.repay(loanId);
        vm.expectRevert(abi.encodeWithSelector(PledgeLoan.WrongStage.selector, loanId, PledgeLoan.Stage.Repaid));
        loans.repay(loanId);
        vm.stopPrank();
        vm.assertEq(lienSlot(), 0);
        vm.assertEq(voucher.ownerOf(uint256(CD1)), HOLDER);
        vm.assertEq(money.balanceOf(BANK), REPAYMENT);
    }

    function test_theBankForeclosesOnlyAfterTheDueTime() external {
        uint256 loanId = pledged();
        vm.startPrank(BANK);
        uint64 dueAt = loans.loan(loanId).dueAt;
        vm.expectRevert(abi.encodeWithSelector(PledgeLoan.NotDue.selector, dueAt));
        loans.foreclose(loanId);
        vm.warp(dueAt + 1);
        loans.foreclose(loanId);
        vm.stopPrank();
        vm.assertEq(lienSlot(), 0);
        vm.assertEq(voucher.ownerOf(uint256(CD1)), BANK);
    }

    function test_onlyThePartiesMoveALoan() external {
        uint256 loanId = offered();
        vm.expectRevert(PledgeLoan.OnlyBorrower.selector);
        loans.pledge(loanId);
        vm.expectRevert(PledgeLoan.OnlyBank.selector);
        loans.withdrawOffer(loanId);
        vm.prank(BANK);
        loans.withdrawOffer(loanId);
        vm.assertEq(money.balanceOf(BANK), PRINCIPAL);
        PledgeLoan.Loan memory terms;
        vm.expectRevert(PledgeLoan.BadTerms.selector);
        loans.offer(terms);
    }

    function test_anEncumberedTitleCannotLeaveTheChain() external {
        EncumberingHolder holder = new EncumberingHolder(gateway);
        deliverExpecting(assetPacket(address(holder), Records.asset(TITLE, CD1, 1, OUR_UID, address(holder))), 1, 0);
        holder.encumber(TITLE, CD1);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.Encumbered.selector, TITLE, CD1));
        holder.encumber(TITLE, CD1);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.Encumbered.selector, TITLE, CD1));
        holder.send(TITLE, CD1, HOME_UID);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.NotLienSetter.selector, address(this)));
        gateway.releaseLien(TITLE, CD1);
        holder.release(TITLE, CD1);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.NotEncumbered.selector, TITLE, CD1));
        holder.release(TITLE, CD1);
        holder.send(TITLE, CD1, HOME_UID);
    }

    function test_onlyAContractThatHoldsTheTitleSetsALien() external {
        deliverExpecting(assetPacket(HOLDER, Records.asset(TITLE, CD1, 1, OUR_UID, HOLDER)), 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.NotHolder.selector, TITLE, CD1));
        gateway.setLien(TITLE, CD1, toB32(BANK), 1, AGREEMENT);
        vm.prank(HOLDER);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.NotHolder.selector, TITLE, CD1));
        gateway.setLien(TITLE, CD1, toB32(BANK), 1, AGREEMENT);
        vm.expectRevert(abi.encodeWithSelector(IRopeGateway.UnknownAsset.selector, AGREEMENT));
        gateway.setLien(AGREEMENT, CD1, toB32(BANK), 1, AGREEMENT);
    }

    // ----------------------------------------------------------- warehouse title

    function issued() private returns (WarehouseTitle titles) {
        address keeper = vm.addr(KEEPER_KEY);
        titles = new WarehouseTitle(unicode"仓单", "CD", keeper);
        vm.prank(keeper);
        titles.issue(1, HOLDER, keccak256("fields"), 92_360);
    }

    function test_aTitleMovesOnlyWithTheKeepersConsent() external {
        WarehouseTitle titles = issued();
        address keeper = vm.addr(KEEPER_KEY);
        vm.prank(HOLDER);
        vm.expectRevert(abi.encodeWithSelector(WarehouseTitle.KeeperConsentMissing.selector, 1, BANK));
        titles.transferFrom(HOLDER, BANK, 1);
        vm.prank(keeper);
        titles.consent(1, BANK);
        vm.prank(keeper);
        vm.expectRevert();
        titles.transferFrom(HOLDER, BANK, 1);
        vm.prank(HOLDER);
        titles.transferFrom(HOLDER, BANK, 1);
        vm.assertEq(titles.ownerOf(1), BANK);
        vm.prank(BANK);
        vm.expectRevert(abi.encodeWithSelector(WarehouseTitle.KeeperConsentMissing.selector, 1, HOLDER));
        titles.transferFrom(BANK, HOLDER, 1);
    }

    function consentDigest(WarehouseTitle titles, address to, uint64 transfers, uint256 deadline)
        private
        view
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("WarehouseTitle"),
                keccak256("1"),
                block.chainid,
                address(titles)
            )
        );
        bytes32 body = keccak256(abi.encode(titles.CONSENT_TYPEHASH(), uint256(1), to, transfers, deadline));
        return keccak256(abi.encodePacked(hex"1901", domain, body));
    }

    function test_theKeepersSignatureIsGoodForOneTransfer() external {
        WarehouseTitle titles = issued();
        uint256 deadline = block.timestamp + 60;
        bytes memory signed = signature(KEEPER_KEY, consentDigest(titles, BANK, 0, deadline));
        vm.expectRevert(WarehouseTitle.BadKeeperSignature.selector);
        titles.consentBySignature(1, address(0xbad), deadline, signed);
        titles.consentBySignature(1, BANK, deadline, signed);
        vm.prank(HOLDER);
        titles.transferFrom(HOLDER, BANK, 1);
        vm.expectRevert(WarehouseTitle.BadKeeperSignature.selector);
        titles.consentBySignature(1, BANK, deadline, signed);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(WarehouseTitle.ConsentExpired.selector, deadline));
        titles.consentBySignature(1, BANK, deadline, signed);
    }

    function test_onlyTheKeeperIssuesAndCancelsWithTheHoldersApproval() external {
        WarehouseTitle titles = issued();
        vm.expectRevert(WarehouseTitle.OnlyKeeper.selector);
        titles.issue(2, HOLDER, keccak256("fields"), 1);
        address keeper = vm.addr(KEEPER_KEY);
        vm.startPrank(keeper);
        vm.expectRevert(abi.encodeWithSelector(WarehouseTitle.AlreadyIssued.selector, 1));
        titles.issue(1, HOLDER, keccak256("fields"), 1);
        vm.expectRevert(WarehouseTitle.EmptyTitle.selector);
        titles.issue(2, HOLDER, keccak256("fields"), 0);
        vm.expectRevert();
        titles.cancel(1);
        vm.stopPrank();
        vm.prank(HOLDER);
        titles.approve(keeper, 1);
        vm.prank(keeper);
        titles.cancel(1);
        vm.prank(keeper);
        vm.expectRevert(abi.encodeWithSelector(WarehouseTitle.AlreadyIssued.selector, 1));
        titles.issue(1, HOLDER, keccak256("fields"), 1);
        vm.assertEq(titles.titleOf(1).quantityKg, 92_360);
    }

    function test_demoMoneyIsMintedByItsIssuerOnly() external {
        vm.assertEq(money.decimals(), 2);
        vm.prank(BANK);
        vm.expectRevert(DemoCny.OnlyIssuer.selector);
        money.mint(BANK, 1);
    }
}

contract EncumberingHolder {
    IRopeGateway private immutable gateway;

    constructor(IRopeGateway gateway_) {
        gateway = gateway_;
    }

    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return this.onERC721Received.selector;
    }

    function encumber(bytes32 assetId, bytes32 tokenId) external {
        gateway.setLien(assetId, tokenId, keccak256("bank"), 5, keccak256("agreement"));
    }

    function release(bytes32 assetId, bytes32 tokenId) external {
        gateway.releaseLien(assetId, tokenId);
    }

    function send(bytes32 assetId, bytes32 tokenId, bytes32 finalGateway) external {
        IRopeGateway.AssetOrder memory order;
        (order.assetId, order.tokenId, order.amountLocal) = (assetId, tokenId, 1);
        (order.finalGateway, order.finalRecipient, order.timeoutMs) = (finalGateway, tokenId, gateway.gatewayNowMs() + 1);
        gateway.sendAsset(order);
    }
}
