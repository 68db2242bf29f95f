import {
  bytesToHex,
  CodedError,
  conservationRecordCodec,
  decode,
  stateKey,
} from "@ropenet/protocol";
import type { Command } from "commander";
import { type Rope, recordsOf } from "../rope.ts";
import { ropeOf, rpcOf } from "./connect.ts";
import { addressOperand, hexOperand, integerOperand } from "./operands.ts";
import type { Output } from "./output.ts";

async function verdict(
  rope: Rope,
): Promise<readonly { asset: string; ok: boolean; height: bigint }[]> {
  const assets = await recordsOf(rope.read).assets();
  return Promise.all(
    assets.map(async (asset) => {
      const proven = await rope.light.prove(stateKey.conservation(asset.assetId));
      const record = proven.value && decode(conservationRecordCodec, proven.value);
      const ok =
        !record || record.escrow === record.outstandingTotal + record.inFlight + record.held;
      return { asset: asset.symbol, ok, height: proven.height };
    }),
  );
}

export function addQueryCommands(program: Command, output: Output): void {
  program
    .command("status")
    .description("状态 · what the node says of itself")
    .action(async (_, command: Command) => {
      const status = await rpcOf(command).call("status", {});
      output.print(
        `${status.chainName} · 高度 ${status.height} · 验证人 ${status.validators.length} · 对等 ${status.peers}`,
        status,
      );
    });
  const query = program.command("query").description("查询 · what the node says");
  query.command("account <address>").action(async (address: string, _, command: Command) => {
    const account = await rpcOf(command).call("account", {
      address: bytesToHex(addressOperand(address)),
    });
    output.print(`余额 ${account.balance} · nonce ${account.nonce}`, account);
  });
  query.command("tx <id>").action(async (id: string, _, command: Command) => {
    const result = await rpcOf(command).call("tx", { id: bytesToHex(hexOperand("id", id, 32)) });
    output.print(`${result.code ?? "ok"} · 高度 ${result.height}`, result);
  });
  query.command("block <height>").action(async (height: string, _, command: Command) => {
    const results = await rpcOf(command).call("block_results", {
      height: String(integerOperand("height", height)),
    });
    output.print(JSON.stringify(results, null, 2), results);
  });
  program
    .command("verify")
    .description("守恒 · conservation of every asset, from proofs checked here")
    .action(async (_, command: Command) => {
      const rope = await ropeOf(command);
      const assets = await verdict(rope);
      const { header } = await rope.light.prove(stateKey.assetCount());
      const chainId = bytesToHex(rope.anchor.chainId);
      const validatorsHash = bytesToHex(header.validatorsHash);
      const lines = assets.map(
        ({ ok, asset, height }) => `${ok ? "通过" : "失败"} ${asset} @ ${height}`,
      );
      const at = `高度 ${header.height} · ${new Date(Number(header.timeMs)).toISOString()}`;
      const known = `链 ${chainId} · 验证人集合 ${validatorsHash} · ${at}`;
      output.print([...(lines.length > 0 ? lines : ["无资产"]), known].join("\n"), {
        ...{ chainId, validatorsHash, height: header.height, timeMs: header.timeMs },
        assets,
      });
      if (assets.some(({ ok }) => !ok)) throw new CodedError({ code: "verify/not-conserved" });
    });
}
