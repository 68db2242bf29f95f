import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { RpcError } from "./errors.ts";

/** Answers that their clients have not read yet, of all connections together. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

export interface AnswerBudget {
  /** @throws {RpcError} `rpc/too-busy` while too much lies unread */
  assertRoom(): void;
  /** Counts an answer until it has left this process or its connection has ended. */
  charge(response: ServerResponse, socket: Socket, bytes: number): void;
}

interface Account {
  unread: number;
}

/** Kept per connection: of answers that queue behind another one, Node does not say that they went nowhere. */
export function createAnswerBudget(limit: number = MAX_UNREAD_BYTES): AnswerBudget {
  const accounts = new WeakMap<Socket, Account>();
  let total = 0;

  function release(account: Account, bytes: number): void {
    const released = Math.min(bytes, account.unread);
    account.unread -= released;
    total -= released;
  }

  function accountOf(socket: Socket): Account {
    const known = accounts.get(socket);
    if (known) return known;
    const account: Account = { unread: 0 };
    accounts.set(socket, account);
    socket.once("close", () => release(account, account.unread));
    return account;
  }

  return {
    assertRoom(): void {
      if (total > limit) throw new RpcError({ code: "rpc/too-busy", limit });
    },
    charge(response, socket, bytes): void {
      if (socket.destroyed) return;
      const account = accountOf(socket);
      account.unread += bytes;
      total += bytes;
      response.once("finish", () => release(account, bytes));
    },
  };
}
