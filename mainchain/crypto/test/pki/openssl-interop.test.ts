import { afterAll, describe, expect, test } from "vitest";
import { concatBytes, sm2, utf8ToBytes } from "../../src/index.ts";
import {
  ciphertextFromDer,
  ciphertextToDer,
  decryptPkcs8,
  encryptPkcs8,
  fromPem,
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
  toPem,
  verifyChain,
} from "../../src/pki/index.ts";
import { OpenSsl } from "./openssl.ts";

const DAY = 86_400;
const ID = "distid:1234567812345678";

// OpenSSL builds without SM2 exist; vitest counts what is skipped.
describe.skipIf(!OpenSsl.knowsSm2())("with the openssl command, where it knows SM2", () => {
  const openssl = new OpenSsl();
  afterAll(() => openssl[Symbol.dispose]());

  const secretKey = sm2.randomSecretKey();
  const publicKey = sm2.getPublicKey(secretKey);
  const message = utf8ToBytes("绳 and rope");
  const ours = openssl.write("ours.pem", toPem("PRIVATE KEY", secretKeyToPkcs8(secretKey)));
  const oursPublic = openssl.write("ours.pub", toPem("PUBLIC KEY", publicKeyToSpki(publicKey)));
  openssl.run("genpkey", "-algorithm", "SM2", "-out", "theirs.pem");
  openssl.run("pkey", "-in", "theirs.pem", "-pubout", "-out", "theirs.pub");
  const text = (name: string): string => new TextDecoder().decode(openssl.read(name));
  const theirs = secretKeyFromPkcs8(fromPem("PRIVATE KEY", text("theirs.pem")));
  const theirsPublic = publicKeyFromSpki(fromPem("PUBLIC KEY", text("theirs.pub")));
  openssl.write("message", message);
  const now = Math.floor(Date.now() / 1000);

  test("PKCS#8 and SubjectPublicKeyInfo pass both ways, and are the same bytes", () => {
    expect(sm2.getPublicKey(theirs)).toEqual(theirsPublic);
    expect(fromPem("PUBLIC KEY", openssl.run("pkey", "-in", ours, "-pubout"))).toEqual(
      publicKeyToSpki(publicKey),
    );
    expect(toPem("PUBLIC KEY", publicKeyToSpki(theirsPublic))).toBe(text("theirs.pub"));
    expect(toPem("PRIVATE KEY", secretKeyToPkcs8(theirs))).toBe(text("theirs.pem"));
  });

  test("encrypted PKCS#8 passes both ways", () => {
    const encrypted = toPem(
      "ENCRYPTED PRIVATE KEY",
      encryptPkcs8(secretKey, "secret 绳", { iterations: 3000 }),
    );
    openssl.write("encrypted.pem", encrypted);
    const opened = openssl.run("pkcs8", "-in", "encrypted.pem", "-passin", "pass:secret 绳");
    expect(secretKeyFromPkcs8(fromPem("PRIVATE KEY", opened))).toEqual(secretKey);
    const args = ["-topk8", "-v2", "sm4-cbc", "-iter", "2048", "-passout", "pass:p"];
    const made = openssl.run("pkcs8", ...args, "-in", "theirs.pem");
    expect(decryptPkcs8(fromPem("ENCRYPTED PRIVATE KEY", made), "p")).toEqual(theirs);
  });

  test("signatures in DER pass both ways", () => {
    openssl.write("signature", signatureToDer(sm2.sign(message, secretKey)));
    const args = ["-rawin", "-digest", "sm3", "-in", "message", "-pkeyopt", ID] as const;
    const verify = ["pkeyutl", "-verify", "-pubin", "-inkey", oursPublic] as const;
    expect(openssl.run(...verify, ...args, "-sigfile", "signature")).toContain("Success");
    openssl.run("pkeyutl", "-sign", "-inkey", "theirs.pem", ...args, "-out", "theirs.sig");
    const signature = signatureFromDer(openssl.read("theirs.sig"));
    expect(sm2.verify(signature, message, theirsPublic)).toBe(true);
  });

  test("ciphertexts in DER pass both ways", () => {
    openssl.run(
      "pkeyutl",
      "-encrypt",
      "-pubin",
      "-inkey",
      oursPublic,
      "-in",
      "message",
      "-out",
      "c",
    );
    expect(sm2.decrypt(ciphertextFromDer(openssl.read("c")), secretKey)).toEqual(message);
    openssl.write("d", ciphertextToDer(sm2.encrypt(message, theirsPublic)));
    openssl.run("pkeyutl", "-decrypt", "-inkey", "theirs.pem", "-in", "d", "-out", "plain");
    expect(openssl.read("plain")).toEqual(message);
  });

  test("OpenSSL verifies certificates issued here, and reads a revocation list", () => {
    const validity = { notBefore: now - DAY, notAfter: now + 30 * DAY };
    const root = { secretKey, name: { country: "CN", organization: "绳网", commonName: "Root" } };
    const middle = { secretKey: theirs, name: { organization: "绳网", commonName: "Middle" } };
    const leafKey = sm2.getPublicKey(sm2.randomSecretKey());
    const rootDer = issueCertificate(
      {
        ...validity,
        subject: root.name,
        publicKey,
        authority: {},
        keyUsage: ["keyCertSign", "crlSign"],
      },
      root,
    );
    const middleDer = issueCertificate(
      {
        ...validity,
        subject: middle.name,
        publicKey: theirsPublic,
        authority: { pathLength: 0 },
        keyUsage: ["keyCertSign", "crlSign"],
      },
      root,
    );
    const leafDer = issueCertificate(
      {
        ...validity,
        subject: { commonName: "leaf" },
        publicKey: leafKey,
        keyUsage: ["digitalSignature"],
      },
      middle,
    );
    const revoked = [{ serial: parseCertificate(leafDer).serial, revokedAt: now - 120 }];
    const list = { number: 2, thisUpdate: now - 60, nextUpdate: now + DAY, revoked };
    openssl.write("root.crt", toPem("CERTIFICATE", rootDer));
    openssl.write("middle.crt", toPem("CERTIFICATE", middleDer));
    openssl.write("leaf.crt", toPem("CERTIFICATE", leafDer));
    openssl.write("bad.crl", toPem("X509 CRL", issueRevocationList(list, middle)));
    // The command gives the id to the last certificate only, so each link is asked about by itself; and it gives
    // none to revocation lists, whose signatures it so cannot check.
    const verify = ["verify", "-partial_chain", "-vfyopt", ID, "-CAfile"] as const;
    expect(openssl.run(...verify, "root.crt", "middle.crt")).toContain("middle.crt: OK");
    expect(openssl.run(...verify, "middle.crt", "leaf.crt")).toContain("leaf.crt: OK");
    expect(() => openssl.run(...verify, "root.crt", "leaf.crt")).toThrow(/unable to get/);
    expect(openssl.run("x509", "-in", "leaf.crt", "-noout", "-text")).toContain(
      "Digital Signature",
    );
    expect(openssl.run("crl", "-in", "bad.crl", "-noout", "-text")).toContain("Revocation Date");
  });

  test("a chain that OpenSSL issued verifies here", () => {
    openssl.run("genpkey", "-algorithm", "SM2", "-out", "ca.pem");
    const self = ["req", "-new", "-x509", "-sm3", "-sigopt", ID, "-days", "30", "-utf8"] as const;
    openssl.run(
      ...self,
      "-key",
      "ca.pem",
      "-subj",
      "/C=CN/O=绳网/CN=OpenSSL root",
      "-out",
      "ca.crt",
    );
    openssl.run(
      "req",
      "-new",
      "-key",
      "theirs.pem",
      "-sm3",
      "-sigopt",
      ID,
      "-subj",
      "/CN=x",
      "-out",
      "x.csr",
    );
    openssl.write(
      "leaf.ext",
      "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n",
    );
    openssl.run(
      ...[
        "x509",
        "-req",
        "-in",
        "x.csr",
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.pem",
        "-sm3",
        "-days",
        "9",
      ],
      ...[
        "-sigopt",
        ID,
        "-vfyopt",
        ID,
        "-set_serial",
        "0x80ff01",
        "-extfile",
        "leaf.ext",
        "-out",
        "x.crt",
      ],
    );
    const root = parseCertificate(fromPem("CERTIFICATE", text("ca.crt")));
    const leaf = parseCertificate(fromPem("CERTIFICATE", text("x.crt")));
    expect(root.subject).toEqual({
      country: "CN",
      organization: "绳网",
      commonName: "OpenSSL root",
    });
    expect([leaf.serial, leaf.keyUsage]).toEqual([
      Uint8Array.of(0x80, 0xff, 1),
      ["digitalSignature"],
    ]);
    const options = { chain: [leaf], trusted: [root], at: now + 60 };
    expect(verifyChain(options)).toEqual({ ok: true });
    expect(verifyChain({ ...options, at: now + 10 * DAY })).toMatchObject({ fault: "expired" });
    openssl.write("index.txt", "");
    openssl.write("number", "01\n");
    openssl.write(
      "ca.cnf",
      "[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sm3\ndefault_crl_days=5\n",
    );
    const crl = ["ca", "-config", "ca.cnf", "-keyfile", "ca.pem", "-cert", "ca.crt"] as const;
    openssl.run(...crl, "-revoke", "x.crt", "-sigopt", ID);
    openssl.run(...crl, "-gencrl", "-sigopt", ID, "-out", "ca.crl");
    const list = parseRevocationList(fromPem("X509 CRL", text("ca.crl")));
    const checked = { ...options, revocationLists: [list] };
    expect(verifyChain(checked)).toEqual({ ok: false, fault: "revoked", index: 0 });
    expect(concatBytes(...list.revoked.map((each) => each.serial))).toEqual(leaf.serial);
  });
});
