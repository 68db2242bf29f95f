import { CodedError } from "@ropenet/protocol";
import type { Pool } from "pg";

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

/** Asks the department's store. @throws {CodedError} `agent/subject-unknown` */
export async function askStore(
  pool: Pool,
  department: Department,
  subject: string,
): Promise<boolean> {
  const { rows } = await pool.query<{ answer: boolean }>(department.question, [subject]);
  const [row] = rows;
  if (!row) throw new CodedError({ code: "agent/subject-unknown" });
  return row.answer;
}
