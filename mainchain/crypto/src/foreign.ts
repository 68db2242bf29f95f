import { secp256k1 as curve } from "@noble/curves/secp256k1.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes } from "./bytes.ts";

export const keccak256 = (bytes: Uint8Array): Uint8Array => keccak_256(bytes);
export const sha256 = (bytes: Uint8Array): Uint8Array => nobleSha256(bytes);

function addressOfPoint(uncompressed: Uint8Array): Uint8Array {
  return keccak256(uncompressed.subarray(1)).slice(12);
}

/** The 20-byte Ethereum address that signed, or undefined: bad length, high s, v other than 27 or 28. */
function recoverAddress(digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  const v = signature[64];
  if (signature.length !== 65 || digest.length !== 32 || (v !== 27 && v !== 28)) return undefined;
  try {
    const parsed = curve.Signature.fromBytes(signature.subarray(0, 64), "compact");
    if (parsed.hasHighS()) return undefined;
    return addressOfPoint(
      parsed
        .addRecoveryBit(v - 27)
        .recoverPublicKey(digest)
        .toBytes(false),
    );
  } catch {
    return undefined;
  }
}

/** 65 bytes r‖s‖v, v ∈ {27, 28}, low s; over the digest itself. */
function sign(digest: Uint8Array, secretKey: Uint8Array): Uint8Array {
  const recovered = curve.sign(digest, secretKey, {
    prehash: false,
    lowS: true,
    format: "recovered",
  });
  return concatBytes(recovered.subarray(1), Uint8Array.of((recovered[0] as number) + 27));
}

function getAddress(secretKey: Uint8Array): Uint8Array {
  return addressOfPoint(curve.getPublicKey(secretKey, false));
}

function randomSecretKey(): Uint8Array {
  return curve.utils.randomSecretKey();
}

/** secp256k1 as Ethereum uses it. */
export const secp256k1: {
  readonly recoverAddress: typeof recoverAddress;
  readonly sign: typeof sign;
  readonly getAddress: typeof getAddress;
  readonly randomSecretKey: typeof randomSecretKey;
} = { recoverAddress, sign, getAddress, randomSecretKey };
