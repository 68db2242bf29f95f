/** `321412_80` with 2 decimals → `321,412.80`; amounts never pass through floats. */
export function formatAmount(amount: string, decimals: number): string {
  const padded = amount.padStart(decimals + 1, "0");
  const whole = padded.slice(0, padded.length - decimals).replace(/\B(?=(\d{3})+$)/g, ",");
  return decimals === 0 ? whole : `${whole}.${padded.slice(-decimals)}`;
}

export function shortHash(hash: string): string {
  return hash.length > 20 ? `${hash.slice(0, 10)}…${hash.slice(-6)}` : hash;
}

export function formatTime(ms: string | null): string {
  if (!ms || ms === "0") return "—";
  return new Date(Number(ms)).toLocaleString("zh-CN", { hour12: false });
}
