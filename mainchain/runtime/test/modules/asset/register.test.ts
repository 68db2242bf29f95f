import {
  type AddRepresentation,
  type AssetRecord,
  accountToB32,
  assetIdOf,
  assetRecordCodec,
  b32,
  CONTROL_ACTION,
  conservationRecordCodec,
  controlPayloadCodec,
  decode,
  failureCode,
  LANE_CONTROL,
  PACKET_KIND,
  REPRESENTATION_MODE,
  type RegisterAsset,
  type RepresentationRecord,
  representationRecordCodec,
  stateKey,
  u32,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { alice, officer, ROPE } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan, type RopeBench } from "../../kit/rope-bench.ts";
import type { StrandBench } from "../../kit/strand-bench.ts";
import { cny, createWorld, deed, type World } from "../../kit/world.ts";

const nativeId = accountToB32(seed("token").slice(12));

function body({ a }: World, change: Partial<RegisterAsset> = {}): RegisterAsset {
  return {
    ...{ originGateway: a.gateway, assetClass: 1, nativeId, decimals: 6 },
    ...{ name: "新资产（虚构）", symbol: "NEW", classification: 2 },
    attributesHash: seed("attributes"),
    ...change,
  };
}

const register = (world: World, change: Partial<RegisterAsset> = {}): Plan =>
  plan(officer.standards, "asset/register", body(world, change));

function idOf(world: World, change: Partial<RegisterAsset> = {}): Uint8Array {
  const { originGateway, assetClass, nativeId: native } = body(world, change);
  return assetIdOf(originGateway, assetClass, native);
}

describe("asset/register", () => {
  it("records what it says, opens empty books and takes the next place in the index", () => {
    const world = createWorld();
    const { rope } = world;
    const index = rope.must(stateKey.assetCount(), u32);
    rope.do(register(world));
    const assetId = idOf(world);
    const expected: AssetRecord = {
      ...body(world),
      ...{ assetId, index, registrant: officer.standards.address, state: 1 },
    };
    expect(rope.must(stateKey.asset(assetId), assetRecordCodec)).toEqual(expected);
    expect(rope.must(stateKey.assetByIndex(index), b32)).toEqual(assetId);
    expect(rope.must(stateKey.assetCount(), u32)).toBe(index + 1);
    expect(rope.must(stateKey.conservation(assetId), conservationRecordCodec)).toEqual({
      ...{ height: rope.height, escrow: 0n, outstandingTotal: 0n, inFlight: 0n, held: 0n },
    });
  });

  it("takes an asset of the rope, whose native id is any name", () => {
    const world = createWorld();
    const change = { originGateway: ROPE, nativeId: seed("any name") };
    world.rope.do(register(world, change));
    const record = world.rope.must(stateKey.asset(idOf(world, change)), assetRecordCodec);
    expect(record.originGateway).toEqual(ROPE);
  });

  it("is for the standards office, once", () => {
    const world = createWorld();
    const { rope } = world;
    const byAlice = plan(alice, "asset/register", body(world));
    expectRefused(rope, "identity/not-in-office", byAlice);
    rope.do(register(world));
    expectRefused(rope, "asset/exists", register(world));
    expectRefused(rope, "asset/exists", register(world, { symbol: "OTHER", decimals: 2 }));
  });

  const bad: readonly (readonly [string, string, Partial<RegisterAsset>])[] = [
    ["an unknown class", "asset/bad-field", { assetClass: 3 }],
    ["class zero", "asset/bad-field", { assetClass: 0 }],
    ["too many decimals", "asset/bad-field", { decimals: 31 }],
    ["decimals of a title", "asset/bad-field", { assetClass: 2, decimals: 1 }],
    ["no name", "asset/bad-field", { name: "" }],
    ["no symbol", "asset/bad-field", { symbol: "" }],
    ["no classification", "asset/bad-field", { classification: 0 }],
    ["an unknown classification", "asset/bad-field", { classification: 4 }],
    ["a native id that is no address", "asset/bad-field", { nativeId: seed("x") }],
    ["an origin that nobody registered", "chain/unknown", { originGateway: seed("nowhere") }],
  ];

  it.each(bad)("refuses %s: %s", (_, code, change) => {
    const world = createWorld();
    expectRefused(world.rope, code, register(world, change));
  });

  it("refuses an origin that is suspended", () => {
    const world = createWorld();
    const { rope, a } = world;
    rope.do(plan(officer.admission, "chains/suspend", { gateway: a.gateway, reason: 1 }));
    expectRefused(rope, "chain/not-active", register(world));
  });
});

