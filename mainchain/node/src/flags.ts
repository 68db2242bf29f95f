/**
 * What the process of a node is started with. V8 would let young objects take 64 MiB before it looks at them; with 4 MiB a
 * validator stays a hundred megabytes smaller and spends less time on collections (`npm run bench:chain`).
 */
export const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=4"];
