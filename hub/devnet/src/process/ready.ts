const POLL_MS = 60;

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Asks again and again until `probe` does not throw. */
export async function eventually(probe: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await probe();
    } catch {
      await delay(POLL_MS);
    }
  }
}

export function httpReady(url: string): (signal: AbortSignal) => Promise<void> {
  return (signal) =>
    eventually(async () => {
      const response = await fetch(url, { signal });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(String(response.status));
    }, signal);
}
