export {
  type Certificate,
  type CertificateIssuer,
  type CertificateRequest,
  issueCertificate,
  parseCertificate,
} from "./certificate.ts";
export { type ChainFault, type ChainOptions, type ChainResult, verifyChain } from "./chain.ts";
export {
  createSoftwareToken,
  openSoftwareToken,
  type Sm2Agreement,
  type Sm2AgreementPeer,
  type Sm2Device,
} from "./device.ts";
export type { CertificateExtensions, KeyUsage } from "./extensions.ts";
export { type KeyStoreOptions, openKeyStore, sealKeyStore } from "./key-store.ts";
export type { DistinguishedName } from "./name.ts";
export { fromPem, toPem } from "./pem.ts";
export {
  decryptPkcs8,
  encryptPkcs8,
  type Pkcs8EncryptionOptions,
  publicKeyFromSpki,
  publicKeyToSpki,
  secretKeyFromPkcs8,
  secretKeyToPkcs8,
} from "./private-key.ts";
export {
  issueRevocationList,
  parseRevocationList,
  type RevocationList,
  type RevocationListContents,
  type RevokedCertificate,
} from "./revocation.ts";
export { ciphertextFromDer, ciphertextToDer, signatureFromDer, signatureToDer } from "./sm2-der.ts";
