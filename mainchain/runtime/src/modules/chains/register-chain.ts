import {
  b32,
  b32ToAccount,
  bytesToHex,
  CHAIN_KIND,
  CHAIN_STATE,
  type ChainRecord,
  chainRecordCodec,
  checkAttestorSet,
  clientRecordCodec,
  equalBytes,
  gatewayUid,
  keccak256,
  type RegisterChain,
  SUITE_KECCAK,
  stateKey,
  u32,
  ZERO_32,
} from "@ropenet/protocol";
import { readRecord, type TransactionContext, writeRecord } from "../../module.ts";
import type { Offices } from "../../slices.ts";
import { noteAdmitted, notePending } from "./admitted.ts";
import { ChainsError } from "./errors.ts";

const ATTESTED = 3;
const EMPTY_CODE = keccak256(new Uint8Array(0));

function checkFields(body: RegisterChain): void {
  const bad = (field: string): ChainsError => new ChainsError({ code: "chain/bad-field", field });
  if (body.name.length === 0) throw bad("name");
  if (body.kind !== CHAIN_KIND.evm) throw bad("kind");
  if (body.suite !== SUITE_KECCAK) throw bad("suite");
  if (equalBytes(body.genesisHash, ZERO_32)) throw bad("genesisHash");
  const address = b32ToAccount(body.gatewayAddress);
  if (!address || address.every((byte) => byte === 0)) throw bad("gatewayAddress");
  // An account without code would prove nothing but itself.
  if (equalBytes(body.codeHash, ZERO_32) || equalBytes(body.codeHash, EMPTY_CODE))
    throw bad("codeHash");
  if (body.trustingPeriodMs === 0n) throw bad("trustingPeriodMs");
}

/** 申请: recorded as pending. In the development profile the registration approves itself, and says so. */
export function registerChain(
  context: TransactionContext,
  body: RegisterChain,
  offices: Offices,
): void {
  const { state, parameters, sender, timeMs } = context;
  if (!parameters.developmentProfile) offices.assertMember(context, sender);
  checkFields(body);
  checkAttestorSet({ attestors: body.attestors, threshold: body.threshold });
  const { name, description, kind, suite, genesisHash, gatewayAddress, deployment, codeHash } =
    body;
  const gateway = gatewayUid({
    ropeChainId: parameters.chainId,
    kind,
    strandGenesisHash: genesisHash,
    gatewayAddress,
    deployment,
  });
  const known = readRecord(state, stateKey.chain(gateway), chainRecordCodec);
  if (known && known.state !== CHAIN_STATE.rejected)
    throw new ChainsError({ code: "chain/exists", gateway });
  const isApproved = parameters.developmentProfile;
  if (isApproved) noteAdmitted(context, gateway);
  else notePending(context, sender);
  const total = readRecord(state, stateKey.chainCount(), u32) ?? 0;
  const index = known?.index ?? total;
  const record: ChainRecord = {
    gateway,
    index,
    name,
    description,
    kind,
    suite,
    genesisHash,
    gatewayAddress,
    deployment,
    codeHash,
    registrant: sender,
    state: isApproved ? CHAIN_STATE.active : CHAIN_STATE.pending,
    trustClass: ATTESTED,
    attestors: body.attestors,
    threshold: body.threshold,
    trustingPeriodMs: body.trustingPeriodMs,
    registeredAtMs: timeMs,
  };
  writeRecord(state, stateKey.chain(gateway), chainRecordCodec, record);
  if (!known) {
    writeRecord(state, stateKey.chainByIndex(index), b32, gateway);
    writeRecord(state, stateKey.chainCount(), u32, total + 1);
  }
  writeRecord(state, stateKey.client(gateway), clientRecordCodec, {
    latestHeight: 0n,
    latestTimeMs: 0n,
    updatedAtMs: timeMs,
    frozen: false,
  });
  context.emit("chains.registered", {
    gateway: bytesToHex(gateway),
    name,
    approvedBy: isApproved ? "development profile" : "nobody yet",
  });
}
