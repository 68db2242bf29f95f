import { bytesToHex, CodedError } from "@ropenet/protocol";
import type { Pool, PoolClient } from "pg";
import type { Queryable } from "./departments.ts";
import type { AnswerRequest } from "./request.ts";

const SCHEMA = `CREATE TABLE IF NOT EXISTS agent_use (
  use_id text NOT NULL, credential_id text NOT NULL, gateway text NOT NULL, n numeric NOT NULL,
  grantee text NOT NULL, answered_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (credential_id, gateway, grantee, use_id), UNIQUE (credential_id, gateway, n))`;

/** Tables of before docs/adr/0015 knew a use by its id alone: there a squatter of an id would still be first. */
const MIGRATION = `DO $$ BEGIN
  IF (SELECT array_length(conkey, 1) FROM pg_constraint
      WHERE conrelid = 'agent_use'::regclass AND contype = 'p') = 1 THEN
    ALTER TABLE agent_use DROP CONSTRAINT agent_use_pkey,
      ADD PRIMARY KEY (credential_id, gateway, grantee, use_id);
  END IF;
END $$`;

/** Which uses were answered. Written with the answer or not at all. */
export interface UseLedger {
  /**
   * Takes the use, then runs `work`; if that throws the use is free again.
   * @throws {CodedError} `agent/already-answered` for a use id, `agent/unit-spent` for a unit that was taken before
   */
  once<T>(request: AnswerRequest, work: (store: Queryable) => Promise<T>): Promise<T>;
}

async function take(client: PoolClient, request: AnswerRequest): Promise<void> {
  const useId = bytesToHex(request.useId);
  const credentialId = bytesToHex(request.credentialId);
  const gateway = bytesToHex(request.proof.gateway);
  const n = String(request.n);
  const grantee = bytesToHex(request.grantee);
  const { rowCount } = await client.query(
    "INSERT INTO agent_use (use_id, credential_id, gateway, n, grantee) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    [useId, credentialId, gateway, n, grantee],
  );
  if (rowCount === 1) return;
  const { rowCount: same } = await client.query(
    "SELECT 1 FROM agent_use WHERE credential_id = $1 AND gateway = $2 AND grantee = $3 AND use_id = $4",
    [credentialId, gateway, grantee, useId],
  );
  // A chain that lies about its uses gives many of them the same number: it still has only so many.
  throw same === 1
    ? new CodedError({ code: "agent/already-answered", useId })
    : new CodedError({ code: "agent/unit-spent", credentialId, gateway, n });
}

export async function openUseLedger(pool: Pool): Promise<UseLedger> {
  await pool.query(SCHEMA);
  await pool.query(MIGRATION);
  return {
    async once(request, work) {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        // A second asker of the same use waits here until the first has its answer.
        await take(client, request);
        const done = await work({
          query: (text, values) => client.query(text, [...values]),
        });
        await client.query("COMMIT");
        return done;
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    },
  };
}
