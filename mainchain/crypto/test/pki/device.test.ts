import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { CodedError, sm2, utf8ToBytes } from "../../src/index.ts";
import { createSoftwareToken, openSoftwareToken, sealKeyStore } from "../../src/pki/index.ts";
import { codeOf } from "../coded.ts";

const secretKey = sm2.randomSecretKey();
const publicKey = sm2.getPublicKey(secretKey);
const message = utf8ToBytes("m");

async function rejection(act: Promise<unknown>): Promise<string | undefined> {
  try {
    await act;
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
  return undefined;
}

describe("a software token", () => {
  test("signs and decrypts", async () => {
    const token = createSoftwareToken(secretKey);
    expect(await token.publicKey()).toEqual(publicKey);
    expect(sm2.verify(await token.sign(message), message, publicKey)).toBe(true);
    const named = await token.sign(message, { userId: "x" });
    expect(sm2.verify(named, message, publicKey, { userId: "x" })).toBe(true);
    expect(await token.decrypt(sm2.encrypt(message, publicKey))).toEqual(message);
  });

  test("agrees on a key with another token, and with who has his keys in hand", async () => {
    const peerKey = sm2.randomSecretKey();
    const [a, b] = [createSoftwareToken(secretKey), createSoftwareToken(peerKey)];
    const [mine, theirs] = [await a.beginAgreement(), await b.beginAgreement()];
    const ofA = await mine.finish({
      role: "initiator",
      peerPublicKey: await b.publicKey(),
      peerEphemeralPublicKey: theirs.ephemeralPublicKey,
      keyBytes: 48,
      selfId: "A",
      peerId: "B",
    });
    const forB = {
      role: "responder",
      peerPublicKey: publicKey,
      peerEphemeralPublicKey: mine.ephemeralPublicKey,
      keyBytes: 48,
      selfId: "B",
      peerId: "A",
    } as const;
    expect(await theirs.finish(forB)).toEqual(ofA);
    expect(ofA.key.length).toBe(48);

    const run = await a.beginAgreement();
    const ephemeralSecretKey = sm2.randomSecretKey();
    const inHand = sm2.keyAgreement({
      ...forB,
      secretKey: peerKey,
      ephemeralSecretKey,
      peerEphemeralPublicKey: run.ephemeralPublicKey,
    });
    const ofRun = await run.finish({
      role: "initiator",
      peerPublicKey: sm2.getPublicKey(peerKey),
      peerEphemeralPublicKey: sm2.getPublicKey(ephemeralSecretKey),
      keyBytes: 48,
      selfId: "A",
      peerId: "B",
    });
    expect(ofRun).toEqual(inHand);
  });

  test("uses an ephemeral key once, whether or not the peer's point was one", async () => {
    const token = createSoftwareToken(secretKey);
    const peer = {
      role: "initiator",
      peerPublicKey: publicKey,
      peerEphemeralPublicKey: new Uint8Array(65).fill(4),
      keyBytes: 16,
    } as const;
    const run = await token.beginAgreement();
    expect(await rejection(run.finish(peer))).toBe("crypto/bad-point");
    const good = { ...peer, peerEphemeralPublicKey: sm2.getPublicKey(sm2.randomSecretKey()) };
    expect(await rejection(run.finish(good))).toBe("crypto/closed");
    const other = await token.beginAgreement();
    expect(other.ephemeralPublicKey).not.toEqual(run.ephemeralPublicKey);
  });

  test("rejects with codes, and never answers after close", async () => {
    const token = createSoftwareToken(secretKey);
    const run = await token.beginAgreement();
    const ciphertext = sm2.encrypt(message, publicKey);
    expect(await rejection(token.decrypt(ciphertext.subarray(1)))).toBe(
      "crypto/authentication-failed",
    );
    expect(await rejection(token.sign("m" as unknown as Uint8Array))).toBe("crypto/bad-type");
    await token.close();
    await token.close();
    const peer = { role: "responder", peerPublicKey: publicKey, keyBytes: 16 } as const;
    const after = [
      token.publicKey(),
      token.sign(message),
      token.decrypt(ciphertext),
      token.beginAgreement(),
      run.finish({ ...peer, peerEphemeralPublicKey: publicKey }),
    ];
    for (const each of after) expect(await rejection(each)).toBe("crypto/closed");
  });

  test("keeps a key of its own, and shows it to nobody", async () => {
    const mine = secretKey.slice();
    const token = createSoftwareToken(mine);
    mine.fill(0);
    expect(sm2.verify(await token.sign(message), message, publicKey)).toBe(true);
    (await token.publicKey()).fill(0);
    expect(await token.publicKey()).toEqual(publicKey);
    const hex = Buffer.from(secretKey).toString("hex");
    const shown = inspect(token, { depth: 9, showHidden: true }) + JSON.stringify(token);
    const bytes = Array.from(secretKey).join(", ");
    expect(shown).not.toContain(hex);
    expect(shown).not.toContain(bytes.slice(0, 30));
    expect(Reflect.ownKeys(token)).toEqual([]);
  });

  test("opens from a key store", async () => {
    const file = sealKeyStore(secretKey, "pass", { cost: 10 });
    const token = openSoftwareToken(file, "pass");
    expect(sm2.verify(await token.sign(message), message, publicKey)).toBe(true);
    expect(codeOf(() => openSoftwareToken(file, "past"))).toBe("crypto/authentication-failed");
    expect(codeOf(() => createSoftwareToken(new Uint8Array(32)))).toBe("crypto/bad-range");
  });
});
