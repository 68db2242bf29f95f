import {
  bytesToHex,
  concatBytes,
  hexToBytes,
  type Sm2VerifyItem,
  sm2,
  sm3,
  sm3Nodes,
  sm4Gcm,
  utf8ToBytes,
} from "@ropenet/crypto";
import { openKeyStore, sealKeyStore } from "@ropenet/crypto/pki";
import type { vectors } from "../vectors.ts";

/** What this package says wherever it runs: official values, and its own both ways. All must come out true. */
export function suite({
  sm2Sign,
  sm3: hashes,
  sm4Gcm: gcm,
}: typeof vectors): Record<string, boolean> {
  const same = (left: Uint8Array, right: Uint8Array): boolean =>
    bytesToHex(left) === bytesToHex(right);
  const hex = (...parts: string[]): Uint8Array => hexToBytes(parts.join("").toLowerCase());

  const publicKey = hex("04", sm2Sign.px, sm2Sign.py);
  const official = hex(sm2Sign.r, sm2Sign.s);
  const message = utf8ToBytes(sm2Sign.messageUtf8);
  const secretKey = sm2.randomSecretKey();
  const own: Sm2VerifyItem[] = Array.from({ length: 40 }, (_, index) => ({
    message: Uint8Array.of(index),
    publicKey: sm2.getPublicKey(secretKey),
    signature: sm2.sign(Uint8Array.of(index), secretKey),
  }));
  const swapped = own.map((item, index) => (index === 7 ? { ...item, message } : item));
  const refused = sm2.verifyMany(swapped);
  const opened = sm4Gcm.open(hex(gcm.key), hex(gcm.iv), hex(gcm.ciphertext, gcm.tag), hex(gcm.aad));
  const nodes = new Uint8Array(64 * 5).map((_, index) => index);
  const file = sealKeyStore(secretKey, "pass", { cost: 10 });
  return {
    "a signature of the standard": sm2.verify(official, message, publicKey),
    "not of another message": !sm2.verify(official, concatBytes(message, message), publicKey),
    "many at once": sm2.verifyMany(own).every(Boolean),
    "and not one that is wrong": refused.filter((valid) => !valid).length === 1 && !refused[7],
    hashes: hashes.every(({ utf8, digest }) => same(sm3(utf8ToBytes(utf8)), hex(digest))),
    "hashes in lanes": same(sm3Nodes(nodes).subarray(128), sm3(nodes.subarray(256))),
    "RFC 8998": same(opened, hex(gcm.plaintext)),
    encryption: same(sm2.decrypt(sm2.encrypt(message, publicKey), hex(sm2Sign.d)), message),
    "the key store": same(openKeyStore(file, "pass"), secretKey),
  };
}
