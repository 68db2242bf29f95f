import { expect, it } from "vitest";
import { sharedAnswer } from "../../src/api/shared-answer.ts";

it("makes one answer for all who ask at once, and for a moment after it", async () => {
  let [made, nowMs] = [0, 0];
  const ask = sharedAnswer(
    async () => {
      made += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return made;
    },
    100,
    () => nowMs,
  );
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  nowMs = 99;
  expect(await ask()).toBe(1);
  nowMs = 100;
  expect(await Promise.all([ask(), ask()])).toEqual([2, 2]);
});

it("keeps no failure", async () => {
  let fails = true;
  const ask = sharedAnswer(async () => {
    if (fails) throw new Error("away");
    return "here";
  }, 100);
  await expect(ask()).rejects.toThrow("away");
  fails = false;
  expect(await ask()).toBe("here");
});
