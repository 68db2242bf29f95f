import type { Module } from "../../module.ts";
import type { Offices } from "../../slices.ts";
import { appealHalt, decideAppeal } from "./appeals.ts";
import type { ControlParts } from "./effects.ts";
import { approveHalt, haltOwn, liftHalt, liftOwn, orderHalt } from "./orders.ts";

/** Sovereign and departmental control: reasoned, time-boxed, on record, open to appeal. Source: docs/governance.md. */
export function createControlModule(offices: Offices, parts: ControlParts): Module {
  const slices = { offices, parts };
  return {
    name: "control",
    handlers: {
      "control/halt": (context, body) => orderHalt(context, body, slices),
      "control/approve": (context, body) => approveHalt(context, body, slices),
      "control/lift": (context, body) => liftHalt(context, body, slices),
      "control/halt-own": (context, body) => haltOwn(context, body, parts),
      "control/lift-own": (context, body) => liftOwn(context, body, parts),
      "control/appeal": (context, body) => appealHalt(context, body, parts),
      "control/decide-appeal": (context, body) => decideAppeal(context, body, slices),
    },
  };
}
