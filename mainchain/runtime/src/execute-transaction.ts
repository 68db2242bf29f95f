import {
  accountRecordCodec,
  CodedError,
  type Message,
  type MessageBodies,
  type MessageName,
  stateKey,
  type TransactionEvent,
  type TransactionResult,
} from "@ropenet/protocol";
import { AppError } from "./app-error.ts";
import type { KnownTransaction } from "./known-transactions.ts";
import {
  type Context,
  type Handler,
  type Module,
  readRecord,
  type TransactionContext,
  writeRecord,
} from "./module.ts";
import type { BlockState } from "./state/block-state.ts";

/** Fee units of a transaction before its handler charges for what it does. */
export function baseUnits(bytes: number): bigint {
  return 1_000n + BigInt(bytes);
}

export type Handlers = ReadonlyMap<MessageName, Handler<MessageName>>;

/** Whether a sender may send a message at all, now. @throws CodedError if not */
export type Gate = <K extends MessageName>(
  context: TransactionContext,
  name: K,
  body: MessageBodies[K],
) => void;

function behind<K extends MessageName>(gate: Gate, name: K, handler: Handler<K>): Handler<K> {
  return (context, body) => {
    gate(context, name, body);
    handler(context, body);
  };
}

/** Every handler behind the gate. @throws if two modules claim one message */
export function collectHandlers(modules: readonly Module[], gate: Gate): Handlers {
  const handlers = new Map<MessageName, Handler<MessageName>>();
  for (const module of modules) {
    for (const [name, handler] of Object.entries(module.handlers)) {
      if (handlers.has(name as MessageName)) throw new Error(`two handlers for ${name}`);
      const named = name as MessageName;
      handlers.set(named, behind(gate, named, handler as Handler<MessageName>));
    }
  }
  return handlers;
}

/** Validators' bridge signatures are part of the chain's own work. */
export function isFree(name: MessageName): boolean {
  return name === "checkpoints/sign" || name === "checkpoints/sign-handover";
}

function givenAway(message: Message): bigint {
  switch (message.name) {
    case "accounts/transfer":
    case "staking/delegate":
      return message.body.amount;
    case "staking/create-validator":
      return message.body.selfStake;
    default:
      return 0n;
  }
}

/** Coins that a transaction may take from its sender: what it gives away, and its fee at the most. */
export function mostSpent({ body, message }: KnownTransaction): bigint {
  return body.feeLimit + givenAway(message);
}

/**
 * Runs one transaction whose signature and nonce have been checked. A CodedError undoes everything but nonce
 * and fee; any other error is a fault of this machine or a bug of this program, and goes up to halt the node.
 * @throws {LocalFault} if the store fails: other nodes get another result
 */
export function executeTransaction(
  state: BlockState,
  context: Omit<Context, "emit">,
  handlers: Handlers,
  transaction: KnownTransaction,
): TransactionResult {
  const { id, sender, body, message } = transaction;
  const accountKey = stateKey.account(sender);
  const before = readRecord(state, accountKey, accountRecordCodec) ?? { nonce: 0n, balance: 0n };
  writeRecord(state, accountKey, accountRecordCodec, { ...before, nonce: before.nonce + 1n });
  const mark = state.mark();
  const events: TransactionEvent[] = [];
  let units = baseUnits(transaction.bytes);
  const free = isFree(message.name);
  let failure: CodedError | undefined;
  const price = context.parameters.baseFee;
  const { feeLimit } = body;
  /** @throws {AppError} unless `balance` covers the fee as it stands */
  const assertPaid = (balance: bigint): void => {
    const needed = units * price;
    if (free) return;
    if (needed > feeLimit) throw new AppError({ code: "fee/limit-exceeded", feeLimit, needed });
    if (needed > balance) throw new AppError({ code: "tx/cannot-pay", feeLimit, balance });
  };
  const charge = (more: bigint): void => {
    units += more;
    assertPaid(before.balance);
  };
  try {
    charge(0n);
    const handler = handlers.get(message.name);
    if (!handler)
      throw new AppError({ code: "tx/malformed", reason: `no handler for ${message.name}` });
    const running: TransactionContext = {
      ...context,
      transactionId: id,
      sender,
      charge,
      emit: (kind, attributes) => void events.push({ kind, attributes }),
    };
    handler(running, message.body as MessageBodies[MessageName]);
    // Whoever gave the fee away with the rest has given nothing away.
    assertPaid(readRecord(state, accountKey, accountRecordCodec)?.balance ?? 0n);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    failure = error;
    state.revert(mark);
  }
  const due = free && !failure ? 0n : units * price;
  const account = readRecord(state, accountKey, accountRecordCodec) ?? before;
  const payable = due < feeLimit ? due : feeLimit;
  const feePaid = payable < account.balance ? payable : account.balance;
  writeRecord(state, accountKey, accountRecordCodec, {
    ...account,
    balance: account.balance - feePaid,
  });
  return {
    id,
    code: failure?.code,
    message: failure?.message ?? "",
    feePaid,
    events: failure ? [] : events,
  };
}
