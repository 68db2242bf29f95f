import { equalSecretBytes, hmacSm3, kdfSm3 } from "@ropenet/crypto";
import {
  b32,
  type Codec,
  concatBytes,
  decode,
  encode,
  equalBytes,
  fixedBytes,
  sm2,
  sm3,
  struct,
  u16,
} from "@ropenet/protocol";
import { PeerError } from "./errors.ts";

/** Raised whenever the bytes below the messages change. */
export const WIRE_VERSION = 1;
const MAGIC = Uint8Array.of(0x52, 0x4f, 0x50, 0x45);

export interface NodeIdentity {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly chainId: Uint8Array;
  readonly genesisHash: Uint8Array;
  readonly protocolVersion: number;
  /** Validators and configured observers; asked again for every handshake. */
  isAllowed(publicKey: Uint8Array): boolean;
}

/** Both sides have proven that they hold the secret keys of the public keys they named. */
export interface Session {
  readonly peerPublicKey: Uint8Array;
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
}

interface Hello {
  readonly magic: Uint8Array;
  readonly wireVersion: number;
  readonly protocolVersion: number;
  readonly chainId: Uint8Array;
  readonly genesisHash: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly ephemeral: Uint8Array;
}

const helloCodec: Codec<Hello> = struct<Hello>({
  magic: fixedBytes(4),
  wireVersion: u16,
  protocolVersion: u16,
  chainId: b32,
  genesisHash: b32,
  publicKey: fixedBytes(65),
  ephemeral: fixedBytes(65),
});
const HELLO_BYTES: number = 4 + 2 + 2 + 32 + 32 + 65 + 65;
const CONFIRMATION_BYTES = 32;
export const MAX_HANDSHAKE_BYTES: number = HELLO_BYTES + CONFIRMATION_BYTES;

/**
 * Three messages: hello → hello ‖ confirmation → confirmation. SM2 key agreement (GB/T 32918.3) over static and
 * fresh ephemeral keys proves both identities and gives forward secrecy; confirmations and session keys
 * also cover both hellos, so nobody in between can change chain, genesis or version.
 */
export interface Initiator {
  readonly hello: Uint8Array;
  /** @throws {PeerError} */
  finish(reply: Uint8Array): { readonly confirmation: Uint8Array; readonly session: Session };
}

export interface Responder {
  readonly reply: Uint8Array;
  readonly peerPublicKey: Uint8Array;
  /** @throws {PeerError} */
  finish(confirmation: Uint8Array): Session;
}

export function createInitiator(identity: NodeIdentity): Initiator {
  const { hello, ephemeralSecretKey } = sayHello(identity);
  return {
    hello,
    finish(reply): { readonly confirmation: Uint8Array; readonly session: Session } {
      if (reply.length !== HELLO_BYTES + CONFIRMATION_BYTES) throw malformed("reply length");
      const theirs = reply.slice(0, HELLO_BYTES);
      const peer = readHello(identity, theirs);
      const agreed = agree(identity, "initiator", ephemeralSecretKey, peer, [hello, theirs]);
      assertSame(agreed.fromResponder, reply.subarray(HELLO_BYTES));
      const { initiatorKey, responderKey } = agreed;
      return {
        confirmation: agreed.fromInitiator,
        session: {
          peerPublicKey: peer.publicKey,
          sendKey: initiatorKey,
          receiveKey: responderKey,
        },
      };
    },
  };
}

/** @throws {PeerError} before any curve arithmetic if the hello does not belong here */
export function createResponder(identity: NodeIdentity, theirHello: Uint8Array): Responder {
  const peer = readHello(identity, theirHello);
  const { hello, ephemeralSecretKey } = sayHello(identity);
  const agreed = agree(identity, "responder", ephemeralSecretKey, peer, [theirHello, hello]);
  return {
    reply: concatBytes(hello, agreed.fromResponder),
    peerPublicKey: peer.publicKey,
    finish(confirmation): Session {
      assertSame(agreed.fromInitiator, confirmation);
      const { initiatorKey, responderKey } = agreed;
      return {
        peerPublicKey: peer.publicKey,
        sendKey: responderKey,
        receiveKey: initiatorKey,
      };
    },
  };
}

function sayHello(identity: NodeIdentity): {
  readonly hello: Uint8Array;
  readonly ephemeralSecretKey: Uint8Array;
} {
  const ephemeralSecretKey = sm2.randomSecretKey();
  const hello = encode(helloCodec, {
    magic: MAGIC,
    wireVersion: WIRE_VERSION,
    protocolVersion: identity.protocolVersion,
    chainId: identity.chainId,
    genesisHash: identity.genesisHash,
    publicKey: identity.publicKey,
    ephemeral: sm2.getPublicKey(ephemeralSecretKey),
  });
  return { hello, ephemeralSecretKey };
}

function readHello(identity: NodeIdentity, bytes: Uint8Array): Hello {
  if (bytes.length !== HELLO_BYTES) throw malformed("hello length");
  const hello = decode(helloCodec, bytes);
  if (!equalBytes(hello.magic, MAGIC)) throw malformed("magic");
  if (hello.wireVersion !== WIRE_VERSION || hello.protocolVersion !== identity.protocolVersion) {
    throw new PeerError({ code: "p2p/wrong-version", theirs: hello.protocolVersion });
  }
  if (!equalBytes(hello.chainId, identity.chainId)) {
    throw new PeerError({ code: "p2p/wrong-chain" });
  }
  if (!equalBytes(hello.genesisHash, identity.genesisHash)) {
    throw new PeerError({ code: "p2p/wrong-genesis" });
  }
  if (equalBytes(hello.publicKey, identity.publicKey)) throw new PeerError({ code: "p2p/self" });
  if (!identity.isAllowed(hello.publicKey)) {
    throw new PeerError({ code: "p2p/unknown-node", publicKey: hello.publicKey });
  }
  if (!sm2.isValidPublicKey(hello.publicKey) || !sm2.isValidPublicKey(hello.ephemeral)) {
    throw malformed("public key");
  }
  return hello;
}

interface Agreed {
  readonly fromInitiator: Uint8Array;
  readonly fromResponder: Uint8Array;
  readonly initiatorKey: Uint8Array;
  readonly responderKey: Uint8Array;
}

function agree(
  identity: NodeIdentity,
  role: "initiator" | "responder",
  ephemeralSecretKey: Uint8Array,
  peer: Hello,
  transcript: readonly Uint8Array[],
): Agreed {
  const { key, initiatorConfirmation, responderConfirmation } = sm2.keyAgreement({
    role,
    secretKey: identity.secretKey,
    ephemeralSecretKey,
    peerPublicKey: peer.publicKey,
    peerEphemeralPublicKey: peer.ephemeral,
    keyBytes: 32,
  });
  const heard = sm3(concatBytes(...transcript));
  const keys = kdfSm3(concatBytes(key, heard), 64);
  return {
    fromInitiator: hmacSm3(initiatorConfirmation, heard),
    fromResponder: hmacSm3(responderConfirmation, heard),
    initiatorKey: keys.slice(0, 32),
    responderKey: keys.slice(32),
  };
}

function assertSame(expected: Uint8Array, got: Uint8Array): void {
  if (!equalSecretBytes(expected, got)) throw new PeerError({ code: "p2p/not-authentic" });
}

function malformed(detail: string): PeerError {
  return new PeerError({ code: "p2p/malformed", detail });
}
