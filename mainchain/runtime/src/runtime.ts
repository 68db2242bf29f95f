import { type Application, type KeyValueReader, PACKET_KIND } from "@ropenet/protocol";
import { createApplication } from "./app.ts";
import { readNextValidators } from "./epochs.ts";
import { createAccountsModule } from "./modules/accounts/module.ts";
import { createAssetModule } from "./modules/asset/module.ts";
import { clientRecovery, createChainsModule } from "./modules/chains/module.ts";
import { handovers } from "./modules/checkpoints/handovers.ts";
import { latestOf, SUITES } from "./modules/checkpoints/keeper.ts";
import { createCheckpointsModule } from "./modules/checkpoints/module.ts";
import { statements } from "./modules/checkpoints/statements.ts";
import { assertNotHalted } from "./modules/control/gate.ts";
import { createControlModule } from "./modules/control/module.ts";
import { halts } from "./modules/control/records.ts";
import { createDataCredentialModule, quarantines } from "./modules/data-credential/module.ts";
import { createDistributionModule } from "./modules/distribution/module.ts";
import { createGovernanceModule } from "./modules/governance/module.ts";
import { createIdentityModule } from "./modules/identity/module.ts";
import { createPacketsModule } from "./modules/packets/module.ts";
import { createSlashingModule } from "./modules/slashing/module.ts";
import { createStakingModule, stakingRules, supply } from "./modules/staking/module.ts";
import { createSupervisionModule } from "./modules/supervision/module.ts";
import {
  books,
  createTransfersModule,
  frozenBooks,
  queuedTransfers,
} from "./modules/transfers/module.ts";
import { createQueries, type Queries } from "./queries/queries.ts";
import { createSnapshots, type StateSnapshots } from "./snapshots.ts";

export interface RuntimeOptions {
  readonly reader: KeyValueReader;
  /** after every block, invariants of what it touched; a violation halts the node */
  readonly checkInvariants: boolean;
}

export interface Runtime {
  readonly application: Application;
  readonly queries: Queries;
  readonly snapshots: StateSnapshots;
}

/** The rope's modules, each with the slices of others that it needs, in the order in which they see a block end. */
export function createRuntime({ reader, checkInvariants }: RuntimeOptions): Runtime {
  const identity = createIdentityModule();
  const chains = createChainsModule(identity.offices);
  const { directory, verifier } = chains;
  const packets = createPacketsModule({ verifier, directory });
  const { outlet } = packets;
  const { offices } = identity;
  const supervision = createSupervisionModule(queuedTransfers);
  const asset = createAssetModule({ directory, verifier, outlet, books });
  const { assets, holdings } = asset;
  const { holds } = supervision;
  const transfers = createTransfersModule({
    halts,
    directory,
    verifier,
    assets,
    holdings,
    holds,
    outlet,
  });
  const credentials = createDataCredentialModule({ directory, verifier, offices, holds, outlet });
  packets.register(PACKET_KIND.credential, credentials.credentialPackets);
  packets.register(PACKET_KIND.asset, transfers.assetPackets);
  packets.register(PACKET_KIND.control, asset.controlPackets);
  const accounts = createAccountsModule();
  const { coins } = accounts;
  const distribution = createDistributionModule(coins);
  const { rewards } = distribution;
  const staking = createStakingModule({ coins, rewards, handovers });
  const slashing = createSlashingModule({ penalties: staking.penalties, statements });
  const governance = createGovernanceModule({
    coins,
    supply,
    staking: stakingRules,
    clients: clientRecovery,
    books: frozenBooks,
    quarantines,
    roll: identity.roll,
  });
  const control = createControlModule(offices, {
    assets,
    freezer: asset.freezer,
    penalties: staking.penalties,
    queued: queuedTransfers,
  });
  const modules = [
    accounts,
    identity,
    chains,
    packets,
    supervision,
    asset,
    transfers,
    credentials,
    // A block's fees belong to the set that decided it: shared out before the set may change.
    distribution,
    slashing,
    staking,
    // After what it may change has had its say in this block.
    governance,
    control,
    // Last: at the end of a block it counts what all others have sent, and says so before they send more.
    createCheckpointsModule(outlet, slashing.attendance),
  ];
  return {
    application: createApplication({
      reader,
      modules,
      gate: (context, name, body) => {
        identity.gate(context, name);
        assertNotHalted(context, name, body);
      },
      checkInvariants,
      checkpointDue: (state, height) =>
        SUITES.some((suite) => latestOf(state, suite).dueHeight === height),
      nextValidators: readNextValidators,
    }),
    queries: createQueries({ reader, directory, outlet }),
    snapshots: createSnapshots(reader, modules),
  };
}