describe("asset/add-representation", () => {
  const add = (gateway: Uint8Array, change: Partial<AddRepresentation> = {}): Plan =>
    plan(officer.standards, "asset/add-representation", {
      ...{ assetId: ZERO_32, gateway, localId: ZERO_32, decimals: 6, scale: 0 },
      ...{ netLimit: 0n, windowMs: 0n },
      ...change,
    });

  /** A world with one asset more, which is represented nowhere. */
  function fresh(): { readonly world: World; readonly assetId: Uint8Array } {
    const world = createWorld();
    world.rope.do(register(world));
    return { world, assetId: idOf(world) };
  }

  function record(
    rope: RopeBench,
    assetId: Uint8Array,
    { gateway }: Pick<StrandBench, "gateway">,
  ): RepresentationRecord | undefined {
    return rope.read(stateKey.representation(assetId, gateway), representationRecordCodec);
  }

  it("tells the gateway on the control lane, and waits for its answer", () => {
    const { world, assetId } = fresh();
    const { rope, a, b } = world;
    const localId = nativeId;
    rope.do(
      add(a.gateway, { assetId, localId }),
      add(b.gateway, { assetId, decimals: 4, scale: -2 }),
    );
    expect(record(rope, assetId, a)).toEqual({
      ...{ mode: REPRESENTATION_MODE.origin, localId, decimals: 6, scale: 0 },
      ...{ netLimit: 0n, windowMs: 0n, codeHash: a.registration.codeHash, confirmed: false },
    });
    expect(record(rope, assetId, b)).toMatchObject({
      ...{ mode: REPRESENTATION_MODE.voucher, localId: ZERO_32, confirmed: false },
    });
    const [arrival] = world.fork().fetch(b).packets;
    expect(arrival?.packet).toMatchObject({
      ...{ kind: PACKET_KIND.control, lane: LANE_CONTROL, sourceGateway: ROPE },
      ...{ transferId: assetId, recipient: b.gateway, sender: ZERO_32 },
    });
    expect(arrival && decode(controlPayloadCodec, arrival.payload)).toEqual({
      action: CONTROL_ACTION.registerAsset,
      ...{ assetId, assetClass: 1, mode: REPRESENTATION_MODE.voucher, localId: ZERO_32 },
      ...{ originGateway: a.gateway, decimals: 4, scale: -2 },
      ...{ name: "新资产（虚构）", symbol: "NEW" },
    });
    b.cursor -= 1n;
    world.answer(b);
    expect(record(rope, assetId, b)?.confirmed).toBe(true);
    expect(record(rope, assetId, a)?.confirmed).toBe(false);
  });

  it("counts the control lane of each strand by itself", () => {
    const { world, assetId } = fresh();
    const { rope, b } = world;
    rope.do(add(b.gateway, { assetId }));
    const [arrival] = world.fetch(b).packets;
    // The four assets of every test world came first.
    expect(arrival?.packet.sequence).toBe(5n);
  });

  it("is gone when the gateway refuses it, and can be added as the gateway wants it", () => {
    const { world, assetId } = fresh();
    const { rope, b } = world;
    rope.do(add(b.gateway, { assetId }));
    expectRefused(rope, "asset/representation-exists", add(b.gateway, { assetId }));
    const refusal = { status: 2, code: failureCode("bad-payload") };
    world.answer(b, refusal);
    expect(record(rope, assetId, b)).toBeUndefined();
    rope.do(add(b.gateway, { assetId, decimals: 2, scale: -4 }));
    world.answer(b);
    expect(record(rope, assetId, b)).toMatchObject({ confirmed: true, scale: -4 });
  });

  it("needs no confirmation of the rope, and no packet", () => {
    const { world, assetId } = fresh();
    const { rope } = world;
    rope.do(add(ROPE, { assetId }));
    expect(record(rope, assetId, { gateway: ROPE })).toMatchObject({
      ...{ mode: REPRESENTATION_MODE.voucher, confirmed: true, codeHash: ZERO_32 },
    });
    expect(rope.value(stateKey.outbox(ROPE))).toBeUndefined();
  });

  const bad: readonly (readonly [string, string, (world: World) => Partial<AddRepresentation>])[] =
    [
      ["an unknown asset", "asset/unknown", () => ({ assetId: seed("unheard of") })],
      ["an unknown gateway", "chain/unknown", () => ({ gateway: seed("nowhere") })],
      ["a local id of a voucher", "asset/bad-field", () => ({ localId: nativeId })],
      ["an origin without its id", "asset/bad-field", ({ a }) => ({ gateway: a.gateway })],
      ["decimals beside the scale", "asset/bad-field", () => ({ decimals: 5 })],
      ["a scale out of bounds", "asset/bad-field", () => ({ scale: 39, decimals: 45 })],
      ["a scale out of bounds below", "asset/bad-field", () => ({ scale: -39, decimals: 0 })],
      ["a limit without a window", "asset/bad-field", () => ({ netLimit: 1n })],
      [
        "a pair that is there",
        "asset/representation-exists",
        () => ({
          ...{ assetId: cny.assetId, decimals: 2 },
        }),
      ],
      [
        "a scaled title",
        "asset/bad-field",
        () => ({
          ...{ assetId: deed.assetId, decimals: 2, scale: 2 },
        }),
      ],
    ];

  it.each(bad)("refuses %s: %s", (_, code, change) => {
    const { world, assetId } = fresh();
    expectRefused(world.rope, code, add(world.b.gateway, { assetId, ...change(world) }));
  });

  it("is for the standards office", () => {
    const { world, assetId } = fresh();
    const { b, rope } = world;
    const byAlice = { ...add(b.gateway, { assetId }), from: alice };
    expectRefused(rope, "identity/not-in-office", byAlice);
  });
});
