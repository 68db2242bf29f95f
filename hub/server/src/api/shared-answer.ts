/**
 * One answer for all who ask while it is being made, and for a moment afterwards: what costs the rope many proofs costs
 * them once, however many ask. What fails is kept for nobody.
 */
export function sharedAnswer<T>(
  make: () => Promise<T>,
  keptMs: number,
  now: () => number = Date.now,
): () => Promise<T> {
  let made: { readonly answer: Promise<T>; readonly untilMs: number } | undefined;
  return () => {
    if (made && now() < made.untilMs) return made.answer;
    const answer = make();
    const fresh = { answer, untilMs: Number.POSITIVE_INFINITY };
    made = fresh;
    answer.then(
      () => {
        if (made === fresh) made = { answer, untilMs: now() + keptMs };
      },
      () => {
        if (made === fresh) made = undefined;
      },
    );
    return answer;
  };
}
