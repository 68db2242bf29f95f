/** For errors in the background that nobody may swallow: a broken invariant ends the process. */
export function crash(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
