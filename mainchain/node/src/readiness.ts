import { bytesToHex, quorum, totalPower, type ValidatorSet } from "@ropenet/protocol";

export interface ReadyJson {
  readonly ok: boolean;
  readonly height: string;
  readonly syncing: boolean;
  readonly peers: number;
  /** voting power that this node can hear, itself included */
  readonly power: string;
  readonly needed: string;
  /** stable; null when ready */
  readonly code: "node/syncing" | "node/too-little-power" | null;
}

export interface ReadinessInput {
  readonly height: bigint;
  readonly syncing: boolean;
  readonly validators: ValidatorSet;
  /** hex addresses of connected peers, and of this node if it votes */
  readonly heard: readonly string[];
  readonly peers: number;
}

/** Whether clients should be sent here: caught up, and in touch with enough power to see new blocks. */
export function readinessOf(input: ReadinessInput): ReadyJson {
  const { height, syncing, validators, peers } = input;
  const heard = new Set(input.heard);
  const power = totalPower(validators.filter(({ address }) => heard.has(bytesToHex(address))));
  const needed = quorum(totalPower(validators));
  let code: ReadyJson["code"] = null;
  if (syncing) code = "node/syncing";
  else if (power < needed) code = "node/too-little-power";
  const ok = code === null;
  return {
    ok,
    height: String(height),
    syncing,
    peers,
    power: String(power),
    needed: String(needed),
    code,
  };
}
