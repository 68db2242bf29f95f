import { connect, createServer } from "node:net";
import type { NodeConfig } from "../config.ts";
import type { ReadyJson } from "../readiness.ts";
import type { RpcMethods, StatusJson } from "../rpc/schema.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const ANSWER_MS = 3_000;
/** How long a running node is watched for new heights. */
const WATCH_MS = 2_000;
/** Blocks further ahead than 10 s are not voted for; see engine/driver.ts. */
const CLOCK_WARN_MS = 2_000;
const CLOCK_FAIL_MS = 8_000;

async function rpc<M extends keyof RpcMethods>(
  url: string,
  method: M,
): Promise<RpcMethods[M]["result"]> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: {} }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const { result } = (await response.json()) as { readonly result: RpcMethods[M]["result"] };
  return result;
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

function canReach(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(":");
  return new Promise((resolve) => {
    const socket = connect({
      host: address.slice(0, colon),
      port: Number(address.slice(colon + 1)),
      timeout: ANSWER_MS,
    });
    const end = (reached: boolean) => () => {
      socket.destroy();
      resolve(reached);
    };
    socket.once("connect", end(true));
    socket.once("error", end(false));
    socket.once("timeout", end(false));
  });
}

/** Ports, peers, clock and progress: of the node as it runs, or of the place where it would. */
export async function checkNetwork(config: NodeConfig): Promise<readonly Finding[]> {
  const url = `http://${config.rpc.host.includes(":") ? `[${config.rpc.host}]` : config.rpc.host}:${config.rpc.port}`;
  const before = await rpc(url, "status").catch(() => undefined);
  const reachable = await checkReachable(config);
  if (!before) return [...(await checkPorts(config)), reachable];
  await new Promise((next) => setTimeout(next, WATCH_MS));
  const after = await rpc(url, "status").catch(() => undefined);
  const ready = await readyOf(url);
  return [
    ok("ports", `this node answers on ${config.rpc.port}`),
    reachable,
    checkReady(ready),
    await checkProgress(url, before, after),
    checkClock(before, after),
  ];
}

async function readyOf(url: string): Promise<ReadyJson | undefined> {
  try {
    const answer = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return (await answer.json()) as ReadyJson;
  } catch {
    return undefined;
  }
}

async function checkPorts({ p2p, rpc: { host, port } }: NodeConfig): Promise<readonly Finding[]> {
  const busy: number[] = [];
  if (!(await isFree(p2p.host, p2p.port))) busy.push(p2p.port);
  if (!(await isFree(host, port))) busy.push(port);
  if (busy.length === 0)
    return [ok("ports", `${p2p.port} and ${port} are free; no node runs here`)];
  const mend = "stop what listens there, or give this node other ports";
  return [fail("ports", "node/port-busy", busy.join(", "), mend)];
}

async function checkReachable({ p2p }: NodeConfig): Promise<Finding> {
  if (p2p.peers.length === 0)
    return ok("peers-reachable", "none configured: others dial this node");
  const reached = await Promise.all(p2p.peers.map(canReach));
  const lost = p2p.peers.filter((_, index) => reached[index] === false);
  const seen = `${p2p.peers.length - lost.length} of ${p2p.peers.length}`;
  if (lost.length === 0) return ok("peers-reachable", seen);
  const mend = `start them, or look at firewalls: ${lost.join(", ")}`;
  return lost.length === p2p.peers.length
    ? fail("peers-reachable", "doctor/peers-unreachable", seen, mend)
    : warn("peers-reachable", "doctor/peers-unreachable", seen, mend);
}

function checkReady(ready: ReadyJson | undefined): Finding {
  if (!ready) return fail("ready", "doctor/no-answer", "no answer", "look at the node's log");
  const seen = `power ${ready.power} of ${ready.needed} needed, ${ready.peers} peers`;
  if (ready.ok) return ok("ready", seen);
  const mend =
    ready.code === "node/syncing"
      ? "wait: it catches up"
      : "start the other validators; below two thirds of the power nothing is decided";
  return warn("ready", ready.code ?? "doctor/no-answer", seen, mend);
}

async function checkProgress(
  url: string,
  before: StatusJson,
  after: StatusJson | undefined,
): Promise<Finding> {
  if (!after) return fail("height", "doctor/no-answer", "stopped answering", "look at its log");
  const info = await rpc(url, "net_info").catch(() => undefined);
  const highest = (info?.peers ?? []).reduce(
    (most, { height }) => (BigInt(height) > most ? BigInt(height) : most),
    BigInt(after.height),
  );
  const behind = highest - BigInt(after.height);
  const moved = BigInt(after.height) - BigInt(before.height);
  const seen = `height ${after.height}, ${moved} more in ${WATCH_MS / 1_000} s, ${behind} behind peers`;
  if (behind <= 1n) return ok("height", seen);
  if (moved > 0n) return warn("height", "node/syncing", seen, "wait: it catches up");
  const mend = "it does not catch up: look for refused blocks in its log";
  return fail("height", "doctor/stuck", seen, mend);
}

/** A fresh block carries its proposer's clock, which two thirds of the validators found plausible. */
function checkClock(before: StatusJson, after: StatusJson | undefined): Finding {
  const isFresh = after && after.height !== before.height && after.validators.length > 1;
  if (!isFresh) return ok("clock", "no new block to compare with");
  const skewMs = Date.now() - Number(after.timeMs);
  const seen = `${skewMs} ms after the newest block's time`;
  const mend = "run a time service (chrony, systemd-timesyncd) on this machine";
  const tooEarly = -skewMs;
  const tooLate = skewMs - WATCH_MS;
  const off = Math.max(tooEarly, tooLate);
  if (off > CLOCK_FAIL_MS) return fail("clock", "doctor/clock-off", seen, mend);
  if (off > CLOCK_WARN_MS) return warn("clock", "doctor/clock-off", seen, mend);
  return ok("clock", seen);
}
