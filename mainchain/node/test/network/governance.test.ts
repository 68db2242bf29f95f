import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { sealKeyStore } from "@ropenet/crypto/pki";
import {
  bytesToHex,
  decode,
  equalBytes,
  formatAddress,
  HALT_STATE,
  hexToBytes,
  PROPOSAL_STATE,
  sm3,
  validatorSetCodec,
} from "@ropenet/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKeys } from "../../src/index.ts";
import {
  call,
  createAccount,
  eventually,
  startNetwork,
  type TestAccount,
  type TestNetwork,
  transaction,
} from "./devnet.ts";

const CLI = resolve(import.meta.dirname, "../../../client/src/cli/main.ts");
const BALANCE = 10n ** 15n;
const REASONED = ["--reason", "7", "--text"];

/** Five validators (without one of four, nobody could stay below a third) as processes, and everybody else at the command line. */
describe("governance and control, from the command line", () => {
  const people = {
    archive: createAccount(),
    supervision: createAccount(),
    admission: createAccount(),
  };
  let folder: string;
  let network: TestNetwork;

  const file = (name: string): string => join(folder, name);
  const write = (name: string, text: string): string => {
    writeFileSync(file(name), text);
    return file(name);
  };
  const keyOf = (name: string, { secretKey }: Pick<TestAccount, "secretKey">): void => {
    write(`${name}.key`, sealKeyStore(secretKey, "绳", { cost: 10 }));
  };
  const ropenet = (...parameters: readonly string[]): Promise<Record<string, unknown>> =>
    new Promise((done, fail) => {
      const all = [CLI, "--json", "--config", file("client.json"), ...parameters];
      execFile(process.execPath, all, (failure, out, errors) => {
        if (!failure) done(JSON.parse(out));
        else fail(JSON.parse(errors.trim().split("\n").at(-1) ?? "{}").error);
      });
    });
  const as = (name: string): readonly string[] => [
    ...["--key", file(`${name}.key`), "--password-file", file("password")],
  ];
  const setHas = async (address: Uint8Array): Promise<boolean> => {
    const { validators } = await call(network.url(0), "signed_header", {});
    const set = decode(validatorSetCodec, hexToBytes(validators));
    return set.some((one) => equalBytes(one.address, address));
  };
  const nodeAddress = (index: number): Uint8Array =>
    network.devnet.nodes[index]?.address ?? new Uint8Array(20);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "governance-"));
    const bank = createAccount();
    network = await startNetwork({
      validators: 5,
      accounts: [bank, ...Object.values(people)].map(({ address }) => ({
        address,
        balance: BALANCE,
      })),
      offices: Object.entries(people).map(([office, { address }]) => ({
        office,
        account: address,
      })),
      staking: { epochBlocks: 8n },
      parameters: { checkpointIntervalMs: 300n, checkpointHeartbeatMs: 500n },
    });
    const { devnet } = network;
    write("password", "绳\n");
    write("reasons", "依据与理由\n");
    const genesisHash = bytesToHex(
      sm3(hexToBytes((await call(network.url(0), "genesis", {})).genesis)),
    );
    const ropeUrls = devnet.nodes.map(({ rpcUrl }) => rpcUrl);
    write("client.json", JSON.stringify({ ropeUrls, genesisHash }));
    for (const [name, account] of Object.entries(people)) keyOf(name, account);
    for (const [index, { address }] of devnet.nodes.entries()) {
      keyOf(`node-${index}`, readKeys(join(devnet.directory, `node-${index}`, "keys.json")));
      const body = { to: address, amount: 10n ** 12n };
      const tx = transaction(network, bank, BigInt(index), "accounts/transfer", body);
      const { id } = await call(network.url(0), "broadcast_tx", { tx });
      await eventually(id, () => call(network.url(0), "tx", { id }));
    }
  }, 60_000);
  afterAll(async () => {
    await network?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("takes an office away by vote, with one validator dead", async () => {
    await network.kill(4);
    const account = formatAddress(people.archive.address);
    const action = write("action.json", JSON.stringify({ office: "archive", account }));
    const titled = ["--title", "备账管理中心换届", "--text", file("reasons")];
    await ropenet("gov", "propose", "take-office", action, ...titled, ...as("supervision"));
    await expect(ropenet("gov", "vote", "0", "yes", ...as("supervision"))).rejects.toMatchObject({
      code: expect.stringMatching(/^governance\//),
    });
    for (const voter of [0, 1, 2, 3])
      await ropenet("gov", "vote", "0", "yes", ...as(`node-${voter}`));
    const ended = await eventually("the proposal's end", async () => {
      const shown = await ropenet("gov", "show", "0");
      return shown["state"] === PROPOSAL_STATE.voting ? undefined : shown;
    });
    expect(ended).toMatchObject({
      ...{ state: PROPOSAL_STATE.executed, kind: "take-office", failure: "", no: "0" },
    });
    await network.start(4);
    const order = ["control", "halt", "node", formatAddress(nodeAddress(4)), "--for", "1h"];
    const inVain = [
      ...order,
      "--office",
      "archive",
      ...REASONED,
      file("reasons"),
      ...as("archive"),
    ];
    await expect(ropenet(...inVain)).rejects.toMatchObject({
      code: expect.stringMatching(/office/),
    });
  }, 90_000);

  it("halts a node once two offices agree, and the chain goes on without it", async () => {
    const node = nodeAddress(4);
    const order = ["control", "halt", "node", formatAddress(node), "--for", "1h"];
    const said = ["--office", "supervision", ...REASONED, file("reasons"), ...as("supervision")];
    const { haltId } = await ropenet(...order, ...said);
    expect(await ropenet("control", "show", String(haltId))).toMatchObject({
      ...{
        state: HALT_STATE.ordered,
        reason: 7,
        textHash: bytesToHex(sm3(Buffer.from("依据与理由\n"))),
      },
    });
    await ropenet(
      "control",
      "approve",
      String(haltId),
      "--office",
      "admission",
      ...as("admission"),
    );
    expect(await ropenet("control", "show", String(haltId))).toMatchObject({
      state: HALT_STATE.inForce,
    });
    const gone = async () => ((await setHas(node)) ? undefined : true);
    await eventually("a set without it", gone, 60_000);
    const { height } = await call(network.url(0), "status", {});
    await eventually("more blocks", async () => {
      const { height: now } = await call(network.url(0), "status", {});
      return BigInt(now) > BigInt(height) ? true : undefined;
    });
    for (const office of ["supervision", "admission"]) {
      const lift = ["control", "lift", String(haltId), "--office", office];
      await ropenet(...lift, ...REASONED, file("reasons"), ...as(office));
    }
    const [record] = (await ropenet("control", "list")) as unknown as readonly object[];
    expect(record).toMatchObject({ state: HALT_STATE.lifted, haltId });
  }, 90_000);
});
