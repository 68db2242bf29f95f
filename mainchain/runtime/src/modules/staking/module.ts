import {
  addressOf,
  bridgeKeysRecordCodec,
  bytesToHex,
  digest,
  equalBytes,
  type Genesis,
  type GenesisValidator,
  SUITE_KECCAK,
  SUITE_SM,
  secp256k1,
  sm2,
  sortValidators,
  stateKey,
  totalPower,
  type ValidatorSet,
  validatorSetCodec,
} from "@ropenet/protocol";
import { type Context, type Module, writeRecord } from "../../module.ts";

/** A genesis that breaks its own rules is not a chain: no node may start on it. */
export class BadGenesis extends Error {}

const MIN_ENTITIES = 4;

/** The bridge keys are the validator's own: each has signed the consensus key that names it. */
function checkPossession(chainId: Uint8Array, validator: GenesisValidator): void {
  const { publicKey, ethereumAddress, ethereumProof, bridgePublicKey, bridgeProof } = validator;
  const signer = secp256k1.recoverAddress(
    digest(SUITE_KECCAK, "bridge-key", chainId, publicKey),
    ethereumProof,
  );
  if (!signer || !equalBytes(signer, ethereumAddress))
    throw new BadGenesis("suite-1 bridge key not proven");
  if (
    !sm2.verify(bridgeProof, digest(SUITE_SM, "bridge-key", chainId, publicKey), bridgePublicKey)
  ) {
    throw new BadGenesis("suite-2 bridge key not proven");
  }
}

function checkDistinct(what: string, values: readonly Uint8Array[]): void {
  if (new Set(values.map(bytesToHex)).size !== values.length)
    throw new BadGenesis(`${what} are not distinct`);
}

/** No legal entity may hold a third of the power: it could stop the chain alone. */
function checkEntities(set: ValidatorSet): void {
  const byEntity = new Map<string, bigint>();
  for (const { entity, power } of set) {
    if (power <= 0n) throw new BadGenesis("a validator without stake");
    const id = bytesToHex(entity);
    byEntity.set(id, (byEntity.get(id) ?? 0n) + power);
  }
  if (byEntity.size < MIN_ENTITIES)
    throw new BadGenesis(`fewer than ${MIN_ENTITIES} legal entities`);
  const total = totalPower(set);
  for (const [entity, power] of byEntity) {
    if (power * 3n >= total)
      throw new BadGenesis(`entity ${entity} holds a third of the power or more`);
  }
}

function initGenesis(context: Context, genesis: Genesis): void {
  const { chainId } = genesis.parameters;
  for (const validator of genesis.validators) checkPossession(chainId, validator);
  checkDistinct(
    "consensus keys",
    genesis.validators.map(({ publicKey }) => publicKey),
  );
  checkDistinct(
    "suite-1 bridge keys",
    genesis.validators.map(({ ethereumAddress }) => ethereumAddress),
  );
  checkDistinct(
    "suite-2 bridge keys",
    genesis.validators.map(({ bridgePublicKey }) => bridgePublicKey),
  );
  const set = sortValidators(
    genesis.validators.map(({ publicKey, stake, entity }) => ({
      address: addressOf(publicKey),
      publicKey,
      power: stake,
      entity,
    })),
  );
  checkEntities(set);
  writeRecord(context.state, stateKey.validators(), validatorSetCodec, set);
  writeRecord(context.state, stateKey.bridgeKeys(), bridgeKeysRecordCodec, {
    epoch: 0n,
    validators: genesis.validators.map(
      ({ publicKey, ethereumAddress, bridgePublicKey, stake }) => ({
        validator: addressOf(publicKey),
        ethereumAddress,
        sm2PublicKey: bridgePublicKey,
        power: stake,
      }),
    ),
  });
}

/** Validators and their bridge keys, fixed at genesis; rotation comes with delegation. */
export function createStakingModule(): Module {
  return { name: "staking", handlers: {}, initGenesis };
}
