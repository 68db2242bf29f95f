import type { Application } from "@ropenet/protocol";
import type { Wal } from "../engine/wal.ts";
import type { AdmissionRules } from "../mempool.ts";
import type { KeyValueStore } from "../store/key-value-store.ts";
import type { Meter } from "./meter.ts";

/** The same store; how long each batch took is reported. */
export function watchStore(store: KeyValueStore, meter: Pick<Meter, "stored">): KeyValueStore {
  return {
    ...store,
    write(batch): void {
      const beganMs = performance.now();
      store.write(batch);
      meter.stored(performance.now() - beganMs, batch.length);
    },
  };
}

/** The same log; how long each fsync took is reported. */
export function watchWal(wal: Wal, meter: Pick<Meter, "walSynced">): Wal {
  return {
    ...wal,
    sync(): void {
      const beganMs = performance.now();
      wal.sync();
      meter.walSynced(performance.now() - beganMs);
    },
  };
}

/** `checkTx` as the mempool asks for it; what came of it is counted. */
export function watchChecks(
  application: Application,
  meter: Pick<Meter, "verified">,
): AdmissionRules {
  return {
    readTx: (transaction) => application.readTx(transaction),
    foresee: (transactions) => application.foresee(transactions),
    checkTx(transaction, pendingNonce): ReturnType<Application["checkTx"]> {
      const checked = application.checkTx(transaction, pendingNonce);
      meter.verified("transaction", checked.ok);
      return checked;
    },
  };
}
