import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";

interface Service {
  readonly command?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly secrets?: readonly string[];
}

const root = resolve(import.meta.dirname, "../..");
const compose = parse(readFileSync(resolve(root, "docker-compose.yml"), "utf8"), {
  merge: true,
}) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, unknown>>;
};

it("docker-compose.yml parses, depends only on its own services and starts files that exist", () => {
  const names = Object.keys(compose.services);
  expect(names.filter((name) => name.startsWith("validator-"))).toHaveLength(4);
  for (const service of Object.values(compose.services)) {
    for (const name of Object.keys(service.depends_on ?? {})) expect(names).toContain(name);
    for (const name of service.secrets ?? []) expect(Object.keys(compose.secrets)).toContain(name);
    const [program, ...rest] = service.command ?? [];
    const file = rest.find((argument) => !argument.startsWith("--"));
    if (program === "node") expect(() => readFileSync(resolve(root, file ?? ""))).not.toThrow();
  }
});
