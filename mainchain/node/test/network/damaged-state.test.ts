import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { call, eventually, startNetwork, type TestNetwork, transfer } from "./devnet.ts";

let network: TestNetwork;

beforeAll(async () => {
  network = await startNetwork({ validators: 4 });
});
afterAll(() => network.close());

it("a validator whose disk holds rubbish stops with a code; the others go on without it", async () => {
  const [from, to] = network.rich;
  if (!from || !to) throw new Error("accounts of the genesis");
  const send = (index: number, nonce: bigint): Promise<{ readonly id: string }> =>
    call(network.url(index), "broadcast_tx", { tx: transfer(network, from, nonce, to.address) });
  const included = (index: number, id: string): Promise<unknown> =>
    eventually(`${id} at node ${index}`, () => call(network.url(index), "tx", { id }));
  await included(3, (await send(3, 0n)).id);
  await network.kill(3);
  damage(network.devnet.nodes[3]?.directory ?? "", to.address);
  await network.start(3);
  const { id } = await send(0, 1n);
  await included(0, id);
  const exit = await network.processes[3]?.exit;
  expect(exit?.code).toBe(1);
  expect(exit?.stderr).toMatch(/^store\/unreadable detail=codec\/.*\n$/);
  await included(1, (await send(1, 2n)).id);
});

/** Overwrites what a validator has on disk of an account. */
function damage(home: string, address: Uint8Array): void {
  const database = new DatabaseSync(join(home, "state", "state.db"));
  const found = database
    .prepare("UPDATE kv SET v = x'ff' WHERE instr(k, ?) > 0")
    .run(address as Uint8Array<ArrayBuffer>);
  database.close();
  expect(found.changes).toBeGreaterThan(0);
}
