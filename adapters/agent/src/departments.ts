import { CodedError } from "@ropenet/protocol";
import type { QueryResult } from "pg";

/** What one department can be asked: a yes/no question over its own table. No row ever leaves. */
export interface Department {
  /** shown beside the answer */
  readonly field: string;
  /** creates the department's own table if it is missing */
  readonly schema: string;
  readonly question: string;
}

export type DepartmentName = "police" | "social-security" | "housing";

export const DEPARTMENTS: { readonly [K in DepartmentName]: Department } = {
  police: {
    field: "无重大违法记录",
    schema:
      "CREATE TABLE IF NOT EXISTS police_person (id_number text PRIMARY KEY, name text NOT NULL, serious_offences integer NOT NULL)",
    question: "SELECT serious_offences = 0 AS answer FROM police_person WHERE id_number = $1",
  },
  "social-security": {
    field: "社保连续缴纳满 24 个月",
    schema:
      "CREATE TABLE IF NOT EXISTS social_security_person (id_number text PRIMARY KEY, name text NOT NULL, months_paid integer NOT NULL)",
    question: "SELECT months_paid >= 24 AS answer FROM social_security_person WHERE id_number = $1",
  },
  housing: {
    field: "名下有不动产",
    schema:
      "CREATE TABLE IF NOT EXISTS housing_person (id_number text PRIMARY KEY, name text NOT NULL, properties integer NOT NULL)",
    question: "SELECT properties > 0 AS answer FROM housing_person WHERE id_number = $1",
  },
};

export interface Queryable {
  query<Row extends object>(text: string, values: readonly unknown[]): Promise<QueryResult<Row>>;
}

/** What has come out of the store, as PostgreSQL itself describes its answers. */
export interface StoreCounters {
  /** yes or no, computed inside the store */
  verdicts: number;
  /** rows of which at least one column is stored in a table: there must be none */
  rows: number;
}

/**
 * Asks the department's store.
 * @throws {CodedError} `agent/subject-unknown`; `agent/row-withheld` for a question that would take data out
 */
export async function askStore(
  store: Queryable,
  department: Department,
  subject: string,
  counters: StoreCounters,
): Promise<boolean> {
  const { rows, fields } = await store.query<{ answer: unknown }>(department.question, [subject]);
  // PostgreSQL names the table of a column that is stored, and none for one that it has computed.
  const isStored = fields.some(({ tableID }) => tableID !== 0);
  if (isStored) counters.rows += rows.length;
  if (rows.length === 0) throw new CodedError({ code: "agent/subject-unknown" });
  const answer = rows[0]?.answer;
  if (isStored || rows.length !== 1 || fields.length !== 1 || typeof answer !== "boolean")
    throw new CodedError({ code: "agent/row-withheld", rows: rows.length });
  counters.verdicts += 1;
  return answer;
}
