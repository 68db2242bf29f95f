import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { equalBytes } from "@ropenet/protocol";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openHome } from "../../src/home.ts";
import { createNode, readConfig } from "../../src/index.ts";
import { createLocalNodes, type LocalNodes } from "./local-nodes.ts";

const SLOT_BYTES = 1_024;

let nodes: LocalNodes;
let record: string;
beforeEach(async () => {
  nodes = await createLocalNodes();
  record = join(readConfig(nodes.home(0).configFile).directory, "signer.state");
  await nodes.start(0, 1, 2, 3);
});
afterEach(() => nodes.close());

/** What the node says on its way up. @throws why it does not get there */
async function startAgain(): Promise<string> {
  let said = "";
  const stream = new Writable({
    write(chunk, _encoding, done): void {
      said += String(chunk);
      done();
    },
  });
  const onHalted = (reason: Error): void => {
    throw reason;
  };
  const config = readConfig(nodes.home(0).configFile);
  const node = createNode(config, { logger: pino({ level: "warn" }, stream), onHalted });
  try {
    await node.start();
  } finally {
    await node.stop();
  }
  return said;
}

/** Until the last thing that the first node has signed stands below its last block. */
async function stopAll(): Promise<void> {
  for (;;) {
    await nodes.stop(0, 1, 2, 3);
    const home = openHome(readConfig(nodes.home(0).configFile));
    const { signatures } = home.ledger.tip().commit;
    const last = home.signer?.said().at(-1)?.signature;
    home.close();
    if (last && signatures.some((one) => equalBytes(one, last))) return;
    await nodes.start(0, 1, 2, 3);
    await nodes.pay(0, 1);
  }
}

/** The log of a height that is over knows nothing of it; neither does one that a power cut took. */
function loseLog(): void {
  rmSync(join(record, "..", "consensus.wal"));
}

/** The disk loses one of the two slots of the record. */
function rot(which: "newest" | "older"): void {
  const bytes = readFileSync(record);
  const isFirstNewer = bytes.readBigUInt64BE(0) > bytes.readBigUInt64BE(SLOT_BYTES);
  const at = isFirstNewer === (which === "newest") ? 0 : SLOT_BYTES;
  writeFileSync(record, bytes.fill(0xff, at + 20, at + 60));
}

describe("a validator whose last block carries its own signature", () => {
  it("does not start with a record from before, though its log knows nothing of it", async () => {
    await nodes.pay(0, 1);
    await nodes.stop(0);
    const before = readFileSync(record);
    await nodes.start(0);
    await nodes.pay(0, 2);
    await stopAll();
    loseLog();
    writeFileSync(record, before);
    await expect(startAgain()).rejects.toMatchObject({ code: "signer/state-behind" });
  });

  it("does not start when the newest slot of its record is lost", async () => {
    await nodes.pay(0, 2);
    await stopAll();
    loseLog();
    rot("newest");
    await expect(startAgain()).rejects.toMatchObject({ code: "signer/state-behind" });
  });

  it("starts when the older slot is lost, and says so", async () => {
    await nodes.pay(0, 2);
    await stopAll();
    expect(await startAgain()).toBe("");
    rot("older");
    expect(await startAgain()).toMatch(/"file":"signer\.state".*record unreadable/);
  });
});
