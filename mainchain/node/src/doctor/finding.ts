/** One line of the doctor's: what was looked at, how it stands, and what mends it. */
export interface Finding {
  readonly check: string;
  readonly state: "ok" | "warn" | "fail";
  /** stable; null when ok */
  readonly code: string | null;
  readonly seen: string;
  /** what to do; null when ok */
  readonly mend: string | null;
}

export const ok = (check: string, seen: string): Finding => ({
  check,
  state: "ok",
  code: null,
  seen,
  mend: null,
});

export const warn = (check: string, code: string, seen: string, mend: string): Finding => ({
  check,
  state: "warn",
  code,
  seen,
  mend,
});

export const fail = (check: string, code: string, seen: string, mend: string): Finding => ({
  check,
  state: "fail",
  code,
  seen,
  mend,
});
