// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IRopeGateway} from "../IRopeGateway.sol";

/// A bank pays in advance for a title that may still be on its way; the moment the holder pledges it, the title is
/// taken, the lien stands in the gateway where the rope can prove it, and the holder is paid, all in one transaction.
contract PledgeLoan {
    using SafeERC20 for IERC20;

    enum Stage {
        None,
        Offered,
        Pledged,
        Repaid,
        Foreclosed,
        Withdrawn
    }

    struct Loan {
        address bank;
        address borrower;
        bytes32 assetId;
        bytes32 tokenId;
        uint256 principal;
        uint256 repayment;
        /// unix seconds
        uint64 dueAt;
        bytes32 agreement;
        Stage stage;
    }

    error BadTerms();
    error WrongStage(uint256 loanId, Stage stage);
    error OnlyBank();
    error OnlyBorrower();
    error NotDue(uint64 dueAt);

    event LoanOffered(uint256 indexed loanId, address indexed bank, address indexed borrower, uint256 principal);
    event LoanPledged(uint256 indexed loanId, bytes32 assetId, bytes32 tokenId, uint256 principal);
    event LoanClosed(uint256 indexed loanId, Stage stage);

    IRopeGateway public immutable gateway;
    IERC20 public immutable currency;
    uint256 public loanCount;
    mapping(uint256 loanId => Loan) private loans;

    constructor(IRopeGateway gateway_, IERC20 currency_) {
        gateway = gateway_;
        currency = currency_;
    }

    /// The caller is the bank; its principal waits here. @param terms bank and stage are ignored
    function offer(Loan calldata terms) external returns (uint256 loanId) {
        bool sound = terms.borrower != address(0) && terms.principal != 0 && terms.repayment >= terms.principal
            && terms.dueAt > block.timestamp && terms.agreement != 0;
        if (!sound) revert BadTerms();
        loanId = ++loanCount;
        loans[loanId] = terms;
        loans[loanId].bank = msg.sender;
        loans[loanId].stage = Stage.Offered;
        emit LoanOffered(loanId, msg.sender, terms.borrower, terms.principal);
        currency.safeTransferFrom(msg.sender, address(this), terms.principal);
    }

    /// The borrower has approved this contract for the title.
    function pledge(uint256 loanId) external {
        Loan storage l = enter(loanId, Stage.Offered, Stage.Pledged);
        if (msg.sender != l.borrower) revert OnlyBorrower();
        titles(l).transferFrom(msg.sender, address(this), uint256(l.tokenId));
        gateway.setLien(l.assetId, l.tokenId, bytes32(uint256(uint160(l.bank))), l.principal, l.agreement);
        emit LoanPledged(loanId, l.assetId, l.tokenId, l.principal);
        currency.safeTransfer(l.borrower, l.principal);
    }

    /// The borrower pays the bank and has its title back.
    function repay(uint256 loanId) external {
        Loan storage l = enter(loanId, Stage.Pledged, Stage.Repaid);
        if (msg.sender != l.borrower) revert OnlyBorrower();
        currency.safeTransferFrom(msg.sender, l.bank, l.repayment);
        release(loanId, l, l.borrower);
    }

    /// After the due time, the title is the bank's.
    function foreclose(uint256 loanId) external {
        Loan storage l = enter(loanId, Stage.Pledged, Stage.Foreclosed);
        if (msg.sender != l.bank) revert OnlyBank();
        if (block.timestamp <= l.dueAt) revert NotDue(l.dueAt);
        release(loanId, l, l.bank);
    }

    function withdrawOffer(uint256 loanId) external {
        Loan storage l = enter(loanId, Stage.Offered, Stage.Withdrawn);
        if (msg.sender != l.bank) revert OnlyBank();
        emit LoanClosed(loanId, Stage.Withdrawn);
        currency.safeTransfer(l.bank, l.principal);
    }

    function loan(uint256 loanId) external view returns (Loan memory) {
        return loans[loanId];
    }

    /// The stage moves before anything is called, so that no token can come back in between.
    function enter(uint256 loanId, Stage expected, Stage next) private returns (Loan storage l) {
        l = loans[loanId];
        if (l.stage != expected) revert WrongStage(loanId, l.stage);
        l.stage = next;
    }

    function release(uint256 loanId, Loan storage l, address to) private {
        gateway.releaseLien(l.assetId, l.tokenId);
        emit LoanClosed(loanId, l.stage);
        titles(l).transferFrom(address(this), to, uint256(l.tokenId));
    }

    function titles(Loan storage l) private view returns (IERC721) {
        return IERC721(gateway.asset(l.assetId).token);
    }
}
