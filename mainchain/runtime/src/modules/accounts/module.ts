import {
  type AccountRecord,
  accountRecordCodec,
  bytesToHex,
  type Genesis,
  stateKey,
} from "@ropenet/protocol";
import {
  type Context,
  type Module,
  readRecord,
  type StateView,
  type TransactionContext,
  writeRecord,
} from "../../module.ts";
import type { Coins } from "../../slices.ts";
import { AccountsError } from "./errors.ts";

const MAX_BALANCE = (1n << 128n) - 1n;

function accountOf(state: StateView, address: Uint8Array): AccountRecord {
  return (
    readRecord(state, stateKey.account(address), accountRecordCodec) ?? { nonce: 0n, balance: 0n }
  );
}

function setBalance(state: StateView, address: Uint8Array, balance: bigint): void {
  if (balance > MAX_BALANCE) throw new AccountsError({ code: "accounts/overflow" });
  writeRecord(state, stateKey.account(address), accountRecordCodec, {
    ...accountOf(state, address),
    balance,
  });
}

function transfer(
  context: TransactionContext,
  body: { readonly to: Uint8Array; readonly amount: bigint },
): void {
  const { state, sender } = context;
  const { amount, to } = body;
  if (amount === 0n) throw new AccountsError({ code: "accounts/zero-amount" });
  const { balance } = accountOf(state, sender);
  if (balance < amount) throw new AccountsError({ code: "accounts/insufficient", balance, amount });
  setBalance(state, sender, balance - amount);
  setBalance(state, to, accountOf(state, to).balance + amount);
  context.emit("accounts.transferred", {
    from: bytesToHex(sender),
    to: bytesToHex(to),
    amount: String(amount),
  });
}

const coins: Coins = {
  take({ state }, account, amount): void {
    const { balance } = accountOf(state, account);
    if (balance < amount) {
      throw new AccountsError({ code: "accounts/insufficient", balance, amount });
    }
    setBalance(state, account, balance - amount);
  },
  give({ state }, account, amount): void {
    setBalance(state, account, accountOf(state, account).balance + amount);
  },
};

/** Native coins and nonces. */
export function createAccountsModule(): Module & { readonly coins: Coins } {
  return {
    name: "accounts",
    coins,
    handlers: { "accounts/transfer": transfer },
    initGenesis(context: Context, genesis: Genesis): void {
      for (const { address, balance } of genesis.accounts)
        setBalance(context.state, address, balance);
    },
  };
}
