import type { Result } from "ethers";
import { type CallReceipt, callerOf, type EvmAccount } from "./contracts/contract-caller.ts";
import {
  demoCnyInterface,
  pledgeLoanInterface,
  warehouseTitleInterface,
} from "./contracts/interfaces.ts";
import { addressToB32, fromHex, toHex } from "./contracts/words.ts";

/** Any ERC-20 of a strand: the demonstration's currency or a voucher of another chain's. */
export interface TokenClient {
  /** Only the issuer of the demonstration's currency may. */
  mint(to: string, amount: bigint, signal: AbortSignal): Promise<CallReceipt>;
  approve(spender: string, amount: bigint, signal: AbortSignal): Promise<CallReceipt>;
  transfer(to: string, amount: bigint, signal: AbortSignal): Promise<CallReceipt>;
  balanceOf(account: string, signal: AbortSignal): Promise<bigint>;
}

export function createTokenClient(account: EvmAccount, address: string): TokenClient {
  const token = callerOf(account, demoCnyInterface, address);
  return {
    mint: (to, amount, signal) => token.send("mint", [to, amount], signal),
    approve: (spender, amount, signal) => token.send("approve", [spender, amount], signal),
    transfer: (to, amount, signal) => token.send("transfer", [to, amount], signal),
    balanceOf: async (holder, signal) =>
      (await token.view("balanceOf", [holder], signal))[0] as bigint,
  };
}

/** Warehouse titles, or vouchers of them (which know neither keeper nor consent). */
export interface TitleClient {
  issue(
    tokenId: bigint,
    holder: string,
    fieldsDigest: Uint8Array,
    quantityKg: bigint,
    signal: AbortSignal,
  ): Promise<CallReceipt>;
  /** The keeper signs the next transfer, which may go to `to` only. */
  consent(tokenId: bigint, to: string, signal: AbortSignal): Promise<CallReceipt>;
  setCustodian(custodian: string, accepted: boolean, signal: AbortSignal): Promise<CallReceipt>;
  approve(to: string, tokenId: bigint, signal: AbortSignal): Promise<CallReceipt>;
  transfer(from: string, to: string, tokenId: bigint, signal: AbortSignal): Promise<CallReceipt>;
  ownerOf(tokenId: bigint, signal: AbortSignal): Promise<string>;
}

export function createTitleClient(account: EvmAccount, address: string): TitleClient {
  const title = callerOf(account, warehouseTitleInterface, address);
  return {
    issue: (tokenId, holder, fieldsDigest, quantityKg, signal) =>
      title.send("issue", [tokenId, holder, toHex(fieldsDigest), quantityKg], signal),
    consent: (tokenId, to, signal) => title.send("consent", [tokenId, to], signal),
    setCustodian: (custodian, accepted, signal) =>
      title.send("setCustodian", [custodian, accepted], signal),
    approve: (to, tokenId, signal) => title.send("approve", [to, tokenId], signal),
    transfer: (from, to, tokenId, signal) =>
      title.send("transferFrom", [from, to, tokenId], signal),
    ownerOf: async (tokenId, signal) =>
      (await title.view("ownerOf", [tokenId], signal))[0] as string,
  };
}

export interface LoanTerms {
  readonly borrower: string;
  readonly assetId: Uint8Array;
  readonly tokenId: Uint8Array;
  readonly principal: bigint;
  readonly repayment: bigint;
  /** unix seconds */
  readonly dueAt: bigint;
  readonly agreement: Uint8Array;
}

/** In the order of PledgeLoan.Stage. */
export const LOAN_STAGES: readonly [
  "none",
  "offered",
  "pledged",
  "repaid",
  "foreclosed",
  "withdrawn",
] = ["none", "offered", "pledged", "repaid", "foreclosed", "withdrawn"];
export type LoanStage = (typeof LOAN_STAGES)[number];

export interface Loan extends LoanTerms {
  readonly bank: string;
  /** as it stands in the lien */
  readonly lienHolder: Uint8Array;
  readonly stage: LoanStage;
}

/** The contract in which a title becomes money: the lien it sets is what the rope can prove. */
export interface LoanClient {
  /** By the bank, whose principal (approved before) waits in the contract. */
  offer(
    terms: LoanTerms,
    signal: AbortSignal,
  ): Promise<{ readonly loanId: bigint; readonly receipt: CallReceipt }>;
  /** By the borrower, who has approved the title: title, lien and money move in one transaction. */
  pledge(loanId: bigint, signal: AbortSignal): Promise<CallReceipt>;
  repay(loanId: bigint, signal: AbortSignal): Promise<CallReceipt>;
  foreclose(loanId: bigint, signal: AbortSignal): Promise<CallReceipt>;
  withdrawOffer(loanId: bigint, signal: AbortSignal): Promise<CallReceipt>;
  loan(loanId: bigint, signal: AbortSignal): Promise<Loan>;
}

const ZERO_ADDRESS = `0x${"0".repeat(40)}`;

function toLoan(state: Result): Loan {
  const bank = state["bank"] as string;
  return {
    bank,
    lienHolder: addressToB32(bank),
    borrower: state["borrower"] as string,
    assetId: fromHex(state["assetId"] as string),
    tokenId: fromHex(state["tokenId"] as string),
    principal: state["principal"] as bigint,
    repayment: state["repayment"] as bigint,
    dueAt: state["dueAt"] as bigint,
    agreement: fromHex(state["agreement"] as string),
    stage: LOAN_STAGES[Number(state["stage"])] ?? "none",
  };
}

export function createLoanClient(account: EvmAccount, address: string): LoanClient {
  const loans = callerOf(account, pledgeLoanInterface, address);
  return {
    async offer(terms, signal): ReturnType<LoanClient["offer"]> {
      const { assetId, tokenId, agreement } = terms;
      const hex = { assetId: toHex(assetId), tokenId: toHex(tokenId), agreement: toHex(agreement) };
      // bank and stage are the contract's to fill in
      const loan = { ...terms, ...hex, bank: ZERO_ADDRESS, stage: 0 };
      const receipt = await loans.send("offer", [loan], signal);
      const offered = receipt.event("LoanOffered");
      if (!offered) throw new Error(`${receipt.transactionHash} has no LoanOffered`);
      return { loanId: offered["loanId"] as bigint, receipt };
    },
    pledge: (loanId, signal) => loans.send("pledge", [loanId], signal),
    repay: (loanId, signal) => loans.send("repay", [loanId], signal),
    foreclose: (loanId, signal) => loans.send("foreclose", [loanId], signal),
    withdrawOffer: (loanId, signal) => loans.send("withdrawOffer", [loanId], signal),
    loan: async (loanId, signal) =>
      toLoan((await loans.view("loan", [loanId], signal))[0] as Result),
  };
}
