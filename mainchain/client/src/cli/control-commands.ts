import {
  APPEAL_DECISION,
  bytesToHex,
  CONTROL_SUBJECT,
  CodedError,
  concatBytes,
  type HaltRecord,
  type MessageBodies,
  sm3,
} from "@ropenet/protocol";
import type { Command } from "commander";
import { recordsOf } from "../rope.ts";
import { ropeOf } from "./connect.ts";
import { readFileOperand } from "./json-fields.ts";
import {
  addressOperand,
  hexOperand,
  integerOperand,
  spanOperand,
  wordOperand,
} from "./operands.ts";
import type { Output } from "./output.ts";
import { addSignOptions, withWallet } from "./sign.ts";

const STATES = ["", "已提出 ordered", "生效 in force", "已解除 lifted"];
const SUBJECTS = Object.keys(CONTROL_SUBJECT);

type ControlMessage = Extract<keyof MessageBodies, `control/${string}`>;

function line(halt: HaltRecord): string {
  const subject = `${SUBJECTS[halt.subjectKind - 1]} ${bytesToHex(halt.subject)}`;
  const voices = halt.approvals.map(({ office }) => office).join("、");
  const appeal = halt.appeal ? ` · 申诉 ${["待决", "维持", "撤销"][halt.appeal.decision]}` : "";
  const until = new Date(Number(halt.untilMs)).toISOString();
  return `${halt.index}\t${STATES[halt.state] ?? ""}\t${subject}\t至 ${until}\t${voices}${appeal}\t${bytesToHex(halt.haltId)}`;
}

/** A validator is named by its account, in the room of an id. */
function subjectOperand(kind: string, value: string): Uint8Array {
  return kind === "node"
    ? concatBytes(new Uint8Array(12), addressOperand(value, "subject"))
    : hexOperand("subject", value, 32);
}

interface Said {
  readonly office: string;
  readonly reason: string;
  readonly text: string;
  readonly for: string;
}

const OFFICE = ["--office <name>", "in the name of which office"] as const;

/** The number of the reason and the digest of the reasons in words. */
function grounds({ reason, text }: Said): {
  readonly reason: number;
  readonly textHash: Uint8Array;
} {
  const number = integerOperand("reason", reason);
  if (number > 0xffffn)
    throw new CodedError({ code: "cli/bad-operand", operand: "reason", expected: "0 to 65535" });
  return { reason: Number(number), textHash: sm3(readFileOperand("text", text)) };
}

function reasoned(command: Command): Command {
  return command
    .requiredOption("--reason <number>", "code of the reason, 0 to 65535")
    .requiredOption("--text <file>", "the reasons in words: their SM3 goes on the chain");
}

interface Act<K extends ControlMessage> {
  readonly command: Command;
  readonly name: K;
  readonly body: (operands: readonly string[], said: Said) => MessageBodies[K];
}

function act<K extends ControlMessage>({ command, name, body }: Act<K>, output: Output): void {
  addSignOptions(command).action(async (...given: unknown[]) => {
    const self = given.at(-1) as Command;
    const message = body(given.slice(0, -2) as string[], self.opts<Said>());
    const sent = await withWallet(self, (wallet) => wallet.send(name, message));
    const haltId = sent.events.find(({ attributes }) => "haltId" in attributes)?.attributes[
      "haltId"
    ];
    output.print(`${name} · ${haltId ?? ""} · 高度 ${sent.height}`, { haltId, ...sent });
  });
}

const haltIdOf = (value = ""): Uint8Array => hexOperand("haltId", value, 32);
const untilOf = (said: Said): bigint => BigInt(Date.now()) + spanOperand("for", said.for);

