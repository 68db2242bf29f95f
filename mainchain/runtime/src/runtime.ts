import type { Application, KeyValueReader } from "@ropenet/protocol";
import { createApplication } from "./app.ts";
import { createAccountsModule } from "./modules/accounts/module.ts";
import { createChainsModule } from "./modules/chains/module.ts";
import { latestOf, SUITES } from "./modules/checkpoints/keeper.ts";
import { createCheckpointsModule } from "./modules/checkpoints/module.ts";
import { createIdentityModule } from "./modules/identity/module.ts";
import { createPacketsModule } from "./modules/packets/module.ts";
import { createStakingModule } from "./modules/staking/module.ts";
import { createQueries, type Queries } from "./queries/queries.ts";

export interface RuntimeOptions {
  readonly reader: KeyValueReader;
  /** after every block, invariants of what it touched; a violation halts the node */
  readonly checkInvariants: boolean;
}

export interface Runtime {
  readonly application: Application;
  readonly queries: Queries;
}

/** The rope's modules, each with the slices of others that it needs, in the order in which blocks run them. */
export function createRuntime({ reader, checkInvariants }: RuntimeOptions): Runtime {
  const identity = createIdentityModule();
  const chains = createChainsModule(identity.offices);
  const { directory, verifier } = chains;
  const packets = createPacketsModule({ verifier, directory });
  const checkpoints = createCheckpointsModule(packets.outlet);
  const modules = [
    createAccountsModule(),
    createStakingModule(),
    identity,
    chains,
    packets,
    // Last: at the end of a block it counts what all others have sent.
    checkpoints,
  ];
  return {
    application: createApplication({
      reader,
      modules,
      checkInvariants,
      checkpointDue: (state, height) =>
        SUITES.some((suite) => latestOf(state, suite).dueHeight === height),
    }),
    queries: createQueries({ reader, directory, outlet: packets.outlet }),
  };
}
