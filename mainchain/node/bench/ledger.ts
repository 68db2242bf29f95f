import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  addressOf,
  type Commit,
  encodeMessage,
  equalBytes,
  PROTOCOL_VERSION,
  ropeChainId,
  signTransaction,
  sm2,
  sm3,
  VOTE_TYPE,
  voteSignBytes,
} from "@ropenet/protocol";
import { readConfig } from "../src/config.ts";
import { type BoundBlock, readBlock } from "../src/engine/block-body.ts";
import type { CommittedBlock, Ledger } from "../src/engine/ledger.ts";
import { openHome } from "../src/home.ts";
import { createDevnet } from "../src/init.ts";
import { type NodeKeys, readKeys } from "../src/keys.ts";
import { createMempool } from "../src/mempool.ts";

const HELP = `Usage: npm run bench:ledger -- [--json FILE] [--blocks N] [--transactions N] [--senders N]
       [--recipients N]

What a transfer costs one node, stage by stage and without a network: admission to the mempool, choosing it for a
block, executing and hashing the block, making it durable. Figures are microseconds of processor time a transfer.
`;

const CHAIN = "ropenet-bench";
const BIG = 10n ** 18n;
/** As many as gossip and the RPC look at together. */
const GROUP = 32;

function transfersOf(
  senders: readonly Uint8Array[],
  count: number,
  recipients: number,
): readonly Uint8Array[] {
  const chainId = ropeChainId(CHAIN);
  const publicKeys = senders.map((secret) => sm2.getPublicKey(secret));
  return Array.from({ length: count }, (_, index) => {
    const at = index % senders.length;
    const seed = new Uint8Array(4);
    new DataView(seed.buffer).setUint32(0, (index * 2_654_435_761) % recipients);
    const to = sm3(seed).slice(0, 20);
    const body = {
      version: PROTOCOL_VERSION,
      chainId,
      publicKey: publicKeys[at] as Uint8Array,
      nonce: BigInt(Math.floor(index / senders.length)),
      feeLimit: 10_000_000n,
      expiryHeight: 90_000n,
      ...encodeMessage("accounts/transfer", { to, amount: 1n }),
    };
    return signTransaction(body, senders[at] as Uint8Array);
  });
}

function cpuMicros(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

interface Sizes {
  readonly blocks: number;
  readonly perBlock: number;
  readonly senders: number;
  readonly recipients: number;
}

type Figures = Record<"admit" | "choose" | "verify" | "commit" | "settle", number[]>;

/** Runs the blocks on a node's home and returns the microseconds that a transfer took in each. */
function measure({ blocks, perBlock, ...sizes }: Sizes): Figures {
  const senders = Array.from({ length: sizes.senders }, () => sm2.randomSecretKey());
  const transfers = transfersOf(senders, blocks * perBlock, sizes.recipients);
  const directory = mkdtempSync(join(tmpdir(), "ropenet-bench-"));
  const devnet = createDevnet({
    directory,
    chainName: CHAIN,
    validators: 4,
    basePort: 20_000,
    accounts: senders.map((secret) => ({
      address: addressOf(sm2.getPublicKey(secret)),
      balance: BIG,
    })),
  });
  const [node] = devnet.nodes;
  if (!node) throw new Error("no node");
  const config = readConfig(node.configFile);
  const home = openHome(config);
  const { ledger } = home;
  const { application } = home.runtime;
  const mempool = createMempool(
    { ...config.mempool, maxTransactions: 1e6, maxPerSender: 1e6 },
    { application, isValidator: () => false },
  );
  const validators = devnet.nodes.map(({ keysFile }) => readKeys(keysFile));
  const figures: Figures = { admit: [], choose: [], verify: [], commit: [], settle: [] };
  const note = (name: keyof Figures, work: () => void): void => {
    figures[name].push(cpuMicros(work) / perBlock);
  };
  try {
    for (let block = 0; block < blocks; block += 1) {
      const mine = transfers.slice(block * perBlock, (block + 1) * perBlock);
      note("admit", () => {
        for (let first = 0; first < mine.length; first += GROUP) {
          const group = mine.slice(first, first + GROUP);
          mempool.foresee(group);
          for (const transaction of group) mempool.add(transaction);
        }
      });
      let chosen: readonly Uint8Array[] = [];
      note("choose", () => {
        const limits = { maxBytes: config.block.maxBytes, maxTransactions: perBlock };
        chosen = application.buildBlock(mempool.candidates(2 * limits.maxBytes), limits);
      });
      if (chosen.length !== perBlock) throw new Error(`chose ${chosen.length} of ${perBlock}`);
      const built = ledger.build({
        transactions: chosen,
        lastCommit: ledger.tip().commit,
        proposer: node.address,
        nowMs: BigInt(Date.now()),
      });
      const bound = readBlock(built.bytes);
      note("verify", () => void ledger.verify(bound));
      const commit = commitBy(validators, ledger, bound);
      let decided: CommittedBlock | undefined;
      note("commit", () => {
        decided = ledger.commit(bound, commit);
      });
      note("settle", () => {
        const { transactions, header } = bound.block;
        const included = transactions.map((transaction, index) => ({
          id: decided?.result.transactions[index]?.id as Uint8Array,
          transaction,
        }));
        mempool.update(included, header.height);
      });
    }
  } finally {
    home.close();
    rmSync(directory, { recursive: true, force: true });
  }
  return figures;
}

function commitBy(
  validators: readonly NodeKeys[],
  ledger: Ledger,
  { block, blockId }: BoundBlock,
): Commit {
  const { height } = block.header;
  const signatures = ledger.validators().map(({ address }) => {
    const keys = validators.find((one) => equalBytes(one.address, address));
    if (!keys) throw new Error("a validator without keys");
    const vote = { type: VOTE_TYPE.precommit, height, round: 0, blockId };
    return sm2.sign(voteSignBytes(ledger.chainId, vote), keys.secretKey);
  });
  return { height, round: 0, blockId, bitmap: Uint8Array.of(15), signatures };
}

function medianOf(list: readonly number[]): number {
  const sorted = list.toSorted((left, right) => left - right);
  return Number((sorted[sorted.length >> 1] ?? Number.NaN).toFixed(1));
}

function main(): void {
  const { values } = parseArgs({
    options: {
      json: { type: "string" },
      blocks: { type: "string", default: "10" },
      transactions: { type: "string", default: "2000" },
      senders: { type: "string", default: "400" },
      recipients: { type: "string", default: "100000" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const figures = measure({
    blocks: Number(values.blocks),
    perBlock: Number(values.transactions),
    senders: Number(values.senders),
    recipients: Number(values.recipients),
  });
  const report = Object.fromEntries(
    Object.entries(figures).map(([name, list]) => [name, medianOf(list)]),
  );
  const total = Object.values(report).reduce((sum, one) => sum + one, 0);
  const text = `${JSON.stringify({ ...report, total: Number(total.toFixed(1)) }, null, 2)}\n`;
  process.stdout.write(text);
  if (values.json) writeFileSync(values.json, text);
}

main();
