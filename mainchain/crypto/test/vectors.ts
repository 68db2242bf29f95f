import { readFileSync } from "node:fs";
import { hexToBytes } from "../src/index.ts";

/** Official SM2, SM3 and SM4 values; `source` inside the file names the standards. */
export const vectors = JSON.parse(
  readFileSync(new URL("./vectors/sm.json", import.meta.url), "utf8"),
) as {
  readonly sm2Sign: Record<
    "userId" | "messageUtf8" | "d" | "px" | "py" | "z" | "e" | "k" | "r" | "s",
    string
  >;
  readonly sm2Encrypt: Record<"messageUtf8" | "c1" | "c3" | "c2", string>;
  readonly sm2KeyExchange: Record<
    | "userIdA"
    | "userIdB"
    | "dA"
    | "dB"
    | "rA"
    | "rB"
    | "pAx"
    | "pAy"
    | "pBx"
    | "pBy"
    | "rAx"
    | "rBx"
    | "zA"
    | "zB"
    | "k"
    | "s1"
    | "s2",
    string
  > & { readonly keyBytes: number };
  readonly sm3: readonly { readonly utf8: string; readonly digest: string }[];
  readonly sm4Ecb: Record<"key" | "plaintext" | "ciphertext" | "afterOneMillionRounds", string>;
  readonly sm4Gcm: Record<"key" | "iv" | "aad" | "plaintext" | "ciphertext" | "tag", string>;
};

export const hex = (...parts: readonly string[]): Uint8Array => hexToBytes(parts.join(""));
