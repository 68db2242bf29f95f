import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, utf8ToBytes } from "@ropenet/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { openHome, openSealer } from "../../src/home.ts";
import { sealKeys } from "../../src/keys.ts";
import { openStore } from "../../src/store/open-store.ts";
import { createSealer } from "../../src/store/sealer.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { createStoreKey, openStoreKey } from "../../src/store/store-key.ts";
import { createAccount, transfer } from "../network/devnet.ts";
import { createLocalNodes, type LocalNodes } from "../network/local-nodes.ts";

const code = (name: string) => expect.objectContaining({ code: name });
const PASSPHRASE = "绳网 correct horse";

describe("what is sealed", () => {
  const sealer = createSealer(new Uint8Array(32).fill(7));
  const [here, there] = [utf8ToBytes("here"), utf8ToBytes("there")];

  it("opens at its place with its key, and nowhere else", () => {
    const sealed = sealer.seal(here, utf8ToBytes("secret"));
    expect(new TextDecoder().decode(sealer.open(here, sealed))).toBe("secret");
    expect(() => sealer.open(there, sealed)).toThrow(code("store/tampered"));
    expect(() => createSealer(new Uint8Array(32)).open(here, sealed)).toThrow(
      code("store/tampered"),
    );
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const bad = sealed.slice();
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => sealer.open(here, bad)).toThrow(code("store/tampered"));
    }
    expect(() => sealer.open(here, sealed.slice(0, 15))).toThrow(code("store/tampered"));
  });

  it("looks different wherever place or content differ", () => {
    const seals = [here, there].flatMap((place) =>
      ["", "a", "b"].map((text) => bytesToHex(sealer.seal(place, utf8ToBytes(text)))),
    );
    expect(new Set(seals).size).toBe(6);
  });
});

describe("a validator's disk, stolen", () => {
  let nodes: LocalNodes;
  let planted: Uint8Array;
  let stateDirectory: string;
  beforeAll(async () => {
    nodes = await createLocalNodes();
    const { configFile, keysFile, directory } = nodes.home(0);
    const keyFile = join(directory, "store.key");
    createStoreKey(keyFile, PASSPHRASE);
    nodes.configure(0, { encryption: { keyFile: "store.key" } });
    sealKeys(keysFile, openStoreKey(keyFile, PASSPHRASE));
    stateDirectory = readConfig(configFile).directory;
    nodes.unlock(0, PASSPHRASE);
    await nodes.start(0, 1, 2, 3);
    await nodes.pay(0, 2);
    const to = createAccount().address;
    planted = Buffer.from(transfer(nodes, nodes.rich, 2n, to), "hex");
    const { call, eventually } = await import("../network/devnet.ts");
    const { id } = await call(nodes.url(0), "broadcast_tx", { tx: bytesToHex(planted) });
    await eventually("inclusion", () => call(nodes.url(0), "tx", { id }).catch(() => undefined));
  });
  afterAll(() => nodes.close());

  const disk = (directory: string) =>
    readdirSync(directory, { recursive: true, encoding: "utf8" })
      .map((name) => join(directory, name))
      .filter((file) => statSync(file).isFile())
      .map((file) => [file, readFileSync(file)] as const);

  it("shows nothing of a planted transaction, of the genesis or of a key, while running and after", async () => {
    const genesis = readFileSync(nodes.devnet.genesisFile, "utf8").trim();
    const secrets = [
      Buffer.from(planted.subarray(110, 150)),
      Buffer.from(genesis, "hex").subarray(60, 100),
    ];
    const { secretKey } = openHomeKeys();
    for (const stopped of [false, true]) {
      if (stopped) await nodes.stop(0, 1, 2, 3);
      const files = disk(join(stateDirectory, ".."));
      expect(files.some(([file]) => file.endsWith("state.db"))).toBe(true);
      for (const [file, bytes] of files) {
        for (const secret of secrets) expect([file, bytes.includes(secret)]).toEqual([file, false]);
        expect([file, bytes.includes(secretKey)]).toEqual([file, false]);
        expect([file, bytes.includes(bytesToHex(secretKey))]).toEqual([file, false]);
      }
    }
    // The same search finds it on a disk that is not encrypted.
    const [bare] = [readConfig(nodes.home(1).configFile).directory];
    expect(disk(bare).some(([, bytes]) => bytes.includes(secrets[0] ?? "none"))).toBe(true);
  });

  function openHomeKeys() {
    const text = readFileSync(nodes.home(0).keysFile, "utf8");
    expect(text).not.toMatch(/"node"/);
    const config = readConfig(nodes.home(0).configFile);
    const sealer = openSealer(config, PASSPHRASE);
    const opened = sealer?.open(utf8ToBytes("keys"), Buffer.from(text.split("\n")[1] ?? "", "hex"));
    const { node } = JSON.parse(new TextDecoder().decode(opened));
    return { secretKey: Buffer.from(node, "hex") };
  }

  it("opens with the passphrase, and with nothing else", () => {
    const config = readConfig(nodes.home(0).configFile);
    expect(() => openHome(config)).toThrow(code("store/no-passphrase"));
    expect(() => openHome(config, { passphrase: "wrong" })).toThrow(code("store/wrong-passphrase"));
    const { encryption: _, ...bare } = config;
    expect(() => openHome(bare)).toThrow(code("node/bad-keys"));
    expect(() => openStore(config.directory)).toThrow(code("store/encrypted"));
    const other = createSealer(new Uint8Array(32));
    expect(() => openStore(config.directory, other)).toThrow(code("store/tampered"));
    const home = openHome(config, { passphrase: PASSPHRASE });
    expect(home.ledger.tip().height).toBeGreaterThan(2n);
    home.close();
  });

  it("does not become half encrypted: a store in the clear is refused", () => {
    const config = readConfig(nodes.home(1).configFile);
    expect(() => openStore(config.directory, createSealer(new Uint8Array(32)))).toThrow(
      code("store/not-encrypted"),
    );
  });

  it("notices a value that was changed or moved", () => {
    const directory = mkdtempSync(join(tmpdir(), "rope-sealed-"));
    const sealer = createSealer(new Uint8Array(32));
    const sealed = openStore(directory, sealer);
    const put = (name: string) => ({ key: utf8ToBytes(name), value: utf8ToBytes(name) });
    sealed.write([put("a"), put("b")]);
    sealed.close();
    const raw = openSqliteStore(directory);
    const moved = raw.get(utf8ToBytes("a")) ?? new Uint8Array(0);
    raw.write([{ key: utf8ToBytes("b"), value: moved }]);
    raw.close();
    const again = openStore(directory, sealer);
    expect(again.get(utf8ToBytes("a"))).toEqual(utf8ToBytes("a"));
    expect(() => again.get(utf8ToBytes("b"))).toThrow(code("store/tampered"));
    again.close();
    rmSync(directory, { recursive: true });
  });

  it("refuses a key file that is none", () => {
    const file = join(stateDirectory, "..", "no.key");
    expect(() => openStoreKey(file, "x")).toThrow(code("store/bad-key"));
    writeFileSync(file, "{}");
    expect(() => openStoreKey(file, "x")).toThrow(code("store/bad-key"));
  });
});
