import { expect, test } from "vitest";
import { CodedError } from "../src/index.ts";

test("the message names the code and its operands, bigints as decimals and bytes as hex", () => {
  const error = new CodedError({
    code: "bridge/timed-out",
    height: 12n,
    key: Uint8Array.of(0, 255),
    absent: undefined,
    list: [1n, "x"],
    nested: { a: 1n },
  });
  expect(error.message).toBe("bridge/timed-out height=12 key=00ff list=[1,x] nested={a:1}");
  expect(error.code).toBe("bridge/timed-out");
  expect(error.info.height).toBe(12n);
});

test("a subclass keeps its name, its cause and a message of its own", () => {
  class BridgeError extends CodedError<{ readonly code: "bridge/bad-proof" }> {}
  const cause = new Error("below");
  const error = new BridgeError({ code: "bridge/bad-proof" }, { cause, message: "no" });
  expect(error).toBeInstanceOf(CodedError);
  expect([error.name, error.message, error.cause]).toEqual(["BridgeError", "no", cause]);
  expect("cause" in new BridgeError({ code: "bridge/bad-proof" })).toBe(false);
});

test("long operands are cut", () => {
  const { message } = new CodedError({ code: "x/y", data: new Uint8Array(1000) });
  expect(message.length).toBeLessThan(200);
  expect(message).toContain("(1000 bytes)");
});
