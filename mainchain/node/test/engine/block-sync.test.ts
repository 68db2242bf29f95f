import { bytesToHex } from "@ropenet/protocol";
import { pino } from "pino";
import { expect, it } from "vitest";
import { SYSTEM_CLOCK } from "../../src/clock.ts";
import { createBlockSync } from "../../src/engine/block-sync.ts";
import type { Driver } from "../../src/engine/driver.ts";
import type { Ledger } from "../../src/engine/ledger.ts";
import type { Connection } from "../../src/p2p/connection.ts";

const address = (index: number) => new Uint8Array(20).fill(index);
const peer = (index: number) =>
  ({ id: bytesToHex(address(index)), send: () => true }) as unknown as Connection;

it("believes that it lags only when validators with more than a third of the power say so", () => {
  const ledger = {
    tip: () => ({ height: 5n }),
    validators: () => [1, 2, 3, 4].map((index) => ({ address: address(index), power: 1n })),
  } as unknown as Ledger;
  const sync = createBlockSync({
    ledger,
    driver: {} as Driver,
    clock: SYSTEM_CLOCK,
    random: () => 0,
    logger: pino({ level: "silent" }),
  });
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
