/**
 * What a record shows: the value each rule picks from what counts (`sync-protocol/src/merge/view.rs`), and which fields are disputed. Never
 * stored apart from the record.
 */
import { canonicalJson, compareText, type Json } from "./canonical";
import { zh } from "./language";
import type { Fix } from "./op";
import type { RecordState } from "./record";
import { findField, findKind, type FieldSpec } from "./schema";
import { leaves, visible, type Before, type Visible } from "./standing";
import { parseMicros } from "./time";

const BOTH_SEPARATOR = " / ";
const APPEND_SEPARATOR = zh("；");

/** What is shown for `field`, or `undefined` while nobody wrote it. */
export function shown(record: RecordState, field: string): Json | undefined {
  return shownAt(record, field, null);
}

/** What is shown for `field`, if it is text. */
export function shownText(record: RecordState, field: string): string | undefined {
  const value = shown(record, field);
  return typeof value === "string" ? value : undefined;
}

/** What was shown just before an instant (microseconds). */
export function shownAt(record: RecordState, field: string, before: Before): Json | undefined {
  const spec = findField(record.kind, field);
  if (field === "state" && spec && findKind(record.kind)?.initial_state) {
    const states = leaves(record, shownAt(record, "level", before), before).map((entry) => entry.value);
    return largest(states, spec);
  }
  return shownOf(visible(record, field, before), spec);
}

/** The largest by rank; the later of equals, values that cannot be ranked last of all. */
function largest(values: Json[], spec: FieldSpec): Json | undefined {
  let best: Json | undefined;
  let bestRank = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    const valueRank = rank(spec, value) ?? Number.NEGATIVE_INFINITY;
    if (best === undefined || valueRank >= bestRank) [best, bestRank] = [value, valueRank];
  }
  return best;
}

/** Rank of a value under a rule that orders values; larger wins. */
function rank(spec: FieldSpec, value: Json): number | null {
  switch (spec.rule) {
    case "max_danger":
    case "most_open": {
      const at = typeof value === "string" ? (spec.order ?? []).indexOf(value) : -1;
      return at < 0 ? null : at;
    }
    case "true_wins":
      return typeof value === "boolean" ? Number(value) : null;
    case "earliest": {
      const at = instantOrDay(value);
      return at === null ? null : -at;
    }
    case "latest":
      return instantOrDay(value);
    default:
      return null;
  }
}

/** Whether a new value may take the place of an old one that its author had seen (`sync-protocol/src/merge/register.rs`). */
export function mayReplace(spec: FieldSpec | undefined, old: Json, next: Json): boolean {
  switch (spec?.rule) {
    case "union":
    case "best_fix":
    case "append":
      return false;
    case "max_danger":
    case "earliest":
    case "true_wins":
      return (rank(spec, old) ?? Number.NEGATIVE_INFINITY) <= (rank(spec, next) ?? Number.NEGATIVE_INFINITY);
    default:
      return true;
  }
}

/** Whether a new value looks safer than what is shown, so that it has to wait for people (`sync-protocol/src/merge/needs.rs`). */
export function isSafer(spec: FieldSpec, seen: Json, next: Json): boolean {
  const [before, after] = [rank(spec, seen), rank(spec, next)];
  return before !== null && after !== null && after < before;
}

function instantOrDay(value: Json): number | null {
  if (typeof value !== "string") return null;
  const us = parseMicros(value);
  if (us !== null) return us;
  const digits = value.replace(/\D/g, "");
  return digits === "" ? null : Number(digits);
}

function shownOf(values: Visible[], spec: FieldSpec | undefined): Json | undefined {
  const first = values[0];
  if (!first) return undefined;
  const plain = values.map((entry) => entry.value);
  switch (spec?.rule) {
    case "max_danger":
    case "most_open":
    case "earliest":
    case "latest":
    case "true_wins":
      return largest(plain, spec);
    case "union":
      return [...plain].sort((a, b) => compareText(canonicalJson(a), canonicalJson(b)));
    case "best_fix":
      return bestFix(plain) ?? first.value;
    case "keep_both":
      return [...new Set(texts(plain))].join(BOTH_SEPARATOR);
    case "append":
      return texts(plain).join(APPEND_SEPARATOR);
    case "server_only":
      return plain.at(-1);
    default:
      return longestOrFirst(plain);
  }
}

function texts(values: Json[]): string[] {
  return values.filter((value): value is string => typeof value === "string");
}

/** The fix with the best accuracy that is not mocked; the first of equals. */
function bestFix(values: Json[]): Json | undefined {
  const ranked = values.flatMap((value) => {
    const fix = value as unknown as Fix | null;
    if (fix === null || typeof fix !== "object" || typeof fix.lat !== "number") return [];
    const metres = typeof fix.acc_m === "number" && fix.acc_m > 0 ? fix.acc_m : Number.MAX_VALUE;
    return [{ value, mock: Number(fix.mock ?? false), metres }];
  });
  ranked.sort((a, b) => a.mock - b.mock || a.metres - b.metres);
  return ranked[0]?.value;
}

function longestOrFirst(values: Json[]): Json | undefined {
  const length = (value: Json): number => (typeof value === "string" ? Array.from(value).length : 0);
  const longest = Math.max(...values.map(length));
  return values.find((value) => length(value) === longest);
}

/** Every different value of a field that counts, with who wrote it, if people should know that they differ. */
export function disputedValues(record: RecordState, field: string): Visible[] {
  const quiet = ["union", "append", "best_fix", "longest", "server_only"];
  const spec = findField(record.kind, field);
  if (!spec || quiet.includes(spec.rule) || field === "state") return [];
  const values = visible(record, field);
  const different = new Set(values.map((entry) => canonicalJson(entry.value)));
  return different.size > 1 ? values : [];
}

/** Everything a record shows, by field. */
export function shownFields(record: RecordState): Record<string, Json> {
  const all: Record<string, Json> = {};
  const names = new Set([...Object.keys(record.fields), ...(record.pending ?? []).map((pending) => pending.field)]);
  for (const name of names) {
    const value = shown(record, name);
    if (value !== undefined) all[name] = value;
  }
  return all;
}
