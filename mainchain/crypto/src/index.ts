export {
  bigintToBytes,
  bytesToBigint,
  bytesToHex,
  compareBytes,
  concatBytes,
  copyBytes,
  equalBytes,
  equalSecretBytes,
  hexToBytes,
  utf8ToBytes,
} from "./bytes.ts";
export { CodedError, type CodedErrorInfo } from "./coded-error.ts";
export { CryptoError, type CryptoErrorInfo } from "./crypto-error.ts";
export { ed25519 } from "./ed25519.ts";
export { hmacSm3 } from "./hmac-sm3.ts";
export { kdfSm3 } from "./kdf-sm3.ts";
export { keccak256 } from "./keccak256.ts";
export { secp256k1 } from "./secp256k1.ts";
export { sha256 } from "./sha256.ts";
export type { Sm2UserId } from "./sm2/identity.ts";
export type { KeyAgreementInput, KeyAgreementResult } from "./sm2/key-agreement.ts";
export type { Sm2SignOptions } from "./sm2/sign.ts";
export { sm2 } from "./sm2/sm2.ts";
export {
  createSm2Verifier,
  type Sm2Verifier,
  type Sm2VerifierOptions,
  type Sm2VerifyItem,
  type Sm2VerifyOptions,
} from "./sm2/verifier.ts";
export { sm3 } from "./sm3.ts";
export type { Sm3Hasher } from "./sm3-hasher.ts";
export { sm3Many, sm3Nodes } from "./sm3-many.ts";
export { sm3Rows } from "./sm3-rows.ts";
export { sm4CtrHmac } from "./sm4/ctr-hmac.ts";
export { sm4Gcm } from "./sm4/gcm.ts";
export { sm4 } from "./sm4/sm4.ts";
