import {
  DEFAULT_STAKING_PARAMETERS,
  digest,
  ENGINE,
  encode,
  type Genesis,
  type GenesisValidator,
  genesisCodec,
  type ParametersRecord,
  PROTOCOL_VERSION,
  ropeChainId,
  ropeGatewayUid,
  SUITE_KECCAK,
  SUITE_SM,
  secp256k1,
  sm2,
} from "@ropenet/protocol";
import { account, type EthereumKey, ethereumKey, seed, type TestAccount } from "./accounts.ts";

export const CHAIN_ID: Uint8Array = ropeChainId("runtime-test");
export const ROPE: Uint8Array = ropeGatewayUid(CHAIN_ID);
export const GENESIS_MS = 1_800_000_000_000n;
export const HOUR_MS = 3_600_000n;
/** Far behind everything that a test waits for. */
export const LATER_MS: bigint = GENESIS_MS + 500n * HOUR_MS;
export const RICH: bigint = 10n ** 15n;

/** One account per office, by the office's name. */
export const officer = {
  standards: account("office/standards"),
  supervision: account("office/supervision"),
  admission: account("office/admission"),
  "ledger-center": account("officer/ledger-center"),
  archive: account("officer/archive"),
  contracts: account("officer/contracts"),
};
export const alice: TestAccount = account("alice");
export const bob: TestAccount = account("bob");
export const relayer: TestAccount = account("relayer");
export const member: TestAccount = account("member");
/** Has no coins and no office. */
export const nobody: TestAccount = account("nobody");

export interface TestValidator {
  readonly consensus: TestAccount;
  readonly bridge: TestAccount;
  readonly ethereum: EthereumKey;
  readonly stake: bigint;
}

/** Unequal on purpose: which three of four make two thirds matters. */
export const validators: readonly TestValidator[] = [300n, 270n, 230n, 200n].map(
  (stake, index) => ({
    consensus: account(`validator/${index}`),
    bridge: account(`validator/${index}/bridge`),
    ethereum: ethereumKey(`validator/${index}`),
    stake,
  }),
);

function toGenesis(
  { consensus, bridge, ethereum, stake }: TestValidator,
  index: number,
): GenesisValidator {
  const { publicKey } = consensus;
  return {
    publicKey,
    entity: seed(`entity/${index}`),
    stake,
    ethereumAddress: ethereum.address,
    ethereumProof: secp256k1.sign(
      digest(SUITE_KECCAK, "bridge-key", CHAIN_ID, publicKey),
      ethereum.secretKey,
    ),
    bridgePublicKey: bridge.publicKey,
    bridgeProof: sm2.sign(digest(SUITE_SM, "bridge-key", CHAIN_ID, publicKey), bridge.secretKey, {
      extraEntropy: false,
      publicKey: bridge.publicKey,
    }),
  };
}

export const PARAMETERS: ParametersRecord = {
  chainName: "runtime-test",
  chainId: CHAIN_ID,
  protocolVersion: PROTOCOL_VERSION,
  checkpointIntervalMs: 1_000n,
  checkpointHeartbeatMs: 60_000n,
  minLegMs: 60_000n,
  maxHoldMs: 72n * HOUR_MS,
  baseFee: 1n,
  developmentProfile: true,
  engine: ENGINE.stake,
};

export const GENESIS: Genesis = {
  timeMs: GENESIS_MS,
  parameters: PARAMETERS,
  validators: validators.map(toGenesis),
  accounts: [...Object.values(officer), alice, bob, relayer, member].map(({ address }) => ({
    address,
    balance: RICH,
  })),
  members: [
    {
      memberId: seed("member"),
      kind: 1,
      name: "测试成员（虚构）",
      codeCommitment: seed("member/code"),
      account: member.address,
    },
  ],
  offices: Object.entries(officer).map(([office, { address }]) => ({ office, account: address })),
  staking: DEFAULT_STAKING_PARAMETERS,
  authorities: [],
};

export const genesisBytes = (changes: Partial<Genesis> = {}): Uint8Array =>
  encode(genesisCodec, { ...GENESIS, ...changes });
