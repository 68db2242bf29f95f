import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import {
  type AttestedHeader,
  bytesToHex,
  hexToBytes,
  secp256k1,
  verifyAttestations,
} from "@ropenet/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type AttestationJson,
  createEvmRpc,
  type RunningAnvil,
  readHeader,
  startAnvil,
} from "../../src/index.ts";
import { attestorKeyFiles, eventually, freePort, temporaryFolder } from "../kit/test-strand.ts";

const main = join(import.meta.dirname, "../../src/attestor/main.ts");

function headerOf(json: AttestationJson): AttestedHeader {
  return {
    height: BigInt(json.height),
    headerHash: hexToBytes(json.headerHash),
    stateRoot: hexToBytes(json.stateRoot),
    timeMs: BigInt(json.timeMs),
  };
}

describe("the attestor process", () => {
  const folder = temporaryFolder();
  const keyFiles = attestorKeyFiles(folder.path);
  const configFile = join(folder.path, "attestor.json");
  const children: ChildProcess[] = [];
  let anvil: RunningAnvil;
  let genesisHash = new Uint8Array();
  let url = "";

  async function run(change: object = {}): Promise<{ child: ChildProcess; errors: () => string }> {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const config = {
      name: "test",
      rpcUrl: anvil.rpcUrl,
      port,
      genesisHash: bytesToHex(genesisHash),
      threshold: 3,
      keyFiles,
      directory: join(folder.path, "journals"),
      ...change,
    };
    writeFileSync(configFile, JSON.stringify(config));
    const child = spawn(process.execPath, [main, "--config", configFile]);
    children.push(child);
    let text = "";
    child.stderr.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    return { child, errors: () => text };
  }

  const exited = (child: ChildProcess): Promise<unknown> =>
    child.exitCode === null && child.signalCode === null
      ? new Promise((resolve) => child.once("exit", resolve))
      : Promise.resolve();

  const get = async (path: string): Promise<{ status: number; body: Record<string, unknown> }> => {
    const response = await fetch(url + path);
    return {
      status: response.status,
      body: (await response.json()) as Record<string, unknown>,
    };
  };

  const healthy = (): Promise<true> =>
    eventually(async () => {
      const response = await fetch(`${url}/health`).catch(() => undefined);
      return response?.ok ? true : undefined;
    });

  beforeAll(async () => {
    anvil = await startAnvil({
      directory: join(folder.path, "chain"),
      port: await freePort(),
      chainId: 31_003,
    });
    genesisHash = new Uint8Array((await readHeader(createEvmRpc(anvil.rpcUrl), 0n)).hash);
  });
  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map(exited));
    await anvil.stop();
    folder.remove();
  });

  it("signs finalised headers so that the rope accepts them, and the same ones after kill -9", async () => {
    const { child } = await run();
    await healthy();
    const { body } = await get("/attestation/latest");
    const latest = body as unknown as AttestationJson;
    const attestors = keyFiles.map((_, index) =>
      secp256k1.getAddress(hexToBytes(`${index + 1}`.padStart(64, "5"))),
    );
    const set = { genesisHash, attestors, threshold: 3 };
    const signaturesOf = (json: AttestationJson): { index: number; signature: Uint8Array }[] =>
      json.signatures.map(({ index, signature }) => ({ index, signature: hexToBytes(signature) }));
    verifyAttestations(set, headerOf(latest), signaturesOf(latest));
    expect(latest.signatures).toHaveLength(4);
    const status = await get("/status");
    expect(status.body).toMatchObject({ profile: "development", attestorsHere: 4, threshold: 3 });

    child.kill("SIGKILL");
    await exited(child);
    const restarted = await run();
    await healthy();
    const tip = await eventually(async () => {
      const answer = await get("/attestation/latest");
      const json = answer.body as unknown as AttestationJson;
      return BigInt(json.height) > BigInt(latest.height) ? json : undefined;
    });
    verifyAttestations(set, headerOf(tip), signaturesOf(tip));
    restarted.child.kill("SIGTERM");
    await exited(restarted.child);
    expect(restarted.child.exitCode).toBe(0);
  });

  it("refuses heights that are not final, and whatever it was not asked to serve, each under its code", async () => {
    const { child } = await run();
    await healthy();
    const latest = await readHeader(createEvmRpc(anvil.rpcUrl), "latest");
    const above = String(latest.height + 5n);
    const refusals: readonly (readonly [string, number, object])[] = [
      [`/attestation?height=${above}`, 409, { code: "attestor/not-final", height: above }],
      ...["", "-1", "0x10", "007", "1e3"].map(
        (height) =>
          [`/attestation?height=${height}`, 400, { code: "attestor/bad-height", height }] as const,
      ),
      ["/attestation", 400, { code: "attestor/bad-query", field: "height", reason: "missing" }],
      ["/attestation?height=1&height=2", 400, { code: "attestor/bad-query", field: "height" }],
      ["/attestation?height=1&x=2", 400, { code: "attestor/bad-query", field: "x" }],
      ["/status?x", 400, { code: "attestor/bad-query", field: "x", reason: "unknown" }],
      ["/keys", 404, { code: "attestor/unknown-route", path: "/keys" }],
    ];
    for (const [path, status, error] of refusals) {
      expect(await get(path)).toMatchObject({ status, body: { error } });
    }
    const posted = await fetch(`${url}/attestation?height=1`, { method: "POST" });
    expect(posted.status).toBe(405);
    expect(posted.headers.get("allow")).toBe("GET, HEAD");
    expect(await posted.json()).toEqual({
      error: { code: "attestor/wrong-method", method: "POST", allow: "GET, HEAD" },
    });
    expect((await fetch(`${url}/health`, { method: "HEAD" })).status).toBe(200);
    child.kill("SIGTERM");
    await exited(child);
  });

  it("outlives a request target that is no path", async () => {
    const { child } = await run();
    await healthy();
    for (const target of ["//", "http://[", "*"]) {
      const status = await new Promise((resolve, reject) => {
        const { port } = new URL(url);
        request({ host: "127.0.0.1", port, path: target }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on("error", reject)
          .end();
      });
      expect(status).toBe(404);
    }
    expect((await get("/health")).status).toBe(200);
    child.kill("SIGTERM");
    await exited(child);
  });

  it.each([
    [["--nothing"], "--nothing"],
    [["file.json"], "file.json"],
    [[], "--config FILE is missing"],
    [["--config"], "--config"],
    [["--config", "a.json", "--config", "b.json"], "twice"],
  ])("ends with one line and status 2 where it is called with %j", async (args, detail) => {
    const { status, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^attestor\/bad-arguments [^\n]*\n$/);
    expect(stderr).toContain(detail);
  });

  it("starts neither on another chain nor with a key that others can read", async () => {
    const other = await run({ genesisHash: "11".repeat(32) });
    await exited(other.child);
    expect(other.errors()).toContain("attestor/wrong-chain");
    const [first = ""] = keyFiles;
    chmodSync(first, 0o644);
    const exposed = await run();
    await exited(exposed.child);
    expect(exposed.errors()).toContain("attestor/key-exposed");
    chmodSync(first, 0o600);
  });

  it("stops signing for good when the node shows another past", async () => {
    const { child } = await run();
    await healthy();
    const before = await get("/attestation/latest");
    const rpc = createEvmRpc(anvil.rpcUrl);
    const { height } = await readHeader(rpc, "latest");
    const signed = BigInt(String(before.body["height"]));
    // Replaces blocks below what was final, as a node that lost its disk might.
    await rpc.call("anvil_reorg", [Number(height - signed) + 1, []]);
    const contradiction = await eventually(async () => {
      const { body } = await get("/status");
      return body["contradiction"] ?? undefined;
    });
    expect(contradiction).toContain("attestor/contradiction");
    expect((await get("/health")).status).toBe(503);
    const next = await get(`/attestation?height=${height + 1n}`);
    expect(next).toMatchObject({
      status: 503,
      body: { error: { code: "attestor/contradiction" } },
    });
    expect((await get("/attestation/latest")).body["headerHash"]).toBe(before.body["headerHash"]);

    child.kill("SIGKILL");
    await exited(child);
    await run();
    await eventually(async () => {
      const { body } = await get("/status").catch(() => ({ body: {} as Record<string, unknown> }));
      return body["contradiction"] ?? undefined;
    });
    expect((await get("/attestation/latest")).status).toBe(409);
  });
});
