import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sm2 } from "../../src/index.ts";
import {
  type Certificate,
  type CertificateRequest,
  type ChainResult,
  issueCertificate,
  issueRevocationList,
  parseCertificate,
  parseRevocationList,
  verifyChain,
} from "../../src/pki/index.ts";
import { codeOf } from "../coded.ts";

const START = 1_700_000_000;
const END = START + 1_000_000;
const at = START + 500_000;

interface Authority {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly name: { readonly commonName: string };
}

function party(commonName: string): Authority {
  const secretKey = sm2.randomSecretKey();
  return { secretKey, publicKey: sm2.getPublicKey(secretKey), name: { commonName } };
}

const [root, middle, leaf, other] = ["root", "middle", "leaf", "root"].map(party) as [
  Authority,
  Authority,
  Authority,
  Authority,
];

function issued(
  subject: Authority,
  issuer: Authority,
  change: Partial<CertificateRequest> = {},
): Certificate {
  const request: CertificateRequest = {
    subject: subject.name,
    publicKey: subject.publicKey,
    notBefore: START,
    notAfter: END,
    keyUsage: ["keyCertSign", "crlSign"],
    ...change,
  };
  return parseCertificate(issueCertificate(request, issuer));
}

const rootCertificate = issued(root, root, { authority: {} });
const middleCertificate = issued(middle, root, { authority: { pathLength: 0 } });
const leafCertificate = issued(leaf, middle, { keyUsage: ["digitalSignature"] });
const good = { chain: [leafCertificate, middleCertificate], trusted: [rootCertificate], at };
const fault = (result: ChainResult): string =>
  result.ok ? "ok" : `${result.fault} at ${result.index}`;

describe("certificates", () => {
  test("say what was asked of them", () => {
    expect(leafCertificate).toMatchObject({
      issuer: { commonName: "middle" },
      subject: { commonName: "leaf" },
      notBefore: START,
      notAfter: END,
      publicKey: leaf.publicKey,
      keyUsage: ["digitalSignature"],
    });
    expect(leafCertificate.authority).toBeUndefined();
    expect(middleCertificate.authority).toEqual({ pathLength: 0 });
    expect(leafCertificate.authorityKeyId).toEqual(middleCertificate.subjectKeyId);
  });

  test("carry any name and any time from 1970 to 9999", () => {
    const time = fc.integer({ min: 0, max: 253_402_300_799 });
    const text = fc.string({ unit: "grapheme", maxLength: 12 });
    fc.assert(
      fc.property(text, text, time, time, (commonName, unit, oneTime, otherTime) => {
        const [notBefore, notAfter] = [Math.min(oneTime, otherTime), Math.max(oneTime, otherTime)];
        const subject = { commonName, unit, country: "CN" };
        const made = issued(leaf, root, { subject, notBefore, notAfter });
        expect(made).toMatchObject({ subject, notBefore, notAfter });
      }),
      { numRuns: 60 },
    );
    for (const notAfter of [-1, 1.5, 253_402_300_800, Number.NaN]) {
      expect(codeOf(() => issued(leaf, root, { notAfter }))).toBe("crypto/bad-range");
    }
    const backwards = { notBefore: 2, notAfter: 1 };
    expect(codeOf(() => issued(leaf, root, backwards))).toBe("crypto/bad-range");
    expect(codeOf(() => issued(leaf, root, { keyUsage: ["crlsign" as never] }))).toBe(
      "crypto/bad-range",
    );
    const foreign = { subject: { country: "中" } };
    expect(codeOf(() => issued(leaf, root, foreign))).toBe("crypto/bad-encoding");
  });

  test("changed in any byte, are refused or have a bad signature", () => {
    const { encoded } = leafCertificate;
    for (let index = 0; index < encoded.length; index += 1) {
      const changed = encoded.slice();
      changed[index] = (changed[index] as number) ^ (1 << (index & 7));
      let parsed: Certificate;
      try {
        parsed = parseCertificate(changed);
      } catch {
        continue;
      }
      const result = verifyChain({ ...good, chain: [parsed, middleCertificate] });
      expect(result.ok, `byte ${index}`).toBe(false);
    }
  });
});

