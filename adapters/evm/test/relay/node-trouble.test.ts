import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type ChainAdapter, isAdapterError, type ProvenBatch } from "@ropenet/adapter-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEvmAdapter } from "../../src/index.ts";
import { assetPacket, voucherAsset } from "../kit/payloads.ts";
import {
  freePort,
  PAYEE,
  RICH_KEYS,
  signal,
  startTestStrand,
  type TestStrand,
} from "../kit/test-strand.ts";

const POOR_KEY = "77".repeat(32);

describe("what a node or an account cannot do", () => {
  let strand: TestStrand;
  let proxy: Server;
  let proxyUrl = "";
  /** what the proxy answers instead of the node, by method */
  const refusals = new Map<string, { readonly status: number; readonly body: string }>();

  async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const headers = { "content-type": "application/json" };
    const refusal = refusals.get((JSON.parse(body) as { method: string }).method);
    if (refusal) {
      response.writeHead(refusal.status, headers).end(refusal.body);
      return;
    }
    const answer = await fetch(strand.anvil.rpcUrl, { method: "POST", headers, body });
    response.writeHead(answer.status, headers).end(await answer.text());
  }

  beforeAll(async () => {
    strand = await startTestStrand();
    proxy = createServer((request, response) => {
      void passOn(request, response);
    });
    const port = await freePort();
    await new Promise<void>((resolve) => proxy.listen(port, "127.0.0.1", resolve));
    proxyUrl = `http://127.0.0.1:${port}`;
  }, 60_000);
  afterAll(async () => {
    proxy?.closeAllConnections();
    proxy?.close();
    await strand?.close();
  });

  function adapter(rpcUrl: string, secretKey: string): ChainAdapter {
    return createEvmAdapter({
      ...{ name: "test", rpcUrl, secretKey, payee: PAYEE, attestors: [] },
      gatewayAddress: strand.gateway.address,
      gatewayUid: strand.gateway.gatewayUid,
      ropeGatewayUid: strand.rope.gateway,
      startHeight: strand.gateway.startHeight,
    });
  }

  /** packets that are late, which a gateway answers without running them */
  function late(count: number): Extract<ProvenBatch, { kind: "rope" }> {
    const order = { assetId: voucherAsset(7, 1).assetId, amount: 1n };
    const { address } = strand.account(2);
    const plan = { ...assetPacket(strand.gateway.gatewayUid, address, order), timeoutMs: 1n };
    return strand.rope.prove(Array.from({ length: count }, () => strand.rope.send(plan)));
  }

  async function refusalOf(worker: ChainAdapter, batch: ProvenBatch): Promise<object> {
    try {
      await worker.submit(batch, signal());
    } catch (error) {
      if (isAdapterError(error)) return error.info;
      throw error;
    }
    throw new Error("it was delivered");
  }

  it("is not said of the items where the account has no money", async () => {
    const batch = late(2);
    await strand.adapter(3).submit({ ...batch, items: [] }, signal());
    const info = await refusalOf(adapter(strand.anvil.rpcUrl, POOR_KEY), batch);
    expect(info).toMatchObject({ code: "evm/rpc-error", disposition: { kind: "retryable" } });
    expect(info).not.toHaveProperty("about");
  });

  it("is not said of the items where the node is asked too much or fails", async () => {
    const worker = adapter(proxyUrl, RICH_KEYS[4]);
    const batch = late(2);
    await strand.adapter(3).submit({ ...batch, items: [] }, signal());
    const failure = { jsonrpc: "2.0", id: 1, error: { code: -32_603, message: "internal error" } };
    for (const [method, status, body, code] of [
      ["eth_estimateGas", 429, "{}", "adapter/unreachable"],
      ["eth_estimateGas", 503, "busy", "adapter/unreachable"],
      ["eth_estimateGas", 200, JSON.stringify(failure), "evm/rpc-error"],
      ["eth_sendRawTransaction", 200, JSON.stringify(failure), "evm/rpc-error"],
    ] as const) {
      refusals.set(method, { status, body });
      const info = await refusalOf(worker, batch);
      refusals.clear();
      expect(info).toMatchObject({ code, disposition: { kind: "retryable" } });
      expect(info).not.toHaveProperty("about");
    }
    expect((await worker.submit(batch, signal())).outcomes).toEqual(["delivered", "delivered"]);
  });

  it("is said of the items where they are more than a block takes", async () => {
    const worker = adapter(proxyUrl, RICH_KEYS[4]);
    const batch = late(12);
    await strand.adapter(3).submit({ ...batch, items: [] }, signal());
    const block = await strand.rpc.call<{ gasLimit: string }>("eth_getBlockByNumber", [
      "latest",
      false,
    ]);
    await strand.rpc.call("evm_setBlockGasLimit", ["0x7a120"]);
    await strand.rpc.call("evm_mine", []);
    expect(await refusalOf(worker, batch)).toMatchObject({
      ...{ code: "evm/beyond-block-gas", about: "items" },
    });
    const one = await worker.submit({ ...batch, items: batch.items.slice(0, 1) }, signal());
    expect(one.outcomes).toEqual(["delivered"]);
    await strand.rpc.call("evm_setBlockGasLimit", [block.gasLimit]);
  });
});
