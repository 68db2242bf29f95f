import type { AttestationSignature } from "@ropenet/protocol";
import { bytesToHex, hexToBytes } from "@ropenet/protocol";
import { z } from "zod";
import type { EvmHeader } from "../rpc/header.ts";
import { adapterError } from "./classify-error.ts";

const hex32: z.ZodString = z.string().regex(/^[0-9a-f]{64}$/);

const answerSchema = z.object({
  threshold: z.number().int().min(1).max(64),
  height: z.string().regex(/^[0-9]{1,20}$/),
  headerHash: hex32,
  stateRoot: hex32,
  timeMs: z.string().regex(/^[0-9]{1,20}$/),
  signatures: z
    .array(
      z.object({
        index: z.number().int().min(0).max(255),
        signature: z.string().regex(/^[0-9a-f]{130}$/),
      }),
    )
    .max(64),
});
type Answer = z.infer<typeof answerSchema>;

const REQUEST_TIMEOUT_MS = 5_000;
/** Attestors poll their nodes five times a second; a height is theirs soon after it is ours. */
const NOT_YET_MS = 250;

/** undefined where the service is silent, refuses the height, or answers something else. */
async function ask(url: string, height: bigint, signal: AbortSignal): Promise<Answer | undefined> {
  try {
    const response = await fetch(new URL(`/attestation?height=${height}`, url), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    const parsed = answerSchema.safeParse(await response.json());
    return parsed.success ? parsed.data : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

function isAbout(answer: Answer, header: EvmHeader): boolean {
  return (
    BigInt(answer.height) === header.height &&
    answer.headerHash === bytesToHex(header.hash) &&
    answer.stateRoot === bytesToHex(header.stateRoot) &&
    BigInt(answer.timeMs) === header.timeMs
  );
}

/**
 * Signatures of enough attestors over `header`, gathered from all their services, ascending by index.
 * @throws {AdapterError} `adapter/not-attested` (wait-until), `adapter/attestors-disagree` (retryable)
 */
export async function readAttestation(
  chain: string,
  urls: readonly string[],
  header: EvmHeader,
  signal: AbortSignal,
): Promise<readonly AttestationSignature[]> {
  const answers = await Promise.all(urls.map((url) => ask(url, header.height, signal)));
  const heard = answers.filter((answer) => answer !== undefined);
  const agreeing = heard.filter((answer) => isAbout(answer, header));
  const byIndex = new Map<number, string>();
  for (const { signatures } of agreeing) {
    for (const { index, signature } of signatures) {
      if (!byIndex.has(index)) byIndex.set(index, signature);
    }
  }
  const threshold = Math.max(1, ...agreeing.map((answer) => answer.threshold));
  if (byIndex.size < threshold) {
    const detail = `height ${header.height}: ${byIndex.size} of ${threshold} signatures, ${agreeing.length} of ${urls.length} services`;
    throw agreeing.length < heard.length
      ? adapterError(chain, "adapter/attestors-disagree", detail, { kind: "retryable" })
      : adapterError(chain, "adapter/not-attested", detail, {
          kind: "wait-until",
          afterMs: NOT_YET_MS,
        });
  }
  return [...byIndex]
    .toSorted(([left], [right]) => left - right)
    .map(([index, signature]) => ({ index, signature: hexToBytes(signature) }));
}
