import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, test } from "vitest";
import { createVerifyPool, type VerifyPool } from "../../pool/index.ts";
import { concatBytes, type Sm2VerifyItem, sm2 } from "../../src/index.ts";

function signed(length: number, userId?: string): Sm2VerifyItem {
  const secretKey = sm2.randomSecretKey();
  const message = new Uint8Array(length).fill(length & 0xff);
  const publicKey = sm2.getPublicKey(secretKey);
  const options = userId === undefined ? {} : { userId };
  return { message, publicKey, signature: sm2.sign(message, secretKey, options), ...options };
}

const broken = (item: Sm2VerifyItem): Sm2VerifyItem => ({
  ...item,
  message: concatBytes(item.message, Uint8Array.of(1)),
});

const few = [signed(0), signed(1, "id"), signed(200), broken(signed(33)), signed(16_385)];
const batch = (count: number): Sm2VerifyItem[] =>
  Array.from({ length: count }, (_, index) => few[(index * 7) % few.length] as Sm2VerifyItem);

async function codeOf(act: Promise<unknown>): Promise<unknown> {
  try {
    await act;
    return undefined;
  } catch (error) {
    return (error as { readonly code?: unknown }).code ?? error;
  }
}

describe("the verify pool", () => {
  const pools: VerifyPool[] = [];
  const open = (...options: Parameters<typeof createVerifyPool>): VerifyPool => {
    const pool = createVerifyPool(...options);
    pools.push(pool);
    return pool;
  };
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.close()));
  });

  test("answers as sm2.verifyMany does, in order, whatever the sizes", async () => {
    const pool = open({ workers: 2 });
    for (const count of [1, 2, 127, 128, 129, 700]) {
      expect(await pool.verifyMany(batch(count))).toEqual(sm2.verifyMany(batch(count)));
    }
    expect(await pool.verifyMany([])).toEqual([]);
    expect(pool.queued).toBe(0);
  });

  test("answers many callers at once, messages too long for the ring included", async () => {
    const pool = open({ workers: 2 });
    const items = [...few, signed(70_000), broken(signed(300_000)), signed(16_384)];
    const answers = await Promise.all(
      Array.from({ length: 160 }, (_, index) =>
        pool.verify(items[index % items.length] as Sm2VerifyItem),
      ),
    );
    const expected = sm2.verifyMany(items);
    expect(answers).toEqual(answers.map((_, index) => expected[index % items.length]));
  });

  test("rejects the call with a bad item, and no other", async () => {
    const pool = open({ workers: 1 });
    const bad = [...batch(40), { ...signed(1), signature: new Uint8Array(63) }, ...batch(300)];
    const [first, second, third] = await Promise.all([
      pool.verifyMany(batch(200)),
      codeOf(pool.verifyMany(bad)),
      pool.verifyMany(batch(30)),
    ]);
    expect([first.length, second, third.length]).toEqual([200, "crypto/bad-length", 30]);
    const text = { ...signed(1), message: "m" as unknown as Uint8Array };
    expect(await codeOf(pool.verify(text))).toBe("crypto/bad-type");
    expect(await codeOf(pool.verify({ ...signed(1), userId: new Uint8Array(8192) }))).toBe(
      "crypto/bad-length",
    );
    expect(pool.queued).toBe(0);
  });

  test("refuses calls above its limit, and says when there is room", async () => {
    const pool = open({ workers: 1, maxQueued: 1000 });
    const first = pool.verifyMany(batch(2000));
    expect(await codeOf(pool.verifyMany(batch(1)))).toBe("pool/full");
    await pool.room();
    expect(pool.queued).toBeLessThan(500);
    const second = pool.verifyMany(batch(10));
    expect((await first).length).toBe(2000);
    expect((await second).length).toBe(10);
  });

  test("an abort rejects the call with its reason, drops what waits, and leaves others alone", async () => {
    const pool = open({ workers: 1 });
    const reason = new Error("enough");
    const controller = new AbortController();
    const aborted = pool.verifyMany(batch(20_000), { signal: controller.signal });
    const other = pool.verifyMany(batch(50));
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    expect((await other).length).toBe(50);
    expect(pool.queued).toBe(0);
    await expect(pool.verify(signed(1), { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });

  test("takes a call without copying it, and copies four slots for each thread at most", async () => {
    const pool = open({ workers: 1, maxQueued: 100_000 });
    const answers = pool.verifyMany(batch(20_000));
    expect(pool.queued).toBe(20_000);
    await Promise.resolve();
    expect(pool.queued).toBeGreaterThanOrEqual(20_000 - 4 * 128);
    expect(pool.queued).toBeLessThan(20_000);
    expect((await answers).length).toBe(20_000);
  });

  test("goes on when a worker dies, and gives no answer that it does not have", async () => {
    const workers: Worker[] = [];
    const startWorker = (file: URL, workerData: object): Worker => {
      const worker = new Worker(file, { workerData });
      workers.push(worker);
      return worker;
    };
    const pool = open({ workers: 1 }, { startWorker });
    const expected = sm2.verifyMany(batch(3000));
    const answers = pool.verifyMany(batch(3000));
    const single = pool.verify(signed(3));
    await pool.verify(signed(2));
    await workers[0]?.terminate();
    expect(await answers).toEqual(expected);
    expect(await single).toBe(true);
    expect(workers.length).toBe(2);
  });

  test("close rejects what is open and every later call", async () => {
    const pool = open({ workers: 2 });
    const waiting = codeOf(pool.verifyMany(batch(5000)));
    await pool.close();
    await pool.close();
    expect(await waiting).toBe("pool/closed");
    expect(await codeOf(pool.verify(signed(1)))).toBe("pool/closed");
    await pool.room();
  });

  test.each([{ workers: 0 }, { workers: 1.5 }, { maxQueued: -1 }, { maxKeyTables: 0 }])(
    "refuses the options %j",
    (options) => {
      expect(() => createVerifyPool(options)).toThrow(
        expect.objectContaining({ code: "pool/bad-option" }),
      );
    },
  );
});

test.each([
  ["items", undefined],
  ["items", 3],
  ["items", "x"],
  ["item", [null]],
  ["signature", [{}]],
])("what is no list of items is refused (%s), and the pool goes on", async (operand, items) => {
  await using pool = createVerifyPool({ workers: 1 });
  await expect(pool.verifyMany(items as never)).rejects.toMatchObject({
    info: { code: "crypto/bad-type", operand },
  });
  await expect(pool.verifyMany([], { signal: 3 as never })).rejects.toMatchObject({
    info: { code: "crypto/bad-type", operand: "signal" },
  });
  expect(pool.queued).toBe(0);
});

test("an idle pool keeps no process alive", () => {
  const script = fileURLToPath(new URL("./idle-process.ts", import.meta.url));
  expect(spawnSync(process.execPath, [script], { timeout: 30_000 }).status).toBe(3);
});
