import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { bytesToHex, concatBytes, stateKey, utf8ToBytes } from "@ropenet/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { openHome } from "../../src/home.ts";
import { call, createAccount, eventually, transfer } from "./devnet.ts";
import { createLocalNodes, type LocalNodes } from "./local-nodes.ts";

const VICTIM = 3;
const payee = createAccount();

let nodes: LocalNodes;
/** the one that the victim cannot execute */
let height: bigint;
beforeAll(async () => {
  nodes = await createLocalNodes();
  await nodes.start(0, 1, 2, 3);
});
afterAll(() => nodes.close());

/** Pays the same account once more; the height of it. */
async function pay(nonce: bigint): Promise<bigint> {
  const tx = transfer(nodes, nodes.rich, nonce, payee.address);
  const { id } = await call(nodes.url(0), "broadcast_tx", { tx });
  const { code, height } = await eventually("inclusion", () =>
    call(nodes.url(0), "tx", { id }).catch(() => undefined),
  );
  expect(code).toBeNull();
  return BigInt(height);
}

/** The disk gives back something else than was written to it. */
function spoil(key: Uint8Array): void {
  const database = new DatabaseSync(
    join(readConfig(nodes.home(VICTIM).configFile).directory, "state.db"),
  );
  const { changes } = database
    .prepare("UPDATE kv SET v = ? WHERE k = ?")
    .run(Uint8Array.of(7), key as Uint8Array<ArrayBuffer>);
  database.close();
  expect(changes).toBe(1);
}

it("a validator whose store fails it halts, and signs nothing about what it cannot tell", async () => {
  await nodes.reach(VICTIM, await pay(0n));
  await nodes.stop(VICTIM);
  spoil(concatBytes(utf8ToBytes("s"), Uint8Array.of(1), stateKey.account(payee.address)));
  await nodes.start(VICTIM);
  await eventually("its peers", async () =>
    (await call(nodes.url(VICTIM), "status", {})).peers === 3 ? true : undefined,
  );

  height = await pay(1n);
  const reason = await eventually("the halt", () => nodes.halted.get(VICTIM));
  expect(reason.info).toMatchObject({ code: "node/halted", height });
  expect(reason.message).toMatch(/^node\/halted height=\d+ detail=store\/bad-record [^\n]*$/);
  expect(await nodes.height(VICTIM)).toBe(height - 1n);

  // The others go on, with the transaction done as everywhere.
  expect(await pay(2n)).toBeGreaterThan(height);
});

it("a client that asks for the bad row is told of an inner fault, not of its own", async () => {
  const asked = call(nodes.url(VICTIM), "account", { address: bytesToHex(payee.address) });
  await expect(asked).rejects.toMatchObject({ code: "rpc/internal" });
});

it("its signer's record has nothing of that height", async () => {
  await nodes.stop(VICTIM);
  const home = openHome(readConfig(nodes.home(VICTIM).configFile));
  const signed = home.signer?.said().map((vote) => vote.height) ?? [];
  home.close();
  expect(signed.length).toBeGreaterThan(0);
  for (const one of signed) expect(one).toBeLessThan(height);
});
