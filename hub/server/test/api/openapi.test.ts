import { describe, expect, it } from "vitest";
import { openApiDocument, transferQuery } from "../../src/index.ts";

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Record<
    string,
    { readonly content: Record<string, { readonly schema: Record<string, unknown> }> }
  >;
}

const document = openApiDocument() as {
  readonly openapi: string;
  readonly paths: Record<string, { readonly get: Operation }>;
  readonly components: { readonly schemas: Record<string, unknown> };
};

function references(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) =>
    key === "$ref" ? [String(entry)] : references(entry),
  );
}

describe("openApiDocument", () => {
  it("describes every route with a schema for its answer and for its refusals", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toHaveLength(6);
    for (const { get } of Object.values(document.paths)) {
      const reference = get.responses["200"]?.content["application/json"]?.schema["$ref"];
      const name = String(reference).replace("#/components/schemas/", "");
      expect(document.components.schemas[name]).toBeDefined();
      for (const status of ["400", "404"]) {
        expect(get.responses[status]?.content["application/json"]?.schema["type"]).toBe("object");
      }
    }
  });

  it("refers only to schemas that it holds", () => {
    const known = Object.keys(document.components.schemas).map(
      (name) => `#/components/schemas/${name}`,
    );
    const used = references(document);
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter((reference) => !known.includes(reference))).toEqual([]);
  });

  it("names the ledger's filters as query parameters", () => {
    const names = document.paths["/api/v1/transfers"]?.get.parameters.map(({ name }) => name);
    expect(names).toEqual(["state", "chain", "asset", "fromMs", "toMs", "page", "pageSize"]);
  });
});

describe("transferQuery", () => {
  it("fills in the first page of twenty", () => {
    expect(transferQuery.parse({})).toEqual({ page: 1, pageSize: 20 });
  });

  it.each([
    { state: "gone" },
    { chain: "00" },
    { asset: "Z".repeat(64) },
    { fromMs: "-1" },
    { page: "0" },
    { pageSize: "201" },
    { page: "1e9" },
  ])("refuses %j", (query) => {
    expect(transferQuery.safeParse(query).success).toBe(false);
  });
});
