import type { HeightState, State } from "@ropenet/consensus";
import type { KeyValueStore, Wal } from "@ropenet/node/parts";
import { LocalFault } from "@ropenet/protocol";
import { forgetLock } from "./byzantine.ts";
import type { Replacements, Step } from "./host.ts";

/**
 * Mistakes that the simulation must find, planted into every honest node through the seams that production fills
 * with the real parts. They exist nowhere else.
 */
export type PlantedFault =
  | "quorum-off-by-one"
  | "lock-forgotten"
  | "unlock-rule-dropped"
  | "unlock-without-polka"
  | "wal-order-swapped"
  | "wal-never-synced"
  | "signer-without-memory"
  | "fault-taken-for-verdict";

type HeightChange = (height: HeightState) => Partial<HeightState>;

const changed = (state: State, change: HeightChange): State =>
  state.current ? { ...state, current: { ...state.current, ...change(state.current) } } : state;

/** Two thirds of the power, rounded down, are taken for enough. */
const shortQuorum =
  (step: Step): Step =>
  (state, input) => {
    const result = step(state, input);
    if (input.kind !== "startHeight") return result;
    const short: HeightChange = ({ context }) => ({
      context: { ...context, quorum: context.quorum - 1n },
    });
    return { ...result, state: changed(result.state, short) };
  };

/** L29 without `lockedRound ≤ vr`: no later polka frees a node from its lock. */
const neverUnlock =
  (step: Step): Step =>
  (state, input) =>
    step(
      changed(state, ({ locked }) => ({
        locked: locked && { ...locked, round: Number.MAX_SAFE_INTEGER },
      })),
      input,
    );

/** L28 without its polka: the proposer's word for a later round is enough. */
const unlockOnWord =
  (step: Step): Step =>
  (state, input) =>
    step(
      changed(state, ({ locked }) => ({
        locked:
          input.kind === "proposal" && locked && input.proposal.polRound >= locked.round
            ? null
            : locked,
      })),
      input,
    );

/** What should be on disk before anything is sent gets there when the next record comes. */
function swapped(wal: Wal): Wal {
  let owed: () => void = () => undefined;
  const pay = (): void => {
    const due = owed;
    owed = () => undefined;
    due();
  };
  return {
    ...wal,
    append(record): void {
      pay();
      wal.append(record);
    },
    flush(): void {
      pay();
      owed = () => wal.flush();
    },
    sync(): void {
      pay();
      owed = () => wal.sync();
    },
    reset(): void {
      owed = () => undefined;
      wal.reset();
    },
  };
}

/** What the own disk fails to read says something about the block. */
function judging(store: KeyValueStore): KeyValueStore {
  const verdict = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw error instanceof LocalFault ? error.fault : error;
    }
  };
  return {
    ...store,
    get: (key) => verdict(() => store.get(key)),
    range: (from, to, limit) => verdict(() => store.range(from, to, limit)),
  };
}

export const PLANTED_FAULTS: Readonly<Record<PlantedFault, Replacements>> = {
  "quorum-off-by-one": { step: shortQuorum },
  "lock-forgotten": { step: forgetLock },
  "unlock-rule-dropped": { step: neverUnlock },
  "unlock-without-polka": { step: unlockOnWord },
  "wal-order-swapped": { wal: swapped },
  "wal-never-synced": { wal: (wal) => ({ ...wal, sync: () => wal.flush() }) },
  "signer-without-memory": { forgetfulSigner: true },
  "fault-taken-for-verdict": { store: judging },
};
