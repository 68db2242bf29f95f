import { CryptoError } from "../crypto-error.ts";
import { type DerReader, der, TAG } from "./der.ts";

/** Days from 1970-01-01 to a day of the proleptic Gregorian calendar; March is the first month, so that the leap
 * day comes last. */
function daysOf(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - 400 * era;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = 365 * ofEra + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear;
  return 146_097 * era + dayOfEra - 719_468;
}

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly seconds: number;
}

function fieldsOf(epochSeconds: number): Fields {
  const days = Math.floor(epochSeconds / 86_400);
  let year = 1970 + Math.floor(days / 366);
  while (daysOf(year + 1, 1, 1) <= days) year += 1;
  let month = 1;
  while (month < 12 && daysOf(year, month + 1, 1) <= days) month += 1;
  const day = days - daysOf(year, month, 1) + 1;
  return { year, month, day, seconds: epochSeconds - 86_400 * days };
}

const two = (value: number): string => String(value).padStart(2, "0");

/**
 * UTCTime to 2049, GeneralizedTime from then on. Source: RFC 5280 §4.1.2.5.
 * @throws {CryptoError} `crypto/bad-range` unless the time is a whole second from 1970 to 9999
 */
export function derTime(epochSeconds: number): Uint8Array {
  if (!Number.isInteger(epochSeconds) || epochSeconds < 0 || epochSeconds > 253_402_300_799) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "time" });
  }
  const { year, month, day, seconds } = fieldsOf(epochSeconds);
  const short = year < 2050;
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = [short ? two(year % 100) : String(year), ...[month, day, ...clock].map(two), "Z"];
  const bytes = Uint8Array.from(text.join(""), (character) => character.charCodeAt(0));
  return der(short ? TAG.utcTime : TAG.generalizedTime, bytes);
}

/** Seconds since 1970. Only what `derTime` writes, and UTCTime before 1970, is read. */
export function readTime(reader: DerReader): number {
  const short = reader.tag === TAG.utcTime;
  const text = String.fromCharCode(...reader.contents(short ? TAG.utcTime : TAG.generalizedTime));
  const match = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null || text.length !== (short ? 13 : 15)) return reader.refuse();
  const [written = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number);
  const century = written < 50 ? 2000 : 1900;
  const year = short ? century + written : written;
  const days = daysOf(year, month, day);
  const wellFormed =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    days < daysOf(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1);
  if (!wellFormed || (!short && year < 2050)) return reader.refuse();
  return 86_400 * days + 3600 * hour + 60 * minute + second;
}
