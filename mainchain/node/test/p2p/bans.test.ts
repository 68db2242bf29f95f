import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBanBook } from "../../src/p2p/ban-book.ts";
import { createDialLimit } from "../../src/p2p/dial-limit.ts";
import { createFloodGuard } from "../../src/p2p/flood-guard.ts";
import { encodeMessageFrame, factsOf } from "../../src/p2p/message.ts";

const MIB = 1024 * 1024;
const key = (index: number) => `04${index.toString(16).padStart(128, "0")}`;

describe("the ban book", () => {
  let directory: string;
  let file: string;
  let now = 0;
  const nowMs = () => now;
  const open = () => createBanBook({ file, nowMs });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "rope-bans-"));
    file = join(directory, "peers.json");
    now = 1e12;
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("keeps a key out for longer each time, never for ever, and forgets in a day", () => {
    const bans = open();
    const times = Array.from({ length: 5 }, () => bans.note(key(1), "p2p/misbehaving"));
    expect(times).toEqual([30_000, 120_000, 480_000, 600_000, 600_000]);
    expect(bans.isBanned(key(1))).toBe(true);
    expect(bans.isBanned(key(2))).toBe(false);
    now += 600_001;
    expect(bans.isBanned(key(1))).toBe(false);
    now += 25 * 3_600_000;
    expect(bans.note(key(1), "p2p/malformed")).toBe(30_000);
  });

  it("does not lengthen what somebody on the line could have caused, nor ban for a lost line", () => {
    const bans = open();
    for (let turn = 0; turn < 5; turn += 1) {
      expect(bans.note(key(1), "p2p/not-authentic")).toBe(30_000);
    }
    expect(bans.note(key(2), "p2p/closed")).toBe(0);
    expect(bans.note(key(2), "p2p/too-slow")).toBe(0);
    expect(bans.size).toBe(1);
  });

  it("holds no ban from a clock that has been set back since", () => {
    const bans = open();
    now += 86_400_000;
    bans.note(key(1), "p2p/not-authentic");
    expect(bans.isBanned(key(1))).toBe(true);
    now -= 86_400_000;
    expect(bans.isBanned(key(1))).toBe(false);
  });

  it("survives a restart, and starts empty from a file that is none", () => {
    open().note(key(1), "p2p/malformed");
    expect(open().isBanned(key(1))).toBe(true);
    expect(JSON.parse(readFileSync(file, "utf8"))[key(1)]).toMatchObject({ offences: 1 });
    writeFileSync(file, '{"04":');
    expect(open().size).toBe(0);
  });

  it("remembers a thousand keys at most", () => {
    const bans = createBanBook({ nowMs });
    for (let index = 0; index < 1_500; index += 1) bans.note(key(index), "p2p/malformed");
    expect(bans.size).toBe(1_000);
    expect(bans.isBanned(key(1_499))).toBe(true);
  });
});

describe("what one peer may send", () => {
  let now = 0;
  const nowMs = () => now;

  it("is bounded by lane: a flood of transactions takes nothing from votes", () => {
    const guard = createFloodGuard(nowMs);
    const transactions = { lane: "transaction", isRequest: false } as const;
    let taken = 0;
    while (guard.accepts(transactions, MIB / 2)) taken += 1;
    expect(taken).toBe(128);
    expect(guard.accepts({ lane: "vote", isRequest: false }, 150)).toBe(true);
    now += 1_000;
    expect(guard.accepts(transactions, 16 * MIB)).toBe(true);
    expect(guard.accepts(transactions, MIB)).toBe(false);
  });

  it("counts questions by number: their answers are long", () => {
    const guard = createFloodGuard(nowMs);
    const facts = factsOf(encodeMessageFrame({ kind: "syncRequest", from: 1n, limit: 64 }));
    if (!facts) throw new Error("no facts");
    let asked = 0;
    while (guard.accepts(facts, 11)) asked += 1;
    expect(asked).toBe(400);
    expect(factsOf(Uint8Array.of(99))).toBeUndefined();
    expect(factsOf(new Uint8Array(0))).toBeUndefined();
  });

  it("bounds new sockets by address", () => {
    const dials = createDialLimit(nowMs);
    let accepted = 0;
    while (dials.accepts("10.0.0.1")) accepted += 1;
    expect(accepted).toBe(100);
    expect(dials.accepts("10.0.0.2")).toBe(true);
    now += 1_000;
    expect(dials.accepts("10.0.0.1")).toBe(true);
  });
});
