import { decrypt, encrypt } from "./sm2-encryption.ts";
import { keyAgreement } from "./sm2-key-agreement.ts";
import { getPublicKey, isValidPublicKey, randomSecretKey, sign, verify } from "./sm2-signature.ts";

export type { KeyAgreementInput, KeyAgreementResult } from "./sm2-key-agreement.ts";
export type { Sm2Options } from "./sm2-signature.ts";

/** SM2 over the recommended curve: signatures, encryption, key agreement (GB/T 32918). */
export const sm2: {
  readonly getPublicKey: typeof getPublicKey;
  readonly randomSecretKey: typeof randomSecretKey;
  readonly isValidPublicKey: typeof isValidPublicKey;
  readonly sign: typeof sign;
  readonly verify: typeof verify;
  readonly encrypt: typeof encrypt;
  readonly decrypt: typeof decrypt;
  readonly keyAgreement: typeof keyAgreement;
} = {
  getPublicKey,
  randomSecretKey,
  isValidPublicKey,
  sign,
  verify,
  encrypt,
  decrypt,
  keyAgreement,
};
