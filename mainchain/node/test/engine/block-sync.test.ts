import { bytesToHex } from "@ropenet/protocol";
import { pino } from "pino";
import { expect, it } from "vitest";
import { type Clock, SYSTEM_CLOCK } from "../../src/clock.ts";
import { createBlockSync } from "../../src/engine/block-sync.ts";
import type { Driver } from "../../src/engine/driver.ts";
import type { Ledger } from "../../src/engine/ledger.ts";
import type { Connection } from "../../src/p2p/connection.ts";

const address = (index: number) => new Uint8Array(20).fill(index);
const peer = (index: number, asked: number[] = []) =>
  ({
    id: bytesToHex(address(index)),
    send: () => asked.push(index) > 0,
  }) as unknown as Connection;

function syncAt(clock: Clock) {
  const ledger = {
    tip: () => ({ height: 5n }),
    validators: () => [1, 2, 3, 4].map((index) => ({ address: address(index), power: 1n })),
  } as unknown as Ledger;
  const logger = pino({ level: "silent" });
  return createBlockSync({ ledger, driver: {} as Driver, clock, random: () => 0, logger });
}

it("believes that it lags only when validators with more than a third of the power say so", () => {
  const sync = syncAt(SYSTEM_CLOCK);
  const [liar, second, observer] = [peer(1), peer(2), peer(9)];
  sync.noteHeight(liar, 1_000n);
  sync.noteHeight(observer, 1_000n);
  expect(sync.syncing).toBe(false);
  sync.noteHeight(second, 7n);
  expect(sync.syncing).toBe(true);
  sync.noteHeight(second, 6n);
  expect(sync.syncing).toBe(false);
  sync.noteHeight(second, 7n);
  sync.forget(liar);
  expect(sync.syncing).toBe(false);
});

it("turns to another peer although the wall clock was set back a day", () => {
  const asked: number[] = [];
  let wallMs = 1_800_000_000_000;
  let monotonicMs = 50_000;
  const clock: Clock = { ...SYSTEM_CLOCK, wallMs: () => wallMs, monotonicMs: () => monotonicMs };
  const sync = syncAt(clock);
  sync.noteHeight(peer(1, asked), 9n);
  sync.noteHeight(peer(2, asked), 9n);
  expect(asked).toEqual([1]);
  wallMs -= 86_400_000;
  monotonicMs += 6_000;
  sync.check();
  expect(asked).toEqual([1, 2]);
});
