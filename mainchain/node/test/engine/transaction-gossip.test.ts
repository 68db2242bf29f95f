import { expect, it } from "vitest";
import { SYSTEM_CLOCK } from "../../src/clock.ts";
import { createTransactionGossip } from "../../src/engine/transaction-gossip.ts";
import type { Mempool } from "../../src/mempool.ts";
import type { Connection } from "../../src/p2p/connection.ts";

const KIB = 1024;
const peer = (id: string) => ({ id, penalize: () => undefined }) as unknown as Connection;

it("keeps a bounded number of bytes of one peer that waits to be checked, and room for the others", () => {
  const seen = new Map<number, number>();
  const mempool: Pick<Mempool, "add" | "foresee"> = {
    foresee: () => undefined,
    add: (transaction: Uint8Array): Uint8Array => {
      const [from = 0] = transaction;
      seen.set(from, (seen.get(from) ?? 0) + transaction.length);
      return transaction;
    },
  };
  const turns: (() => void)[] = [];
  const gossip = createTransactionGossip({
    mempool: mempool as Mempool,
    peers: () => [],
    isValidator: () => true,
    onAdmitted: () => undefined,
    clock: {
      ...SYSTEM_CLOCK,
      soon: (action) => {
        turns.push(action);
        return () => undefined;
      },
    },
  });
  const long = (from: number) => new Uint8Array(256 * KIB).fill(from);
  const flood = Array.from({ length: 500 }, () => long(1));
  gossip.receive(peer("flooder"), flood);
  gossip.receive(peer("honest"), [long(2), long(2)]);
  for (let turn = turns.shift(); turn; turn = turns.shift()) turn();
  expect(seen.get(1)).toBe(4 * KIB * KIB);
  expect(seen.get(2)).toBe(512 * KIB);
  gossip.receive(peer("flooder"), flood);
  for (let turn = turns.shift(); turn; turn = turns.shift()) turn();
  // What was checked makes room again.
  expect(seen.get(1)).toBe(8 * KIB * KIB);
});
