import {
  digest,
  encode,
  type Genesis,
  type GenesisValidator,
  genesisCodec,
  ropeChainId,
  SUITE_SM,
  sm2,
  stateKey,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { createRuntime } from "../../src/index.ts";
import { seed } from "../kit/accounts.ts";
import { CHAIN_ID, GENESIS, officer, PARAMETERS, validators } from "../kit/genesis.ts";
import { MemoryStore } from "../kit/memory-store.ts";
import { RopeBench } from "../kit/rope-bench.ts";

function initialise(changes: Partial<Genesis>): void {
  const { application } = createRuntime({ reader: new MemoryStore(), checkInvariants: true });
  application.initGenesis(encode(genesisCodec, { ...GENESIS, ...changes }));
}

const withValidator = (index: number, change: Partial<GenesisValidator>): Partial<Genesis> => ({
  validators: GENESIS.validators.map((one, at) => (at === index ? { ...one, ...change } : one)),
});

const [first, second] = GENESIS.validators as [GenesisValidator, GenesisValidator];

/** The bridge key of another validator, with an honest proof for this one's consensus key. */
const sharedBridge = {
  bridgePublicKey: second.bridgePublicKey,
  bridgeProof: sm2.sign(
    digest(SUITE_SM, "bridge-key", CHAIN_ID, first.publicKey),
    validators[1]?.bridge.secretKey ?? new Uint8Array(32),
  ),
};

describe("a genesis that breaks its own rules starts no chain", () => {
  const broken: readonly (readonly [string, string, Partial<Genesis>])[] = [
    [
      "a suite-1 bridge key that is somebody else's",
      "suite-1 bridge key not proven",
      withValidator(0, { ethereumAddress: second.ethereumAddress }),
    ],
    [
      "a suite-1 proof of nothing",
      "suite-1 bridge key not proven",
      withValidator(0, { ethereumProof: new Uint8Array(65) }),
    ],
    [
      "a suite-2 bridge key that is somebody else's",
      "suite-2 bridge key not proven",
      withValidator(0, { bridgePublicKey: second.bridgePublicKey }),
    ],
    [
      "a proof for another chain",
      "bridge key not proven",
      { parameters: { ...PARAMETERS, chainId: ropeChainId("another rope") } },
    ],
    ["a bridge key of two validators", "suite-2 bridge keys", withValidator(0, sharedBridge)],
    [
      "one validator twice",
      "consensus keys are not distinct",
      { validators: [...GENESIS.validators, first] },
    ],
    ["a validator without stake", "without stake", withValidator(3, { stake: 0n })],
    [
      "three legal entities",
      "fewer than 4 legal entities",
      withValidator(3, { entity: first.entity }),
    ],
    [
      "an entity with a third of the power",
      "a third of the power",
      withValidator(0, { stake: 350n }),
    ],
    ["no validators", "legal entities", { validators: [] }],
    [
      "an office that nobody knows",
      "unknown office",
      { offices: [{ office: "treasury", account: officer.standards.address }] },
    ],
    [
      "one member twice",
      "identity/member-exists",
      { members: [...GENESIS.members, ...GENESIS.members] },
    ],
    [
      "two members with one account",
      "identity/account-taken",
      {
        members: [
          ...GENESIS.members,
          ...GENESIS.members.map((one) => ({ ...one, memberId: seed("another member") })),
        ],
      },
    ],
  ];

  it.each(broken)("%s", (_, message, changes) => {
    expect(() => initialise(changes)).toThrow(message);
  });

  it("and one with just less than a third does", () => {
    expect(() => initialise(withValidator(0, { stake: 349n }))).not.toThrow();
  });
});

it("the offices and members of genesis stand in its state", () => {
  const rope = RopeBench.create();
  for (const [office, { address }] of Object.entries(officer)) {
    expect(rope.value(stateKey.office(office, address))).toBeDefined();
    const others = Object.keys(officer).filter((other) => other !== office);
    for (const other of others) expect(rope.value(stateKey.office(other, address))).toBeUndefined();
  }
  expect(rope.value(stateKey.member(seed("member")))).toBeDefined();
});
