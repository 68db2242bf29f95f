import type { Module } from "../../module.ts";
import type { ChainDirectory, ClientRecovery, Offices, StrandVerifier } from "../../slices.ts";
import { approveChain, rejectChain, resumeChain, suspendChain } from "./decisions.ts";
import { assertOpen, directory, requireChain } from "./directory.ts";
import { openStorage } from "./open-storage.ts";
import { recoverClient } from "./recover-client.ts";
import { registerChain } from "./register-chain.ts";
import { updateClient } from "./update-client.ts";

const verifier: StrandVerifier = {
  open: (context, anchor) => openStorage(context, assertOpen(context, anchor.gateway), anchor),
};

/** What governance may do for a strand whose client no longer runs. */
export const clientRecovery: ClientRecovery = {
  recover: (context, body) => recoverClient(context, requireChain(context, body.gateway), body),
};

/** Strands, what verifies them, and the trusted state of each. */
export function createChainsModule(offices: Offices): Module & {
  readonly directory: ChainDirectory;
  readonly verifier: StrandVerifier;
} {
  return {
    name: "chains",
    directory,
    verifier,
    handlers: {
      "chains/register": (context, body) => registerChain(context, body, offices),
      "chains/approve": approveChain,
      "chains/reject": rejectChain,
      "chains/suspend": suspendChain,
      "chains/resume": resumeChain,
      "chains/update-client": (context, body) =>
        updateClient(context, assertOpen(context, body.gateway), body),
    },
  };
}
