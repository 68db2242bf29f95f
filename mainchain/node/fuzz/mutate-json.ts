import type { Random } from "./random.ts";

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  "",
  "0",
  "00",
  "-1",
  "18446744073709551615",
  "18446744073709551616",
  "zz",
  "ab".repeat(20),
  "ab".repeat(32),
  "rope1qqqq",
  "rope1",
  "é😀\u0000",
  "__proto__",
  [],
  {},
  [[[[]]]],
  { __proto__: 1 },
];

/** A call with something else in it, a batch of such, or text that is no JSON. */
export function mutateJson(calls: readonly unknown[], random: Random): string {
  const kind = random.int(10);
  if (kind === 0) return garble(JSON.stringify(random.pick(calls)), random);
  if (kind === 1) return nested(random);
  if (kind === 2) {
    const batch = Array.from({ length: random.int(60) }, () => changed(random.pick(calls), random));
    return JSON.stringify(batch);
  }
  return JSON.stringify(changed(random.pick(calls), random));
}

function garble(text: string, random: Random): string {
  const at = random.int(text.length);
  const insert = random.pick(["", '"', "{", "}", "[", "\\", "\u0000", ",", "1e999", "\ud800"]);
  return text.slice(0, at) + insert + text.slice(at + random.int(4));
}

function nested(random: Random): string {
  const depth = 1 + random.int(20_000);
  const [open, close] = random.pick([
    ["[", "]"],
    ['{"a":', "}"],
  ] as const);
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

function changed(call: unknown, random: Random): unknown {
  const copy = structuredClone(call) as Record<string, unknown>;
  const target =
    random.int(3) > 0 && typeof copy["params"] === "object"
      ? (copy["params"] as Record<string, unknown>)
      : copy;
  const names = Object.keys(target);
  const name = names.length > 0 && random.int(8) > 0 ? random.pick(names) : "extra";
  if (random.int(6) === 0) delete target[name];
  else target[name] = random.pick(VALUES);
  return copy;
}
