/**
 * What the answer to a push means for every operation that was in it. Results are matched by sequence number, never by position, and only
 * a result moves an operation on. What a newcomer gets wrong: `consumed_to` alone proves that the server has an operation but not what
 * it came to, so the phone asks again and gets the stored answer.
 */
import { stateAfter, type OpState } from "./outbox";
import type { OpResult, PushResponse } from "./wire";

/** Reason of a refusal that means: this number was used before for other bytes, so the phone's database went back in time. */
const SEQ_REUSE = "seq_reuse";
/** Seconds to wait when the server consumed nothing and named no time. */
export const NO_PROGRESS_WAIT_S = 2;

/** What became of one operation. */
export interface OpAnswer {
  id: string;
  seq: number;
  state: OpState;
  result: OpResult;
}

/** What to do after the states are written. */
export type Next =
  | { step: "continue" }
  | { step: "wait"; seconds: number }
  /** The server lacks operations from here on: queue them again under the same numbers. */
  | { step: "resend_from"; seq: number }
  /** The numbering is not the one the server knows: begin a new incarnation, queue what is unanswered. */
  | { step: "new_life" };

/** Reads an answer. `sent` is the batch in sequence, `lastSeq` the last number this incarnation gave out. */
export function readAnswer(sent: { id: string; seq: number }[], lastSeq: number, response: PushResponse): { answers: OpAnswer[]; next: Next } {
  const bySeq = new Map(sent.map((op) => [op.seq, op]));
  const answers = new Map<number, OpAnswer>();
  let reused = false;
  for (const result of response.results) {
    const op = bySeq.get(result.seq);
    if (!op || answers.has(result.seq)) continue;
    // A replayed refusal is an old story; beginning yet another life because of it would never end.
    if (result.status === "refused" && result.reason === SEQ_REUSE && !result.replayed) {
      reused = true;
      continue;
    }
    answers.set(result.seq, { id: op.id, seq: result.seq, state: stateAfter(result.status), result });
  }
  const sorted = [...answers.values()].sort((a, b) => a.seq - b.seq);
  const next: Next = reused ? { step: "new_life" } : nextStep(sent, lastSeq, response, sorted.length > 0);
  return { answers: sorted, next };
}

function nextStep(sent: { seq: number }[], lastSeq: number, response: PushResponse, progress: boolean): Next {
  const first = sent[0]?.seq ?? 1;
  const calm = (leastS: number): Next => {
    const seconds = Math.max(response.backoff_s, leastS);
    return seconds > 0 ? { step: "wait", seconds } : { step: "continue" };
  };
  const stopped = response.stopped;
  if (stopped?.reason === "gap" || stopped?.reason === "group_cut") {
    if (stopped.expect < 1 || stopped.expect > lastSeq) return { step: "new_life" };
    if (stopped.expect < first) return { step: "resend_from", seq: stopped.expect };
    // The first group is cut in our own numbering; only counting anew closes it.
    if (stopped.reason === "group_cut" && !progress) return { step: "new_life" };
  }
  if (stopped?.reason === "unreadable") return calm(NO_PROGRESS_WAIT_S);
  if (stopped?.reason === "busy") return calm(1);
  return calm(progress ? 0 : NO_PROGRESS_WAIT_S);
}
