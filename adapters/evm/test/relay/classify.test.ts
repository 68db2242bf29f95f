import { AdapterError } from "@ropenet/adapter-sdk";
import { expect, it } from "vitest";
import { unlessTooMuch } from "../../src/relay/classify-error.ts";
import { EvmRpcError } from "../../src/rpc/json-rpc.ts";

const said = (reason: string): EvmRpcError =>
  new EvmRpcError({
    ...{ code: "evm/rpc-error", method: "eth_estimateGas", rpcCode: -32_000, reason },
    data: undefined,
  });
const aboutOf = (error: unknown): unknown =>
  error instanceof AdapterError ? error.info.about : "not said";

// As go-ethereum, Besu and anvil word them.
it.each([
  "gas required exceeds allowance (30000000)",
  "exceeds block gas limit",
  "Transaction gas limit exceeds block gas limit",
  "Out of gas: gas required exceeds allowance: 30000000",
])("%j: fewer items may pass", (reason) => {
  expect(aboutOf(unlessTooMuch(said(reason), "strand"))).toBe("items");
});

it.each([
  "insufficient funds for gas * price + value: address 0x00 have 0 want 21000",
  "Insufficient funds for gas * price + value",
  "Upfront gas cost cannot exceed account balance",
  "gas price below configured minimum gas price",
  "Too Many Requests",
  "header not found",
])("%j: no item has anything to do with it", (reason) => {
  expect(aboutOf(unlessTooMuch(said(reason), "strand"))).toBe("not said");
});
