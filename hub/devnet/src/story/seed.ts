import { DEPARTMENTS } from "@ropenet/agent";
import pg from "pg";
import type { Network } from "../network/network.ts";
import { DEPARTMENT_NAMES } from "../network/plan.ts";
import { SUBJECT } from "./numbers.ts";

const ROWS: Readonly<Record<(typeof DEPARTMENT_NAMES)[number], string>> = {
  police: "INSERT INTO police_person VALUES ($1, '甲某（虚构）', 0) ON CONFLICT DO NOTHING",
  "social-security":
    "INSERT INTO social_security_person VALUES ($1, '甲某（虚构）', 61) ON CONFLICT DO NOTHING",
  housing: "INSERT INTO housing_person VALUES ($1, '甲某（虚构）', 1) ON CONFLICT DO NOTHING",
};

/** 虚构 · one synthetic person in each department's own table. */
export async function seedDepartments(network: Network): Promise<void> {
  for (const department of DEPARTMENT_NAMES) {
    const access = network.databases[department];
    if (!access) throw new Error(`no database for ${department}`);
    const client = new pg.Client(access);
    await client.connect();
    try {
      await client.query(DEPARTMENTS[department].schema);
      await client.query(ROWS[department], [SUBJECT]);
    } finally {
      await client.end();
    }
  }
}