describe("verifyChain", () => {
  test("holds for a chain up to a trusted certificate, whether it is sent along or not", () => {
    expect(verifyChain(good)).toEqual({ ok: true });
    expect(verifyChain({ ...good, chain: [...good.chain, rootCertificate] })).toEqual({ ok: true });
    expect(verifyChain({ ...good, trusted: [middleCertificate] })).toEqual({ ok: true });
    expect(verifyChain({ ...good, trusted: [leafCertificate] })).toEqual({ ok: true });
    const usurper = issued(other, other, { authority: {} });
    expect(verifyChain({ ...good, trusted: [usurper, rootCertificate] })).toEqual({ ok: true });
  });

  test.each([
    ["empty at 0", { chain: [] }],
    ["not-trusted at 1", { trusted: [] }],
    ["not-trusted at 0", { chain: [leafCertificate] }],
    ["bad-signature at 1", { trusted: [issued(other, other, { authority: {} })] }],
    ["not-yet-valid at 0", { at: START - 1 }],
    ["expired at 0", { at: END + 1 }],
    ["wrong-usage at 0", { usage: "keyAgreement" as const }],
    ["revocation-unknown at 0", { revocationRequired: true }],
  ])("finds %s", (expected, change) => {
    expect(fault(verifyChain({ ...good, ...change }))).toBe(expected);
  });

  test("refuses an issuer that is none, by its constraints or its usage", () => {
    const plain = issued(middle, root);
    expect(fault(verifyChain({ ...good, chain: [leafCertificate, plain] }))).toBe(
      "not-an-authority at 0",
    );
    const mute = issued(middle, root, { authority: {}, keyUsage: ["digitalSignature"] });
    expect(fault(verifyChain({ ...good, chain: [leafCertificate, mute] }))).toBe(
      "not-an-authority at 0",
    );
  });

  test("counts the authorities below one whose path is limited", () => {
    const below = party("below");
    const belowCertificate = issued(below, middle, { authority: {} });
    const end = issued(leaf, below, { keyUsage: ["digitalSignature"] });
    const chain = [end, belowCertificate, middleCertificate];
    expect(fault(verifyChain({ ...good, chain }))).toBe("path-too-long at 1");
    const roomy = issued(middle, root, { authority: { pathLength: 1 } });
    expect(verifyChain({ ...good, chain: [end, belowCertificate, roomy] })).toEqual({ ok: true });
  });

  test("asks revocation lists of the issuer only, and remembers revocations of lists run out", () => {
    const list = (issuer: Authority, revokedAt: number, nextUpdate: number) =>
      parseRevocationList(
        issueRevocationList(
          {
            number: 1,
            thisUpdate: START,
            nextUpdate,
            revoked: [{ serial: leafCertificate.serial, revokedAt }],
          },
          issuer,
        ),
      );
    const withList = (each: ReturnType<typeof list>): string =>
      fault(verifyChain({ ...good, revocationLists: [each] }));
    expect(withList(list(middle, START, END))).toBe("revoked at 0");
    expect(withList(list(middle, START, START + 1))).toBe("revoked at 0");
    expect(withList(list(middle, at + 1, END))).toBe("ok");
    expect(withList(list(root, START, END))).toBe("ok");
    expect(withList(list({ ...other, name: middle.name }, START, END))).toBe("ok");
    const empty = (issuer: Authority, nextUpdate: number) =>
      parseRevocationList(
        issueRevocationList({ number: 2, thisUpdate: START, nextUpdate, revoked: [] }, issuer),
      );
    const required = { ...good, revocationRequired: true };
    const both = [empty(middle, END), empty(root, END)];
    expect(verifyChain({ ...required, revocationLists: both })).toEqual({ ok: true });
    const stale = [empty(middle, END), empty(root, START + 1)];
    expect(fault(verifyChain({ ...required, revocationLists: stale }))).toBe(
      "revocation-unknown at 1",
    );
  });
});

test("a certificate read from a Buffer stays what it was when the Buffer is used again", () => {
  const buffer = Buffer.from(leafCertificate.encoded);
  const parsed = parseCertificate(buffer);
  buffer.fill(0);
  expect(parsed).toEqual(leafCertificate);
  expect(verifyChain({ ...good, chain: [parsed, middleCertificate] })).toEqual({ ok: true });
});
