import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHistory, createRing } from "../../src/metrics/history.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { readinessOf } from "../../src/readiness.ts";
import { call, createAccount, eventually, transfer } from "../network/devnet.ts";
import { type LocalNetwork, startLocalNetwork } from "../rpc/local-network.ts";

let node: LocalNetwork;
beforeAll(async () => {
  node = await startLocalNetwork();
});
afterAll(() => node.close());

const scrape = async (headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${node.url}/metrics`, { headers });

function seriesOf(text: string, series: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

describe("GET /metrics", () => {
  it("tells what the chain did, in Prometheus' own words", async () => {
    const tx = transfer(node, node.rich, 0n, createAccount().address);
    const { id } = await call(node.url, "broadcast_tx", { tx });
    await eventually("inclusion", () => call(node.url, "tx", { id }).catch(() => undefined));
    const answer = await scrape();
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    expect(seriesOf(text, "ropenet_height")).toBeGreaterThanOrEqual(3);
    expect(seriesOf(text, "ropenet_peers")).toBe(3);
    // The transfer, and what validators sign of checkpoints.
    expect(seriesOf(text, 'ropenet_transactions_total{result="succeeded"}')).toBeGreaterThan(0);
    for (const series of [
      "ropenet_finality_seconds_count",
      "ropenet_block_bytes_sum",
      "ropenet_wal_fsync_seconds_count",
      "ropenet_store_batch_seconds_count",
      "ropenet_process_resident_memory_bytes",
      "ropenet_event_loop_lag_p99_seconds",
      'ropenet_verifications_total{kind="transaction",result="accepted"}',
      'ropenet_verifications_total{kind="vote",result="accepted"}',
      'ropenet_p2p_received_bytes_total{lane="vote"}',
      'ropenet_p2p_sent_bytes_total{lane="proposal"}',
    ]) {
      expect([series, seriesOf(text, series) > 0]).toEqual([series, true]);
    }
  });

  it("is not for whoever comes through a proxy of this machine", async () => {
    const answer = await scrape({ "x-forwarded-for": "127.0.0.1" });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { data: { code: "rpc/not-allowed" } } });
  });
});

describe("GET /ready", () => {
  it("says yes with the power that is heard", async () => {
    const answer = await fetch(`${node.url}/ready`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ ok: true, power: "4000000", code: null, peers: 3 });
  });

  it("says no while syncing, and with too little power in reach", () => {
    const validators = [1, 2, 3].map((byte) => ({
      address: new Uint8Array(20).fill(byte),
      publicKey: new Uint8Array(65),
      entity: new Uint8Array(32),
      power: 10n,
    }));
    const heard = ["01".repeat(20), "02".repeat(20)];
    const input = { height: 5n, syncing: false, validators, heard, peers: 1 };
    expect(readinessOf(input)).toMatchObject({ ok: false, code: "node/too-little-power" });
    const all = [...heard, "03".repeat(20)];
    expect(readinessOf({ ...input, heard: all })).toMatchObject({ ok: true, code: null });
    expect(readinessOf({ ...input, heard: all, syncing: true })).toMatchObject({
      code: "node/syncing",
    });
  });
});

describe("node_info", () => {
  it("shows hardware, software, network and data traffic with their history", async () => {
    const info = await call(node.url, "node_info", { limit: 10 });
    expect(info.hardware.cpuCount).toBeGreaterThan(0);
    expect(info.hardware.memoryBytes).toBeGreaterThan(1e8);
    expect(info.software).toMatchObject({ version: "0.1.0", protocolVersion: 1 });
    expect(info.network.peers).toBe(3);
    expect(info.network.lanes["vote"]?.receivedBytes).toBeGreaterThan(0);
    expect(info.history).toHaveLength(1);
    expect(info.now).toMatchObject({ height: expect.any(Number), storeBytes: expect.any(Number) });
    expect(info.now.storeBytes).toBeGreaterThan(0);
  });

  it("keeps a bounded number of samples, newest last, and every thirtieth for longer", () => {
    const ring = createRing<number>(3);
    for (const sample of [1, 2, 3, 4, 5]) ring.push(sample);
    expect(ring.last(9)).toEqual([3, 4, 5]);
    expect(ring.last(2)).toEqual([4, 5]);
    const history = createHistory<number>();
    for (let sample = 0; sample < 20_000; sample += 1) history.push(sample);
    expect(history.last("fine", 1_000)).toHaveLength(360);
    expect(history.last("coarse", 1_000)).toHaveLength(432);
    expect(history.last("coarse", 2)).toEqual([19_950, 19_980]);
  });
});

describe("the Grafana board", () => {
  const board = JSON.parse(
    readFileSync(new URL("../../grafana/ropenet-node.json", import.meta.url), "utf8"),
  ) as { readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[] };
  const shown = new Set(
    board.panels
      .flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/ropenet_\w+/g) ?? []))
      .map((name) => name.replace(/_(?:bucket|count|sum)$/, "")),
  );

  it("asks only for metrics that a node has, and for every one of them", () => {
    const metrics = createMetrics();
    const zero = () => 0;
    metrics.watch({
      height: zero,
      round: zero,
      syncing: () => false,
      peers: zero,
      bannedPeers: zero,
      mempoolTransactions: zero,
      mempoolBytes: zero,
    });
    expect([...shown].toSorted()).toEqual(metrics.names().toSorted());
    metrics.close();
  });
});
