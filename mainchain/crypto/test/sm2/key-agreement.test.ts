import { describe, expect, test } from "vitest";
import { type KeyAgreementInput, sm2 } from "../../src/index.ts";
import { identityDigest } from "../../src/sm2/identity.ts";
import { codeOf } from "../coded.ts";
import { hex, vectors } from "../vectors.ts";

const v = vectors.sm2KeyExchange;
const publicA = sm2.getPublicKey(hex(v.dA));
const publicB = sm2.getPublicKey(hex(v.dB));
const initiator: KeyAgreementInput = {
  role: "initiator",
  secretKey: hex(v.dA),
  ephemeralSecretKey: hex(v.rA),
  peerPublicKey: publicB,
  peerEphemeralPublicKey: sm2.getPublicKey(hex(v.rB)),
  keyBytes: v.keyBytes,
  selfId: v.userIdA,
  peerId: v.userIdB,
};
const responder: KeyAgreementInput = {
  role: "responder",
  secretKey: hex(v.dB),
  ephemeralSecretKey: hex(v.rB),
  peerPublicKey: publicA,
  peerEphemeralPublicKey: sm2.getPublicKey(hex(v.rA)),
  keyBytes: v.keyBytes,
};

describe("sm2.keyAgreement", () => {
  test("reproduces GB/T 32918.5 A.4 on both sides", () => {
    expect(publicA).toEqual(hex("04", v.pAx, v.pAy));
    expect(publicB).toEqual(hex("04", v.pBx, v.pBy));
    expect(initiator.peerEphemeralPublicKey.subarray(1, 33)).toEqual(hex(v.rBx));
    expect(responder.peerEphemeralPublicKey.subarray(1, 33)).toEqual(hex(v.rAx));
    expect(identityDigest(publicA, v.userIdA)).toEqual(hex(v.zA));
    expect(identityDigest(publicB, v.userIdB)).toEqual(hex(v.zB));
    const expected = {
      key: hex(v.k),
      responderConfirmation: hex(v.s1),
      initiatorConfirmation: hex(v.s2),
    };
    expect(sm2.keyAgreement(initiator)).toEqual(expected);
    expect(sm2.keyAgreement(responder)).toEqual(expected);
  });

  test("agrees for fresh keys, own ids and any key length", () => {
    const [a, b, ra, rb] = [0, 1, 2, 3].map(() => sm2.randomSecretKey()) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const first = sm2.keyAgreement({
      role: "initiator",
      secretKey: a,
      ephemeralSecretKey: ra,
      peerPublicKey: sm2.getPublicKey(b),
      peerEphemeralPublicKey: sm2.getPublicKey(rb),
      keyBytes: 48,
      selfId: "node-a",
      peerId: "node-b",
    });
    const second = sm2.keyAgreement({
      role: "responder",
      secretKey: b,
      ephemeralSecretKey: rb,
      peerPublicKey: sm2.getPublicKey(a),
      peerEphemeralPublicKey: sm2.getPublicKey(ra),
      keyBytes: 48,
      selfId: "node-b",
      peerId: "node-a",
    });
    expect(first).toEqual(second);
    expect(first.key.length).toBe(48);
  });

  test("a different id, role or ephemeral key gives another key", () => {
    const { key } = sm2.keyAgreement(initiator);
    expect(sm2.keyAgreement({ ...initiator, peerId: "other" }).key).not.toEqual(key);
    expect(sm2.keyAgreement({ ...initiator, role: "responder" }).key).not.toEqual(key);
    const ephemeralSecretKey = sm2.randomSecretKey();
    expect(sm2.keyAgreement({ ...initiator, ephemeralSecretKey }).key).not.toEqual(key);
  });

  test("refuses peers' keys off the curve", () => {
    const bad = publicB.slice();
    bad[64] = (bad[64] ?? 0) ^ 1;
    expect(codeOf(() => sm2.keyAgreement({ ...initiator, peerPublicKey: bad }))).toBe(
      "crypto/bad-point",
    );
    expect(codeOf(() => sm2.keyAgreement({ ...initiator, peerEphemeralPublicKey: bad }))).toBe(
      "crypto/bad-point",
    );
    expect(codeOf(() => sm2.keyAgreement({ ...initiator, peerPublicKey: bad.subarray(1) }))).toBe(
      "crypto/bad-length",
    );
    expect(codeOf(() => sm2.keyAgreement({ ...initiator, keyBytes: -1 }))).toBe("crypto/bad-range");
  });
});
