import { createVerifyPool } from "../../pool/index.ts";

/** Uses a pool and forgets it. Ends with code 3 if that leaves nothing to wait for. */
process.exitCode = 1;
const pool = createVerifyPool({ workers: 2 });
const valid = await pool.verify({
  signature: new Uint8Array(64),
  message: new Uint8Array(1),
  publicKey: new Uint8Array(65),
});
process.exitCode = valid ? 2 : 3;
