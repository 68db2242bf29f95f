import { crash } from "../crash.ts";

export interface DialerComponents {
  /** Resolves to the peer's public key (hex) when a handshake succeeded, to undefined when not. */
  dial(host: string, port: number, signal: AbortSignal): Promise<string | undefined>;
  isConnected(publicKey: string): boolean;
}

export interface Dialer {
  start(): void;
  stop(): void;
}

const FIRST_DELAY_MS = 200;
/** A node that comes back is in the mesh again within this. */
const MAX_DELAY_MS = 5_000;
const CHECK_MS = 250;

interface Target {
  readonly host: string;
  readonly port: number;
  /** learnt from the first handshake; from then on no call is made while that peer is connected */
  publicKey: string | undefined;
  delayMs: number;
  nextAtMs: number;
  busy: boolean;
}

/** Calls every configured address until it is connected, with growing, jittered pauses. */
export function createDialer(addresses: readonly string[], components: DialerComponents): Dialer {
  const targets = addresses.map(parseTarget);
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  async function call(target: Target): Promise<void> {
    target.busy = true;
    try {
      const publicKey = await components.dial(target.host, target.port, abort.signal);
      if (publicKey !== undefined) {
        target.publicKey = publicKey;
        target.delayMs = FIRST_DELAY_MS;
      }
    } finally {
      target.nextAtMs = performance.now() + target.delayMs * (0.75 + Math.random() / 2);
      target.delayMs = Math.min(target.delayMs * 1.6, MAX_DELAY_MS);
      target.busy = false;
    }
  }

  function check(): void {
    const now = performance.now();
    for (const target of targets) {
      const connected = target.publicKey !== undefined && components.isConnected(target.publicKey);
      if (connected) target.delayMs = FIRST_DELAY_MS;
      else if (!target.busy && now >= target.nextAtMs) {
        call(target).catch(crash);
      }
    }
  }

  return {
    start(): void {
      check();
      timer = setInterval(check, CHECK_MS);
    },
    stop(): void {
      clearInterval(timer);
      abort.abort();
    },
  };
}

function parseTarget(address: string): Target {
  const colon = address.lastIndexOf(":");
  return {
    host: address.slice(0, colon),
    port: Number(address.slice(colon + 1)),
    publicKey: undefined,
    delayMs: FIRST_DELAY_MS,
    nextAtMs: 0,
    busy: false,
  };
}
