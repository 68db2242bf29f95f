import { CodedError, PROPOSALS, type ProposalRecord, sm3, VOTE } from "@ropenet/protocol";
import type { Command } from "commander";
import { recordsOf } from "../rope.ts";
import { ropeOf } from "./connect.ts";
import { readFileOperand } from "./json-fields.ts";
import { integerOperand, wordOperand } from "./operands.ts";
import type { Output } from "./output.ts";
import { PROPOSAL_KINDS, readAction } from "./proposal-json.ts";
import { addSignOptions, withWallet } from "./sign.ts";

const STATES = [
  "",
  "表决中 voting",
  "已通过 passed",
  "已执行 executed",
  "未通过 rejected",
  "被否决 vetoed",
  "人数不足 without quorum",
  "执行失败 failed",
];

const kindOf = (type: number): string =>
  PROPOSAL_KINDS.find((kind) => PROPOSALS[kind].type === type) ?? String(type);

function line(record: ProposalRecord): string {
  const { proposalId, state, kind, title, failure, ...votes } = record;
  const tally = `赞成 ${votes.yes} 反对 ${votes.no} 弃权 ${votes.abstain} 否决 ${votes.veto} / ${votes.totalPower}`;
  const why = failure === "" ? "" : `\t${failure}`;
  return `${proposalId}\t${STATES[state] ?? ""}\t${kindOf(kind)}\t${tally}\t${title}${why}`;
}

interface ProposeOptions {
  readonly title: string;
  readonly text: string;
}

function addPropose(governance: Command, output: Output): void {
  addSignOptions(
    governance
      .command("propose <kind> <file>")
      .description(`提案 · the action in a JSON file; kinds: ${PROPOSAL_KINDS.join(", ")}`)
      .requiredOption("--title <words>", "up to 128 bytes")
      .requiredOption("--text <file>", "the text that argues for it: its SM3 goes on the chain"),
  ).action(async (kind: string, file: string, options: ProposeOptions, command: Command) => {
    const text = new TextDecoder().decode(readFileOperand("file", file));
    const textHash = sm3(readFileOperand("text", options.text));
    const body = { title: options.title, textHash, ...readAction(kind, text) };
    const sent = await withWallet(command, (wallet) => wallet.send("governance/propose", body));
    const proposalId = sent.events.find(({ attributes }) => "proposalId" in attributes)?.attributes[
      "proposalId"
    ];
    output.print(`提案 ${proposalId} · 高度 ${sent.height}`, { proposalId, ...sent });
  });
}

function addVote(governance: Command, output: Output): void {
  addSignOptions(
    governance
      .command("vote <id> <option>")
      .description(`表决 · by a validator's account: ${Object.keys(VOTE).join(", ")}`),
  ).action(async (id: string, option: string, _: unknown, command: Command) => {
    const body = {
      proposalId: integerOperand("id", id),
      option: wordOperand("option", option, VOTE),
    };
    const sent = await withWallet(command, (wallet) => wallet.send("governance/vote", body));
    output.print(`已表决 ${option} · 高度 ${sent.height}`, sent);
  });
}

/** Source: docs/governance.md §1. */
export function addGovernanceCommands(program: Command, output: Output): void {
  const governance = program.command("gov").description("治理 · proposals and votes");
  governance
    .command("list")
    .description("the newest proposals, by the node's word")
    .option("--last <n>", "how many", "20")
    .action(async (options: { last: string }, command: Command) => {
      const records = recordsOf((await ropeOf(command)).peek);
      const total = await records.proposalCount();
      const wanted = integerOperand("last", options.last);
      const found: ProposalRecord[] = [];
      for (let id = total > wanted ? total - wanted : 0n; id < total; id += 1n) {
        const record = await records.proposal(id);
        if (record) found.push(record);
      }
      output.print(found.map(line).join("\n") || "尚无提案", found);
    });
  governance
    .command("show <id>")
    .description("one proposal, proven")
    .action(async (id: string, _: unknown, command: Command) => {
      const proposalId = integerOperand("id", id);
      const record = await recordsOf((await ropeOf(command)).read).proposal(proposalId);
      if (!record) throw new CodedError({ code: "governance/unknown-proposal", proposalId });
      output.print(line(record), { ...record, kind: kindOf(record.kind) });
    });
  addPropose(governance, output);
  addVote(governance, output);
}
