import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Network } from "../network/network.ts";
import { issueJointCredential, reserveAndAsk, revokeAndRetry } from "./act-credential.ts";
import { observeAllBooks, payStorage } from "./act-payment.ts";
import {
  deliverAgain,
  deliverEdited,
  issueTitle,
  moveTitle,
  offerLoan,
  offerTwice,
  pledgeTitle,
} from "./act-title.ts";
import { readConservation, verifyOffline } from "./act-verdict.ts";
import { createContext, ropeHeight, type StoryContext } from "./context.ts";
import { play, type Stage, type Step } from "./play.ts";
import type { ConservationRow, StepResult, StoryReport } from "./report.ts";
import { seedDepartments } from "./seed.ts";

const STEPS: readonly Step<StoryContext>[] = [
  { id: "issue", title: "入库 · 筑仓储 签发仓单", act: issueTitle },
  { id: "loan", title: "融资申请 · 甲银行 托管放款", act: offerLoan },
  {
    id: "credential",
    title: "公安·社保·房管 联合签发数据凭证，送达 金融链",
    act: issueJointCredential,
  },
  { id: "answers", title: "甲银行 预留一次使用，三部门作答", act: reserveAndAsk },
  { id: "move", title: "仓单 仓储链 锁定 → 金融链 铸出", act: moveTitle },
  { id: "pledge", title: "质押，当即放款", act: pledgeTitle },
  {
    id: "double-pledge",
    title: "拒绝：同一仓单再质押给 乙银行",
    act: offerTwice,
    refusedWith: "asset/encumbered",
  },
  {
    id: "forged-delivery",
    title: "拒绝：中继者改吨数重投",
    act: deliverEdited,
    refusedWith: "bridge/bad-proof",
  },
  {
    id: "replayed-delivery",
    title: "拒绝：中继者原样重投",
    act: deliverAgain,
    refusedWith: "bridge/already-delivered",
  },
  { id: "payment", title: "仓储费 金融链 → 绳 → 仓储链", act: payStorage },
  {
    id: "revoked-use",
    title: "拒绝：撤销之后再查询",
    act: revokeAndRetry,
    refusedWith: "data-credential/revoked",
  },
  { id: "books", title: "监管员：两链账目证明到绳", act: observeAllBooks },
];

/** How often this network has told the story, counted in its state folder. */
function nextRun(directory: string): number {
  const file = join(directory, "runs");
  const run = (existsSync(file) ? Number(readFileSync(file, "utf8")) : 0) + 1;
  writeFileSync(file, String(run));
  return run;
}

/** 一单融资: every step on real chains; each must show what it has to, refusals by their own code. */
export async function runStory(
  network: Network,
  options: {
    readonly directory: string;
    readonly readyMs: number;
    readonly log: (line: string) => void;
  },
): Promise<StoryReport> {
  const started = performance.now();
  await seedDepartments(network);
  const run = nextRun(options.directory);
  const context = createContext(network, run);
  const steps: StepResult[] = [];
  const stage: Stage = {
    // A step that failed has its line, whatever else does not answer.
    ropeHeight: () => ropeHeight(context).catch(() => "?"),
    lost: network.lost,
  };
  const tell = (step: StepResult): void => {
    steps.push(step);
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
    const link =
      context.titleTransfer && step.id === "move"
        ? ` ${network.hubUrl}/transfers/${Buffer.from(context.titleTransfer.transferId).toString("hex")}`
        : "";
    options.log(`[${seconds}s] ${step.ok ? "✓" : "✗"} ${step.title}`);
    options.log(`         ${step.line} · 高度 ${step.height}${link}`);
  };
  for (const step of STEPS) {
    const result = await play(step, context, stage);
    tell(result);
    if (!result.ok) break;
  }
  let conservation: readonly ConservationRow[] = [];
  if (steps.every(({ ok }) => ok)) {
    const verdict: Step<StoryContext> = {
      id: "verdict",
      title: "监管员：守恒与离线证据",
      act: async (current, notes) => {
        const { rows, evidence } = await readConservation(current, notes);
        conservation = rows;
        return verifyOffline(current, evidence, notes);
      },
    };
    tell(await play(verdict, context, stage));
  }
  const ok =
    steps.length === STEPS.length + 1 &&
    steps.every((step) => step.ok) &&
    conservation.every((row) => row.ok);
  return {
    ok,
    run,
    readyMs: options.readyMs,
    storyMs: Math.round(performance.now() - started),
    memoryBytes: network.supervisor.memoryBytes(),
    steps,
    conservation,
  };
}
