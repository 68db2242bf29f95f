import { CodedError, decode, hexToBytes, PROPOSALS } from "@ropenet/protocol";
import { expect, test } from "vitest";
import { PROPOSAL_KINDS, readAction } from "../../src/cli/proposal-json.ts";

const id = "ab".repeat(32);
const account = "cd".repeat(20);

test.each([
  [
    "set-parameter",
    { set: "staking", name: "maxValidators", value: "340282366920938463463374607431768211455" },
  ],
  ["schedule-upgrade", { name: "v2", height: 1000 }],
  ["recover-client", { gateway: id, attestors: [account], threshold: 1, keptHeight: 5 }],
  ["unfreeze-books", { assetId: id, gateway: id }],
  ["lift-quarantine", { credentialId: id, gateway: id }],
  ["give-office", { office: "archive", account }],
  ["take-office", { office: "archive", account }],
] as const)("%s goes on the chain as it was written", (name, json) => {
  const { kind, action } = readAction(name, JSON.stringify(json));
  expect(kind).toBe(PROPOSALS[name].type);
  expect(PROPOSAL_KINDS).toContain(name);
  const read = decode(PROPOSALS[name].codec as never, action) as Record<string, unknown>;
  expect(Object.keys(read).toSorted()).toEqual(Object.keys(json).toSorted());
  if ("value" in json) expect(read).toMatchObject({ set: 2, value: 2n ** 128n - 1n });
  if ("account" in json) expect(read).toMatchObject({ account: hexToBytes(account) });
});

test.each([
  ["nonsense", "{}", "cli/bad-operand", "kind"],
  ["toString", "{}", "cli/bad-operand", "kind"],
  ["give-office", "[]", "cli/bad-json", undefined],
  ["give-office", "{", "cli/bad-json", undefined],
  ["give-office", '{"office":"archive"}', "cli/bad-operand", "account"],
  ["give-office", '{"office":7,"account":"x"}', "cli/bad-operand", "office"],
  [
    "give-office",
    `{"office":"archive","account":"${account}","until":1}`,
    "cli/unknown-field",
    "until",
  ],
  ["set-parameter", '{"set":"__proto__","name":"x","value":1}', "cli/bad-operand", "set"],
  ["set-parameter", '{"set":"chain","name":"x","value":1e20}', "cli/bad-operand", "value"],
  ["set-parameter", '{"set":"chain","name":"x","value":"-1"}', "cli/bad-operand", "value"],
  ["unfreeze-books", `{"assetId":"${account}","gateway":"${id}"}`, "cli/bad-operand", "assetId"],
  [
    "recover-client",
    `{"gateway":"${id}","attestors":"x","keptHeight":1}`,
    "cli/bad-operand",
    "attestors",
  ],
])("%s with %s is refused with %s %s", (kind, text, code, operand) => {
  let error: unknown;
  try {
    readAction(kind, text);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(CodedError);
  expect((error as CodedError).info).toMatchObject(
    operand === undefined ? { code } : { code, operand },
  );
});
