import { bytesToHex, concatBytes, equalBytes, sm2, sm3 } from "@ropenet/protocol";

/**
 * How the simulated network signs.
 * `sm2`: the real thing, without fresh entropy, so that a seed can be replayed.
 * `memoised`: the same signatures; each is checked once in the whole process, not once per node.
 * `hashed`: SM3 over public key and message. Anybody could forge it; adversaries of the simulation do not.
 */
export type SignatureScheme = "sm2" | "memoised" | "hashed";

type Sign = typeof sm2.sign;
type Verify = typeof sm2.verify;
type VerifyMany = typeof sm2.verifyMany;
type Scheme = { readonly sign: Sign; readonly verify: Verify };
type Mutable = { sign: Sign; verify: Verify; verifyMany: VerifyMany };

const real: Mutable = { sign: sm2.sign, verify: sm2.verify, verifyMany: sm2.verifyMany };
const MAX_REMEMBERED = 20_000;

const publicKeys = new Map<string, Uint8Array>();

export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  const name = bytesToHex(secretKey);
  let publicKey = publicKeys.get(name);
  if (!publicKey) {
    publicKey = sm2.getPublicKey(secretKey);
    publicKeys.set(name, publicKey);
  }
  return publicKey;
}

const deterministic: Sign = (message, secretKey) =>
  real.sign(message, secretKey, { extraEntropy: false, publicKey: publicKeyOf(secretKey) });

function memoised(): Verify {
  const known = new Map<string, boolean>();
  return (signature, message, publicKey) => {
    const name = bytesToHex(concatBytes(signature, message, publicKey));
    let holds = known.get(name);
    if (holds === undefined) {
      holds = real.verify(signature, message, publicKey);
      if (known.size > MAX_REMEMBERED) known.clear();
      known.set(name, holds);
    }
    return holds;
  };
}

function hashedSignature(message: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const half = sm3(concatBytes(publicKey, message));
  return concatBytes(half, sm3(half));
}

const SCHEMES: Readonly<Record<SignatureScheme, () => Scheme>> = {
  sm2: () => ({ sign: deterministic, verify: real.verify }),
  memoised: () => ({ sign: deterministic, verify: memoised() }),
  hashed: () => ({
    sign: (message, secretKey) => hashedSignature(message, publicKeyOf(secretKey)),
    verify: (signature, message, publicKey) =>
      equalBytes(signature, hashedSignature(message, publicKey)),
  }),
};

/** While `run` lasts, everything in this process that signs by `sm2` does so by `scheme`. */
export async function withSignatures<T>(
  scheme: SignatureScheme,
  run: () => Promise<T>,
): Promise<T> {
  const chosen = sm2 as Mutable;
  const { sign, verify } = SCHEMES[scheme]();
  const verifyMany: VerifyMany = (items) =>
    items.map(({ signature, message, publicKey }) => verify(signature, message, publicKey));
  Object.assign(chosen, {
    sign,
    verify,
    verifyMany: scheme === "sm2" ? real.verifyMany : verifyMany,
  });
  try {
    return await run();
  } finally {
    Object.assign(chosen, real);
  }
}
