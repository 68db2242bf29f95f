/** Object identifiers. Source: GM/T 0006-2012, RFC 5480, RFC 5280, RFC 8018. */
export const OID = {
  ecPublicKey: "1.2.840.10045.2.1",
  sm2: "1.2.156.10197.1.301",
  sm2WithSm3: "1.2.156.10197.1.501",
  sm4Cbc: "1.2.156.10197.1.104.2",
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  hmacWithSha256: "1.2.840.113549.2.9",
  basicConstraints: "2.5.29.19",
  keyUsage: "2.5.29.15",
  subjectKeyId: "2.5.29.14",
  authorityKeyId: "2.5.29.35",
  crlNumber: "2.5.29.20",
} as const;
