import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeRevert, GATEWAY_ERROR_CODES, gatewayInterface } from "../../src/index.ts";

const source = readFileSync(join(import.meta.dirname, "../../contracts/IRopeGateway.sol"), "utf8");

describe("codes of contract refusals", () => {
  it("are those that the Solidity interface names", () => {
    const named = [...source.matchAll(/^ {4}error (\w+)\(.*\); \/\/ ([a-z-]+\/[a-z-]+)/gm)];
    expect(named.length).toBeGreaterThan(50);
    for (const [, error, code] of named) {
      expect([error, GATEWAY_ERROR_CODES.get(error ?? "")]).toEqual([error, code]);
    }
  });

  it("exist for every error that the interface declares", () => {
    const declared = [...source.matchAll(/^ {4}error (\w+)\(/gm)].map(([, error]) => error);
    expect(declared.toSorted()).toEqual([...GATEWAY_ERROR_CODES.keys()].toSorted());
  });

  it("come with the error's operands, and with the data where nobody knows the error", () => {
    const data = gatewayInterface.encodeErrorResult("AlreadyDelivered", [1, 7]);
    expect(decodeRevert(data)).toEqual({
      code: "bridge/already-delivered",
      error: "AlreadyDelivered",
      operands: ["1", "7"],
      data,
    });
    expect(decodeRevert("0x12345678")).toMatchObject({ code: "evm/reverted", data: "0x12345678" });
    expect(decodeRevert("0x")).toMatchObject({ code: "evm/reverted", error: "" });
  });
});
