import { CodedError } from "@ropenet/protocol";

export type ConsensusErrorInfo =
  | {
      readonly code: "consensus/bad-validator-set";
      readonly reason: "empty" | "too-many" | "unsorted" | "no-power";
    }
  | {
      readonly code: "consensus/height-backwards";
      readonly height: bigint;
      readonly current: bigint;
    };

/** The engine asked for something impossible. Nothing that a peer sends can raise it. */
export class ConsensusError extends CodedError<ConsensusErrorInfo> {}
