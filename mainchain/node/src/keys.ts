import { readFileSync, renameSync, writeFileSync } from "node:fs";
import {
  addressOf,
  bytesToHex,
  hexToBytes,
  LocalFault,
  secp256k1,
  sm2,
  utf8ToBytes,
} from "@ropenet/protocol";
import { z } from "zod";
import { NodeError } from "./errors.ts";
import type { Sealer } from "./store/sealer.ts";

export interface BridgeSecretKeys {
  /** secp256k1 */
  readonly suite1: Uint8Array;
  /** SM2 */
  readonly suite2: Uint8Array;
}

/** The secrets of one node. Never logged, never sent. */
export interface NodeKeys {
  /** SM2: consensus votes, node identity, and the validator's own account */
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly address: Uint8Array;
  /** absent on observers */
  readonly bridge: BridgeSecretKeys | undefined;
}

const secretHex = z.string().regex(/^[0-9a-f]{64}$/, "32 bytes in lower-case hex");
const schema = z.strictObject({
  node: secretHex,
  bridge: z.strictObject({ secp256k1: secretHex, sm2: secretHex }).optional(),
});

export function createKeys(options: { readonly bridge: boolean }): NodeKeys {
  const secretKey = sm2.randomSecretKey();
  const publicKey = sm2.getPublicKey(secretKey);
  return {
    secretKey,
    publicKey,
    address: addressOf(publicKey),
    bridge: options.bridge
      ? { suite1: secp256k1.randomSecretKey(), suite2: sm2.randomSecretKey() }
      : undefined,
  };
}

/** Readable by the owner only; refuses to replace an existing file. */
export function writeKeys(file: string, keys: NodeKeys): void {
  const body: z.infer<typeof schema> = { node: bytesToHex(keys.secretKey) };
  if (keys.bridge) {
    body.bridge = {
      secp256k1: bytesToHex(keys.bridge.suite1),
      sm2: bytesToHex(keys.bridge.suite2),
    };
  }
  writeFileSync(file, `${JSON.stringify(body, null, 2)}\n`, { mode: 0o600, flag: "wx" });
}

const SEALED = "ropenet sealed keys 1\n";
const PLACE = utf8ToBytes("keys");

/** Replaces a file of keys by the same under the store's key. */
export function sealKeys(file: string, sealer: Sealer): void {
  readKeys(file);
  const sealed = sealer.seal(PLACE, utf8ToBytes(readFileSync(file, "utf8")));
  const fresh = `${file}.new`;
  writeFileSync(fresh, `${SEALED}${bytesToHex(sealed)}\n`, { mode: 0o600 });
  renameSync(fresh, file);
}

function readText(file: string, sealer: Sealer | undefined): string {
  const text = readFileSync(file, "utf8");
  if (!text.startsWith(SEALED)) return text;
  if (!sealer) throw new NodeError({ code: "node/bad-keys", file, detail: "sealed" });
  const opened = sealer.open(PLACE, hexToBytes(text.slice(SEALED.length).trim()));
  return new TextDecoder().decode(opened);
}

/** @throws {NodeError} `node/bad-keys`, {LocalFault} `store/tampered`, without ever quoting the file's content */
export function readKeys(file: string, sealer?: Sealer): NodeKeys {
  try {
    const { node, bridge } = schema.parse(JSON.parse(readText(file, sealer)));
    const secretKey = hexToBytes(node);
    const publicKey = sm2.getPublicKey(secretKey);
    return {
      secretKey,
      publicKey,
      address: addressOf(publicKey),
      bridge: bridge && { suite1: hexToBytes(bridge.secp256k1), suite2: hexToBytes(bridge.sm2) },
    };
  } catch (cause) {
    if (cause instanceof NodeError || cause instanceof LocalFault) throw cause;
    const detail =
      cause instanceof z.ZodError
        ? cause.issues.map(({ path }) => path.join(".")).join(", ")
        : kindOf(cause);
    // Without the cause: a JSON error quotes what it could not read.
    // biome-ignore lint/style/useErrorCause: see above
    throw new NodeError({ code: "node/bad-keys", file, detail });
  }
}

function kindOf(cause: unknown): string {
  if (cause instanceof SyntaxError) return "not JSON";
  return (cause as NodeJS.ErrnoException)?.code ?? "not a key";
}
