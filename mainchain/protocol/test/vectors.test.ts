import { readFileSync } from "node:fs";
import { equalBytes } from "@ropenet/crypto";
import { describe, expect, test } from "vitest";
import {
  buildVectors,
  type CommittedVectors,
  committedSignatures,
} from "../scripts/protocol-vectors/build.ts";
import { isSignedBy } from "../scripts/protocol-vectors/certificates.ts";
import { fromHex } from "../scripts/protocol-vectors/plain.ts";
import { openAccount, outboxesRootFrom, readStorage, type Suite } from "../src/index.ts";

interface Proof {
  readonly index: number;
  readonly siblings: readonly string[];
}

interface SuiteFile {
  readonly outbox: readonly {
    readonly count: number;
    readonly leaves: readonly { readonly type: number; readonly bodyHash: string }[];
    readonly proofs: readonly Proof[];
  }[];
  readonly outboxes: readonly {
    readonly count: number;
    readonly summaries: readonly { readonly gatewayUid: string }[];
    readonly root: string;
    readonly paths: readonly Proof[];
  }[];
  readonly checkpoints: readonly Certificate[];
  readonly handovers: readonly Certificate[];
}

type Certificate = CommittedVectors["suite2"]["checkpoints"][number];

interface VectorFile {
  readonly chain: { readonly strand: string };
  readonly suite1: SuiteFile;
  readonly suite2: SuiteFile;
  readonly evm: {
    readonly stateProof: {
      readonly stateRoot: string;
      readonly address: string;
      readonly codeHash: string;
      readonly accountProof: readonly string[];
      readonly storageRoot: string;
      readonly slots: readonly {
        readonly slot: string;
        readonly value: string;
        readonly proof: readonly string[];
      }[];
    };
  };
}

const path = new URL("../vectors/protocol.json", import.meta.url);
const text = readFileSync(path, "utf8");
const file = JSON.parse(text) as VectorFile;
const bothSuites: readonly (readonly [Suite, SuiteFile])[] = [
  [1, file.suite1],
  [2, file.suite2],
];

describe("vectors/protocol.json", () => {
  test("is what scripts/vectors.ts writes", async () => {
    const vectors = await buildVectors(committedSignatures(file));
    expect(`${JSON.stringify(vectors, null, 2)}\n`).toBe(text);
  });

  test.each(bothSuites)("carries certificates of suite %i that verify", (suite, vectors) => {
    const certificates = [...vectors.checkpoints, ...vectors.handovers];
    const all = certificates.flatMap(({ digest, signatures }) =>
      signatures.map((one) => ({ digest, ...one })),
    );
    expect(all.length).toBe(30);
    for (const { digest, verifier, signature } of all) {
      expect(isSignedBy(suite, fromHex(digest), fromHex(signature), fromHex(verifier))).toBe(true);
    }
  });

  test.each(bothSuites)(
    "leads from every leaf of suite %i to the outboxes root",
    (suite, vectors) => {
      const strand = fromHex(file.chain.strand);
      const outbox = vectors.outbox.at(-1);
      let proven = 0;
      for (const { count, root, summaries, paths } of vectors.outboxes) {
        const own = summaries.findIndex(({ gatewayUid }) => gatewayUid === file.chain.strand);
        const outboxes = paths[own];
        for (const { index, siblings } of outboxes ? (outbox?.proofs ?? []) : []) {
          const leaf = outbox?.leaves[index];
          const found = outboxesRootFrom(suite, strand, fromHex(leaf?.bodyHash ?? "0x"), {
            leafIndex: BigInt(index),
            leafType: leaf?.type ?? 0,
            siblings: siblings.map(fromHex),
            outboxCount: BigInt(outbox?.count ?? 0),
            outboxesIndex: own,
            outboxesCount: count,
            outboxesSiblings: (outboxes?.siblings ?? []).map(fromHex),
            checkpointHeight: 0n,
          });
          expect(equalBytes(found, fromHex(root))).toBe(true);
          proven += 1;
        }
      }
      expect(proven).toBe(12);
    },
  );

  test("carries a state proof that opens to every slot", () => {
    const { stateProof } = file.evm;
    const { storageRoot } = openAccount({
      stateRoot: fromHex(stateProof.stateRoot),
      address: fromHex(stateProof.address),
      codeHash: fromHex(stateProof.codeHash),
      accountProof: stateProof.accountProof.map(fromHex),
    });
    expect(storageRoot).toEqual(fromHex(stateProof.storageRoot));
    for (const { slot, value, proof } of stateProof.slots) {
      const read = readStorage({ storageRoot, slotKey: fromHex(slot), proof: proof.map(fromHex) });
      expect(read).toEqual(fromHex(value));
    }
    expect(stateProof.slots.length).toBe(7);
  });
});
