import { join } from "node:path";
import {
  type AttestationSignature,
  attestationDigest,
  bytesToHex,
  secp256k1,
} from "@ropenet/protocol";
import type { EvmHeader } from "../rpc/header.ts";
import { openSignJournal, type SignJournal } from "./sign-journal.ts";

/** One key and its memory. */
export interface Attestor {
  readonly index: number;
  /** 20 bytes */
  readonly address: Uint8Array;
  readonly journal: SignJournal;
  /** @throws {AttestorError} rather than sign a second header for a height */
  sign(header: EvmHeader): AttestationSignature;
}

export function createAttestor(options: {
  readonly index: number;
  readonly secretKey: Uint8Array;
  readonly genesisHash: Uint8Array;
  readonly directory: string;
}): Attestor {
  const { index, secretKey, genesisHash } = options;
  const address = secp256k1.getAddress(secretKey);
  // Named by the key: moving it to another index or process brings its memory along.
  const journal = openSignJournal(join(options.directory, `${bytesToHex(address)}.signed`));
  return {
    index,
    address,
    journal,
    sign(header): AttestationSignature {
      journal.record(header.height, header.hash);
      const message = attestationDigest({
        clientChainId: genesisHash,
        height: header.height,
        headerHash: header.hash,
        stateRoot: header.stateRoot,
        timeMs: header.timeMs,
      });
      return { index, signature: secp256k1.sign(message, secretKey) };
    },
  };
}
