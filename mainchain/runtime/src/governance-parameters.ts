import {
  DEFAULT_GOVERNANCE_PARAMETERS,
  DEVELOPMENT_GOVERNANCE_PARAMETERS,
  type GovernanceParametersRecord,
  governanceParametersRecordCodec,
  type ParametersRecord,
  stateKey,
} from "@ropenet/protocol";
import { readRecord, type StateView } from "./module.ts";

/** What votes and halts go by; the profile's own as long as governance has changed nothing. */
export function readGovernanceParameters(
  state: StateView,
  { developmentProfile }: ParametersRecord,
): GovernanceParametersRecord {
  return (
    readRecord(state, stateKey.governanceParameters(), governanceParametersRecordCodec) ??
    (developmentProfile ? DEVELOPMENT_GOVERNANCE_PARAMETERS : DEFAULT_GOVERNANCE_PARAMETERS)
  );
}
