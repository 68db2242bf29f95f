import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  buildVectors,
  type CommittedVectors,
  committedSignatures,
} from "./protocol-vectors/build.ts";

const file = join(import.meta.dirname, "../vectors/protocol.json");
const committed = existsSync(file)
  ? committedSignatures(JSON.parse(readFileSync(file, "utf8")) as CommittedVectors)
  : new Map<string, string>();
const vectors = await buildVectors(committed);
writeFileSync(file, `${JSON.stringify(vectors, null, 2)}\n`);
console.log(`wrote ${file}`);
