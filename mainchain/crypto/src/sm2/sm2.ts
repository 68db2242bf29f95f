import { decrypt, encrypt } from "./encrypt.ts";
import { keyAgreement } from "./key-agreement.ts";
import { getPublicKey, isValidPublicKey, randomSecretKey } from "./keys.ts";
import { sign } from "./sign.ts";
import { verify, verifyMany } from "./verify.ts";

/** SM2 on the recommended curve: signatures, encryption, key agreement. Source: GB/T 32918-2016, -2017. */
export const sm2: {
  readonly getPublicKey: typeof getPublicKey;
  readonly randomSecretKey: typeof randomSecretKey;
  readonly isValidPublicKey: typeof isValidPublicKey;
  readonly sign: typeof sign;
  readonly verify: typeof verify;
  readonly verifyMany: typeof verifyMany;
  readonly encrypt: typeof encrypt;
  readonly decrypt: typeof decrypt;
  readonly keyAgreement: typeof keyAgreement;
} = {
  getPublicKey,
  randomSecretKey,
  isValidPublicKey,
  sign,
  verify,
  verifyMany,
  encrypt,
  decrypt,
  keyAgreement,
};
