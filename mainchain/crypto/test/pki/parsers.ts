import { bytesToHex, CryptoError, sm2, sm3 } from "../../src/index.ts";
import {
  ciphertextFromDer,
  ciphertextToDer,
  issueCertificate,
  issueRevocationList,
  parseCertificate,
  parseRevocationList,
  publicKeyFromSpki,
  publicKeyToSpki,
  secretKeyFromPkcs8,
  secretKeyToPkcs8,
  signatureFromDer,
  signatureToDer,
} from "../../src/pki/index.ts";

export interface ParserUnderTest {
  readonly name: string;
  readonly sample: Uint8Array;
  /** Parses. @throws {Error} where it failed otherwise than by a code, or took a second spelling */
  readonly check: (bytes: Uint8Array) => void;
}

const secretKey = new Uint8Array(32).fill(7);
const publicKey = sm2.getPublicKey(secretKey);
const issuer = { secretKey, name: { country: "CN", commonName: "fuzz" } };
const certificate = issueCertificate(
  {
    subject: issuer.name,
    publicKey,
    notBefore: 1_600_000_000,
    notAfter: 3_000_000_000,
    authority: { pathLength: 3 },
    keyUsage: ["keyCertSign"],
  },
  issuer,
);
const list = issueRevocationList(
  {
    number: 9,
    thisUpdate: 1_600_000_000,
    nextUpdate: 3_000_000_000,
    revoked: [{ serial: Uint8Array.of(1, 2), revokedAt: 1_600_000_001 }],
  },
  issuer,
);

/** `write` is the inverse, where there is one: then only one spelling may be taken. */
function parser<T>(
  name: string,
  sample: Uint8Array,
  read: (bytes: Uint8Array) => T,
  write?: (value: T) => Uint8Array,
): ParserUnderTest {
  const check = (bytes: Uint8Array): void => {
    let value: T;
    try {
      value = read(bytes);
    } catch (error) {
      if (error instanceof CryptoError) return;
      throw new Error(`${name} failed on ${bytesToHex(bytes)}`, { cause: error });
    }
    if (write !== undefined && bytesToHex(write(value)) !== bytesToHex(bytes)) {
      throw new Error(`${name} took a second spelling: ${bytesToHex(bytes)}`);
    }
  };
  check(sample);
  return { name, sample, check };
}

export const PARSERS: readonly ParserUnderTest[] = [
  parser(
    "signature",
    signatureToDer(sm2.sign(secretKey, secretKey)),
    signatureFromDer,
    signatureToDer,
  ),
  parser(
    "ciphertext",
    ciphertextToDer(sm2.encrypt(secretKey, publicKey)),
    ciphertextFromDer,
    ciphertextToDer,
  ),
  parser("spki", publicKeyToSpki(publicKey), publicKeyFromSpki, publicKeyToSpki),
  parser("pkcs8", secretKeyToPkcs8(secretKey), secretKeyFromPkcs8),
  parser("certificate", certificate, parseCertificate),
  parser("revocation list", list, parseRevocationList),
];

/** The sample with a few bytes changed, removed, doubled or inserted, or other bytes altogether. */
export function mutated(sample: Uint8Array, seed: number): Uint8Array {
  const random = sm3(
    Uint8Array.of(seed & 0xff, (seed >> 8) & 0xff, (seed >> 16) & 0xff, seed >>> 24),
  );
  if (random[0] === 0) return random.subarray(0, (random[1] as number) & 31);
  const bytes = Array.from(sample);
  const changes = 1 + ((random[0] as number) & 3);
  for (let change = 0; change < changes; change += 1) {
    const [what = 0, high = 0, low = 0, value = 0] = random.subarray(1 + 4 * change);
    const at = (high * 256 + low) % bytes.length;
    if ((what & 7) < 4) bytes[at] = value;
    else if ((what & 7) === 4) bytes.splice(at, 1 + (value & 3));
    else if ((what & 7) === 5) bytes.splice(at, 0, value);
    else if ((what & 7) === 6) bytes[at] = (bytes[at] as number) ^ (1 << (value & 7));
    else bytes.splice(at, 0, ...bytes.slice(at, at + (value & 15)));
    if (bytes.length === 0) break;
  }
  return Uint8Array.from(bytes);
}
