import { parseArgs } from "node:util";
import { mutated, PARSERS } from "../test/pki/parsers.ts";

/** Damaged keys, signatures, ciphertexts, certificates and lists. Exits 1 at the first that is handled wrongly. */
const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
  },
});
const inputs = Number(values.inputs);
const first = Number(values.seed) * 0x100_0000;
for (let index = 0; index < inputs; index += 1) {
  const parser = PARSERS[index % PARSERS.length] as (typeof PARSERS)[number];
  parser.check(mutated(parser.sample, (first + index) >>> 0));
}
console.log(JSON.stringify({ ok: true, inputs, seed: values.seed }));
