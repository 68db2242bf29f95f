import { describe, expect, it } from "vitest";
import { assertAccess } from "../../src/rpc/access.ts";

const code = (name: string) => expect.objectContaining({ code: name });

describe("who may talk to the RPC", () => {
  it.each([
    "127.0.0.1:7082",
    "localhost:7082",
    "LOCALHOST",
    "[::1]:7082",
    "10.0.0.7",
    "validator-0:26657",
    "rope.example:80",
  ])("%s may", (host) => {
    expect(() => assertAccess({ headers: { host } }, "rope.example")).not.toThrow();
  });

  it.each(["evil.example", "127.0.0.1.evil.example:7082", "", "a b", "rope.example.evil"])(
    "a page that calls this machine %j may not",
    (host) => {
      expect(() => assertAccess({ headers: { host } }, "rope.example")).toThrow(
        code("rpc/wrong-host"),
      );
    },
  );

  it.each(["https://evil.example", "null", "http://127.0.0.2:7082"])(
    "a page of %s may not",
    (origin) => {
      const headers = { host: "127.0.0.1:7082", origin };
      expect(() => assertAccess({ headers }, "127.0.0.1")).toThrow(code("rpc/wrong-origin"));
    },
  );
});
