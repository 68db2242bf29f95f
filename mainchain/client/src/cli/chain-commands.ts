import { bytesToHex } from "@ropenet/protocol";
import type { Command } from "commander";
import { recordsOf } from "../rope.ts";
import { ropeOf } from "./connect.ts";
import type { Output } from "./output.ts";

const STATES = ["", "待批", "有效", "停用", "冻结", "驳回"];

export function addChainCommands(program: Command, output: Output): void {
  const chain = program.command("chain").description("链 · registered strands");
  chain.command("list").action(async (_, command: Command) => {
    const chains = await recordsOf((await ropeOf(command)).peek).chains();
    const lines = chains.map(
      (entry) =>
        `${entry.name}\t${STATES[entry.state] ?? ""}\tattested(${entry.threshold}, ${entry.attestors.length})\t${bytesToHex(entry.gateway)}`,
    );
    output.print(lines.join("\n") || "尚无登记的链", chains);
  });
}
