import { readFileSync } from "node:fs";
import { MESSAGES, type MessageBodies, type MessageName, OFFICES } from "@ropenet/protocol";
import { expect, it } from "vitest";
import { MATRIX, officesFor } from "../../../src/modules/identity/matrix.ts";
import { seed } from "../../kit/accounts.ts";
import { alice, officer } from "../../kit/genesis.ts";
import { plan, RopeBench } from "../../kit/rope-bench.ts";

const names = Object.keys(MESSAGES) as MessageName[];
const documented = new Map(
  readFileSync(new URL("../../../../../docs/governance.md", import.meta.url), "utf8")
    .matchAll(/^\| `([a-z-]+\/[a-z-]+)` \| ([^|]+) \|$/gm)
    .map(([, name = "", who = ""]) => [name, who.trim()]),
);

const B32 = seed("anything");
const grounds = { reason: 1, textHash: B32 };
const gateway = B32;

/** Well-formed, and nothing more: what a handler makes of it does not matter here. */
const BODIES: { readonly [K in MessageName]?: MessageBodies[K] } = {
  "identity/admit-member": {
    ...{ memberId: B32, kind: 1, name: "n", codeCommitment: B32, account: alice.address },
  },
  "identity/suspend-member": { memberId: B32, reason: 1 },
  "chains/approve": { gateway, recordHash: B32 },
  "chains/reject": { gateway, reason: 1 },
  "chains/suspend": { gateway, reason: 1 },
  "chains/resume": { gateway },
  "asset/register": {
    ...{ originGateway: B32, assetClass: 1, nativeId: B32, decimals: 0, name: "n", symbol: "s" },
    ...{ classification: 1, attributesHash: B32 },
  },
  "asset/add-representation": {
    ...{ assetId: B32, gateway, localId: B32, decimals: 0, scale: 0, netLimit: 0n, windowMs: 0n },
  },
  "supervision/place-hold": {
    ...{ subjectKind: 1, subject: B32, reason: 1, legalBasis: "x", holdUntilMs: 1n, onExpiry: 1 },
  },
  "supervision/lift-hold": { holdId: B32, decision: 1, reason: 1 },
  "staking/revoke-admission": { validator: alice.address, reason: 1 },
  "control/halt": { subjectKind: 2, subject: B32, ...grounds, untilMs: 1n, office: "archive" },
  "control/approve": { haltId: B32, office: "archive" },
  "control/lift": { haltId: B32, office: "archive", ...grounds },
  "control/decide-appeal": { haltId: B32, decision: 1, office: "archive", ...grounds },
};

it("the table of docs/governance.md is the matrix", () => {
  const written = Object.fromEntries(documented);
  const inForce = Object.fromEntries(
    names.map((name) => {
      const access = MATRIX[name];
      return [name, "offices" in access ? access.offices.join(", ") : access.everybody];
    }),
  );
  expect(written).toEqual(inForce);
});

it("every message that needs an office is refused from every account without it, and from no other for that", () => {
  const rope = RopeBench.create();
  for (const name of names) {
    const needed = officesFor(name);
    if (!needed) continue;
    const body = BODIES[name];
    if (!body) return expect.fail(`no body for ${name}`);
    for (const [office, account] of [...Object.entries(officer), ["nobody", alice] as const]) {
      const [result] = rope.fork().block([plan(account, name, body)]).transactions;
      const refused = result?.code === "identity/not-in-office";
      expect({ name, office, refused }).toEqual({
        name,
        office,
        refused: !needed.includes(office),
      });
    }
  }
});

it("names no office that does not exist", () => {
  for (const name of names) {
    for (const office of officesFor(name) ?? []) expect(OFFICES).toContain(office);
  }
});
