/**
 * One life of the phone's database (an incarnation) and how it ends: the browser's data was restored from an old copy. The server knows
 * how far it consumed this life's numbers; if that does not fit, the phone begins a new life and sends what is unanswered under new
 * numbers with the same ids and bytes. Nothing is lost or doubled.
 */

/** What the phone knows of its own numbers; `lastSeq + 1` stands for "none" in the last two. */
export interface LifeFacts {
  lastSeq: number;
  firstUnanswered: number;
  firstKept: number;
}

/** What follows from the server's answer to a hello. */
export type HelloVerdict =
  | { step: "agreed" }
  /** The server compared a newer operation than it has; ask again about this one. */
  | { step: "ask_about"; seq: number }
  /** The server lost operations that it had answered and the phone still has. */
  | { step: "resend_from"; seq: number }
  | { step: "new_life" };

/** Judges the answer to a hello that named `askedSeq`. */
export function judgeHello(facts: LifeFacts, askedSeq: number, consumedTo: number): HelloVerdict {
  if (consumedTo > facts.lastSeq || consumedTo < 0) return { step: "new_life" };
  if (consumedTo > 0 && consumedTo !== askedSeq) return { step: "ask_about", seq: consumedTo };
  if (consumedTo + 1 >= facts.firstUnanswered) return { step: "agreed" };
  return facts.firstKept <= consumedTo + 1 ? { step: "resend_from", seq: consumedTo + 1 } : { step: "new_life" };
}
