import {
  type Checkpoint,
  checkpointDigest,
  SUITE_KECCAK,
  type Suite,
  secp256k1,
  sm2,
} from "@ropenet/protocol";
import { type TestValidator, validators } from "./genesis.ts";
import { type Plan, plan, type RopeBench } from "./rope-bench.ts";

/** The bridge signature of a validator over a digest; the same bytes every time, for they go into the state. */
export function bridgeSignature(
  { ethereum, bridge }: TestValidator,
  suite: Suite,
  digest: Uint8Array,
): Uint8Array {
  if (suite === SUITE_KECCAK) return secp256k1.sign(digest, ethereum.secretKey);
  const { publicKey, secretKey } = bridge;
  return sm2.sign(digest, secretKey, { publicKey, extraEntropy: false });
}

export function signCheckpoint(validator: TestValidator, checkpoint: Checkpoint): Plan {
  const suite = checkpoint.suite as Suite;
  const signature = bridgeSignature(validator, suite, checkpointDigest(checkpoint));
  const { height } = checkpoint;
  return plan(
    validator.consensus,
    "checkpoints/sign",
    { height, suite, signature },
    { feeLimit: 0n },
  );
}

/** Every validator signs whatever it owes, until nothing is owed. Empty blocks go by meanwhile. */
export function signEverything(rope: RopeBench): void {
  rope.do();
  const duties = validators.flatMap((validator) =>
    rope.runtime.queries
      .checkpointsToSign(validator.consensus.address)
      .map(({ suite, height, digest }) => {
        const signature = bridgeSignature(validator, suite, digest);
        const body = { height, suite, signature };
        return plan(validator.consensus, "checkpoints/sign", body, { feeLimit: 0n });
      }),
  );
  rope.do(...duties);
}