function addOffices(control: Command, output: Output): void {
  const ordered = control
    .command("halt <kind> <subject>")
    .description(`停用 · order a halt: ${SUBJECTS.join(", ")}`)
    .requiredOption(...OFFICE)
    .requiredOption("--for <span>", "how long: 90s, 30m, 12h or 3d");
  act(
    {
      command: reasoned(ordered),
      name: "control/halt",
      body: ([kind = "", subject = ""], said) => ({
        subjectKind: wordOperand("kind", kind, CONTROL_SUBJECT),
        subject: subjectOperand(kind, subject),
        ...{ ...grounds(said), untilMs: untilOf(said), office: said.office },
      }),
    },
    output,
  );
  const approved = control
    .command("approve <haltId>")
    .description("同意 · one more office agrees to a halt")
    .requiredOption(...OFFICE);
  act(
    {
      command: approved,
      name: "control/approve",
      body: ([id], { office }) => ({ haltId: haltIdOf(id), office }),
    },
    output,
  );
  const lifted = control
    .command("lift <haltId>")
    .description("解除 · propose to lift a halt, or agree to it")
    .requiredOption(...OFFICE);
  act(
    {
      command: reasoned(lifted),
      name: "control/lift",
      body: ([id], said) => ({ haltId: haltIdOf(id), ...grounds(said), office: said.office }),
    },
    output,
  );
  const decided = control
    .command("decide <haltId> <decision>")
    .description(`裁决 · decide an appeal: ${Object.keys(APPEAL_DECISION).join(", ")}`)
    .requiredOption(...OFFICE);
  act(
    {
      command: reasoned(decided),
      name: "control/decide-appeal",
      body: ([id, decision = ""], said) => ({
        haltId: haltIdOf(id),
        decision: wordOperand("decision", decision, APPEAL_DECISION),
        ...{ ...grounds(said), office: said.office },
      }),
    },
    output,
  );
}

function addOwners(control: Command, output: Output): void {
  const appealed = control
    .command("appeal <haltId>")
    .description("申诉 · by whom the halt concerns, once")
    .requiredOption("--text <file>", "the appeal in words: its SM3 goes on the chain");
  act(
    {
      command: appealed,
      name: "control/appeal",
      body: ([id], { text }) => ({
        haltId: haltIdOf(id),
        textHash: sm3(readFileOperand("text", text)),
      }),
    },
    output,
  );
  const own = control
    .command("halt-own <credentialId>")
    .description("部门停用 · an issuer halts its own data resource, at once")
    .requiredOption("--for <span>", "how long: 90s, 30m, 12h or 3d");
  act(
    {
      command: reasoned(own),
      name: "control/halt-own",
      body: ([id = ""], said) => ({
        credentialId: hexOperand("credentialId", id, 32),
        ...{ ...grounds(said), untilMs: untilOf(said) },
      }),
    },
    output,
  );
  act(
    {
      command: reasoned(
        control
          .command("lift-own <haltId>")
          .description("部门解除 · the issuer lifts its own halt"),
      ),
      name: "control/lift-own",
      body: ([id], said) => ({ haltId: haltIdOf(id), ...grounds(said) }),
    },
    output,
  );
}

/** Source: docs/governance.md §2. */
export function addControlCommands(program: Command, output: Output): void {
  const control = program.command("control").description("主权控制 · halts, appeals, verdicts");
  control
    .command("list")
    .description("the newest halts, by the node's word")
    .option("--last <n>", "how many", "20")
    .action(async (options: { last: string }, command: Command) => {
      const records = recordsOf((await ropeOf(command)).peek);
      const total = await records.haltCount();
      const wanted = integerOperand("last", options.last);
      const found: HaltRecord[] = [];
      for (let index = total > wanted ? total - wanted : 0n; index < total; index += 1n) {
        const record = await records.haltAt(index);
        if (record) found.push(record);
      }
      output.print(found.map(line).join("\n") || "尚无停用", found);
    });
  control
    .command("show <haltId>")
    .description("one halt, proven")
    .action(async (id: string, _: unknown, command: Command) => {
      const record = await recordsOf((await ropeOf(command)).read).halt(haltIdOf(id));
      if (!record) throw new CodedError({ code: "control/unknown-halt", haltId: id });
      output.print(line(record), record);
    });
  addOffices(control, output);
  addOwners(control, output);
}
