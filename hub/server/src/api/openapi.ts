import { z } from "zod";
import {
  chainList,
  conservationView,
  overviewView,
  strandTransaction,
  transferDetail,
  transferPage,
  transferQuery,
} from "./schemas.ts";

interface Operation {
  readonly path: string;
  readonly summary: string;
  readonly answer: z.ZodType;
  readonly query?: z.ZodType;
  readonly pathParameters?: readonly string[];
}

const operations: readonly Operation[] = [
  { path: "/api/v1/overview", summary: "总览 · state of the rope", answer: overviewView },
  { path: "/api/v1/chains", summary: "链与适配器 · registered chains", answer: chainList },
  {
    path: "/api/v1/conservation",
    summary: "守恒 · conservation of every asset with proofs that the caller checks",
    answer: conservationView,
  },
  {
    path: "/api/v1/transfers",
    summary: "跨链台账 · ledger of transfers",
    answer: transferPage,
    query: transferQuery,
  },
  {
    path: "/api/v1/transfers/{id}",
    summary: "转移详情 · one transfer, five steps and its proof",
    answer: transferDetail,
    pathParameters: ["id"],
  },
  {
    path: "/api/v1/chains/{gateway}/transactions/{hash}",
    summary: "侧链交易 · one transaction, as the strand's own node tells it",
    answer: strandTransaction,
    pathParameters: ["gateway", "hash"],
  },
];

const errorSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: { type: "object", required: ["code"], properties: { code: { type: "string" } } },
  },
};

const componentOf = (id: string): string => `#/components/schemas/${id}`;

/** Every schema that has an id, each once; references between them stay references. */
function components(): Record<string, unknown> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { io: "input", uri: componentOf });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _, $id: __, ...schema }]) => [name, schema]),
  );
}

function referenceTo(schema: z.ZodType): Record<string, unknown> {
  const id = z.globalRegistry.get(schema)?.id;
  if (!id) throw new Error("an answer needs a schema with an id");
  return { $ref: componentOf(id) };
}

function queryParameters(schema: z.ZodType | undefined): readonly unknown[] {
  if (!schema) return [];
  const { properties } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties ?? {}).map(([name, value]) => ({
    name,
    in: "query",
    required: false,
    schema: value,
  }));
}

/** OpenAPI 3.1, made of the schemas that the routes validate with. */
export function openApiDocument(): Record<string, unknown> {
  const paths: Record<string, unknown> = {};
  for (const { path, summary, answer, query, pathParameters = [] } of operations) {
    const parameters = [
      ...queryParameters(query),
      ...pathParameters.map((name) => ({
        name,
        in: "path",
        required: true,
        schema: { type: "string" },
      })),
    ];
    const content = (schema: unknown): unknown => ({ "application/json": { schema } });
    paths[path] = {
      get: {
        summary,
        parameters,
        responses: {
          200: { description: "OK", content: content(referenceTo(answer)) },
          400: { description: "bad operand", content: content(errorSchema) },
          404: { description: "unknown", content: content(errorSchema) },
        },
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "RopeNet hub",
      version: "1",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: { schemas: components() },
  };
}
