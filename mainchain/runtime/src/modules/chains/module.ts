import type { Module } from "../../module.ts";
import type { ChainDirectory, Offices, StrandVerifier } from "../../slices.ts";
import { approveChain, rejectChain, resumeChain, suspendChain } from "./decisions.ts";
import { assertOpen, directory } from "./directory.ts";
import { openStorage } from "./open-storage.ts";
import { registerChain } from "./register-chain.ts";
import { updateClient } from "./update-client.ts";

const verifier: StrandVerifier = {
  open: (context, anchor) => openStorage(context, assertOpen(context, anchor.gateway), anchor),
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
      "chains/approve": (context, body) => approveChain(context, body, offices),
      "chains/reject": (context, body) => rejectChain(context, body, offices),
      "chains/suspend": (context, body) => suspendChain(context, body, offices),
      "chains/resume": (context, body) => resumeChain(context, body, offices),
      "chains/update-client": (context, body) =>
        updateClient(context, assertOpen(context, body.gateway), body),
    },
  };
}
