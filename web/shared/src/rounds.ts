/**
 * What was done about a hazard after it was found, by whomever: repairs that were handed in (申请复查) and reviews (复查), first first. What a newcomer
 * gets wrong: a review is a record of its own and says what its author saw; whether the hazard is settled by it is the hazard's to say.
 */
import { isLaidOver } from "./overlay";
import { readOp } from "./op";
import type { RecordState } from "./record";
import type { Store } from "./store";
import { parseMs } from "./time";
import { shownWith } from "./view";

/** One repair or review. */
export interface Round {
  key: string;
  what: "repair" | "review";
  /** Milliseconds. */
  at: number;
  /** Who reviewed, or for whom the repair was entered. */
  people: string[];
  /** Code of the verdict; empty for a repair. */
  verdict: string;
  words: string;
  newDeadline: string;
  photos: string[];
}

/** All of them, as this phone knows them; `record` is the hazard with the phone's own work added. */
export async function listRounds(store: Store, record: RecordState): Promise<Round[]> {
  const rounds = [...repairsOf(record), ...(await reviewsOf(store, record.id))];
  return rounds.sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1));
}

/** Steps to 待复查; states are kept for ever. */
function repairsOf(record: RecordState): Round[] {
  const entries = [...(record.past?.state ?? []), ...(record.fields.state ?? [])];
  const steps = new Map(entries.filter(({ value, via }) => value === "verify" && via?.from === "fixing").map((entry) => [entry.op, entry]));
  return [...steps.values()].map(({ op, at, via }) => {
    const whom = via?.evidence?.on_behalf_of;
    return {
      key: op,
      what: "repair",
      at: parseMs(at) ?? 0,
      people: typeof whom === "string" ? [whom] : [],
      verdict: "",
      words: via?.reason ?? "",
      newDeadline: "",
      photos: [],
    };
  });
}

async function reviewsOf(store: Store, hazard: string): Promise<Round[]> {
  const rows = await store.records.where("kind").equals("review").toArray();
  const known = new Map(rows.map((row) => [row.id, row.state]));
  const about = rows.filter(({ state }) => (state.fields.hazard ?? []).some(({ value }) => value === hazard)).map(({ id }) => id);
  const ids = new Set([...about, ...(await reviewsHere(store, hazard))]);
  const rounds = await Promise.all(
    [...ids].map(async (id): Promise<Round | null> => {
      const shown = await shownWith(store, id, known.get(id) ?? null);
      if (!shown || shown.fields.hazard !== hazard) return null;
      const text = (field: string): string => (typeof shown.fields[field] === "string" ? shown.fields[field] : "");
      const people = shown.fields.reviewers;
      return {
        key: id,
        what: "review",
        at: parseMs(text("reviewed_at")) ?? 0,
        people: Array.isArray(people) ? people.map(String) : [],
        verdict: text("verdict"),
        words: text("opinion"),
        newDeadline: text("new_deadline"),
        photos: shown.photos,
      };
    }),
  );
  return rounds.filter((round): round is Round => round !== null);
}

/** Reviews that this phone saved and that may not be at the server yet. */
async function reviewsHere(store: Store, hazard: string): Promise<string[]> {
  const rows = await store.outbox.filter((row) => row.text.includes('"type":"review"') && row.text.includes(hazard)).toArray();
  const standing = rows.filter((row) => isLaidOver({ state: row.state, seen: row.seen === 1 }, false));
  return standing.filter((row) => readOp(row.text).kind === "create").map((row) => row.record);
}
