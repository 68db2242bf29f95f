import { utf8ToBytes } from "../bytes.ts";
import { CryptoError, expectRecord, expectText } from "../crypto-error.ts";
import { type DerReader, der, derOid, TAG } from "./der.ts";

/** The attributes of a distinguished name in use, in the order in which they are written. */
const ATTRIBUTES = [
  ["country", "2.5.4.6"],
  ["province", "2.5.4.8"],
  ["locality", "2.5.4.7"],
  ["organization", "2.5.4.10"],
  ["unit", "2.5.4.11"],
  ["commonName", "2.5.4.3"],
] as const;

export type DistinguishedName = {
  readonly [A in (typeof ATTRIBUTES)[number][0]]?: string;
};

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * A country is a PrintableString, all else UTF-8. Source: RFC 5280 §4.1.2.4.
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-encoding`, the attribute being the operand
 */
export function derName(name: DistinguishedName): Uint8Array {
  expectRecord(name, "name");
  const parts = ATTRIBUTES.flatMap(([attribute, oid]) => {
    const value = name[attribute];
    if (value === undefined) return [];
    expectText(value, attribute);
    const tag = attribute === "country" ? TAG.printable : TAG.utf8;
    if (tag === TAG.printable && !PRINTABLE.test(value)) {
      throw new CryptoError({ code: "crypto/bad-encoding", operand: attribute });
    }
    return [der(TAG.set, der(TAG.sequence, derOid(oid), der(tag, utf8ToBytes(value))))];
  });
  return der(TAG.sequence, ...parts);
}

function text(reader: DerReader): string {
  const tag = reader.tag;
  if (tag !== TAG.utf8 && tag !== TAG.printable && tag !== TAG.ia5) return reader.refuse();
  const bytes = reader.contents(tag);
  // The other two are ASCII: a byte above would be read as something else by somebody.
  if (tag !== TAG.utf8 && bytes.some((byte) => byte > 0x7e)) return reader.refuse();
  try {
    return decoder.decode(bytes);
  } catch {
    return reader.refuse();
  }
}

/** A name of the attributes known here, each at most once. Others are refused: who ignores them, mixes up two names. */
export function readName(reader: DerReader): DistinguishedName {
  const inner = reader.inside();
  const name: { -readonly [A in keyof DistinguishedName]: string } = {};
  while (!inner.atEnd) {
    const set = inner.inside(TAG.set);
    const pair = set.inside();
    set.end();
    const oid = pair.oid();
    const [attribute] = ATTRIBUTES.find(([, known]) => known === oid) ?? pair.refuse();
    if (name[attribute] !== undefined) pair.refuse();
    name[attribute] = text(pair);
    pair.end();
  }
  return name;
}
