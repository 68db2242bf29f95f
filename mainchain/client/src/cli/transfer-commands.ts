import { bytesToHex, CodedError, type TransferRecord } from "@ropenet/protocol";
import type { Command } from "commander";
import { recordsOf } from "../rope.ts";
import { ropeOf } from "./connect.ts";
import { hexOperand, integerOperand } from "./operands.ts";
import type { Output } from "./output.ts";

const STATES = [
  "",
  "滞留 QUEUED",
  "在途 FORWARDED",
  "结清 SETTLED",
  "退回 RETURNED",
  "隔离 QUARANTINED",
];

function line(record: TransferRecord): string {
  return `${record.index}\t${STATES[record.state] ?? ""}\t${record.asset?.amount ?? ""}\t${bytesToHex(record.transferId)}`;
}

export function addTransferCommands(program: Command, output: Output): void {
  const transfer = program.command("transfer").description("转移 · cross-chain transfers");
  transfer
    .command("list")
    .option("--last <n>", "how many", "20")
    .action(async (options: { last: string }, command: Command) => {
      const records = recordsOf((await ropeOf(command)).peek);
      const total = await records.transferCount();
      const wanted = integerOperand("last", options.last);
      const found: TransferRecord[] = [];
      for (let index = total > wanted ? total - wanted : 0n; index < total; index += 1n) {
        const record = await records.transferAt(index);
        if (record) found.push(record);
      }
      output.print(found.map(line).join("\n") || "尚无转移", found);
    });
  transfer
    .command("show <id>")
    .description("one transfer, proven")
    .action(async (id: string, _, command: Command) => {
      const record = await recordsOf((await ropeOf(command)).read).transfer(
        hexOperand("id", id, 32),
      );
      if (!record) throw new CodedError({ code: "transfer/unknown", id });
      output.print(line(record), record);
    });
}
