import { defineConfig } from "vitest/config";

const packages = [
  "mainchain/crypto",
  "mainchain/protocol",
  "mainchain/consensus",
  "mainchain/runtime",
  "mainchain/node",
  "mainchain/client",
  "adapters/sdk",
  "adapters/mainchain",
  "adapters/evm",
  "adapters/agent",
  "relayer",
  "hub/server",
  "hub/console",
  "hub/devnet",
];

export default defineConfig({
  test: {
    // Two cores: real nodes and databases run beside the tests that drive them.
    maxWorkers: 2,
    projects: [
      ...packages.map((root) => ({
        root,
        test: {
          name: root,
          include: ["test/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      })),
      { root: "test", test: { name: "house", include: ["house/**/*.test.ts"] } },
      {
        root: "test",
        test: { name: "sim", include: ["sim/**/*.test.ts"], testTimeout: 240_000 },
      },
      {
        root: "test",
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts", "chaos/**/*.test.ts"],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
