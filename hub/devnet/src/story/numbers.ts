/** 虚构 · the story's fixed figures (docs/architecture.md names the acts). */
export const COILS_KG: readonly number[] = [23_140, 22_985, 23_310, 22_925];
export const TOTAL_KG: number = COILS_KG.reduce((sum, weight) => sum + weight, 0);
export const PRICE_FEN_PER_TONNE: bigint = 348_000n;
export const VALUE_FEN: bigint = (BigInt(TOTAL_KG) * PRICE_FEN_PER_TONNE) / 1000n;
export const LOAN_FEN: bigint = 22_000_000n;
/** 0.50 元/吨·天 × 92.360 吨 × 30 天 */
export const STORAGE_FEE_FEN: bigint = (50n * BigInt(TOTAL_KG) * 30n) / 1000n;
export const USES: bigint = 3n;
/** 贷款审核 */
export const PURPOSE_LOAN_REVIEW: number = 1;
export const LEASE_MS: bigint = 24n * 3_600_000n;

/** 虚构: born 1900, sequence 000 of an area that is not issued. */
export const SUBJECT: string = "520101190001010002";

/** What 公安、社保、房管 have of that person (seed.ts), asked their question. */
export const ANSWERS: readonly boolean[] = [true, true, true];

export function yuan(fen: bigint): string {
  const text = fen.toString().padStart(3, "0");
  return `${text.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",")}.${text.slice(-2)}`;
}

export function tonnes(kilograms: number): string {
  return (kilograms / 1000).toFixed(3);
}
