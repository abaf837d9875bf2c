/**
 * The record schema as data, printed by the server's own code (docs/schema.json): kinds, fields, merge rules, words, the closed loop. A
 * field name ending in `.*` stands for all fields with that prefix.
 */
import tables from "./generated/schema.json";
import { t } from "./language";

/** Roles of which one person each has to agree. */
export interface Slot {
  roles: string[];
  not_finder: boolean;
}

/** One field of a kind. */
export interface FieldSpec {
  title_zh: string;
  holds: string;
  rule: string;
  /** For rules that order codes, safest first. */
  order?: string[];
  /** When a change waits for people, and for whom. */
  guarding?: { by: string; needs: Slot[][] };
  required: { from: string; field?: string; values?: string[] } | null;
  /** Codes with their words. */
  words?: [string, string][];
}

/** One record kind. */
export interface KindSpec {
  title_zh: string;
  carries_photos: boolean;
  initial_state: string | null;
  fields: Record<string, FieldSpec>;
}

/** One edge of the closed loop of a hazard. */
export interface Edge {
  code: string;
  title_zh: string;
  from: string[];
  to: string;
  roles: string[];
  general: Slot[];
  major: Slot[];
  guards: string[];
}

const KINDS = tables.kinds as unknown as Record<string, KindSpec>;
const EDGES = tables.edges as Edge[];
const PROBLEMS = tables.problems as Record<string, string>;

/** The kind of that name. */
export function findKind(kind: string): KindSpec | undefined {
  return KINDS[kind];
}

/** The field of that name, or the pattern that covers it. */
export function findField(kind: string, field: string): FieldSpec | undefined {
  const fields = KINDS[kind]?.fields;
  if (!fields) return undefined;
  if (fields[field]) return fields[field];
  const pattern = Object.keys(fields).find((name) => name.endsWith("*") && field.length >= name.length && field.startsWith(name.slice(0, -1)));
  return pattern === undefined ? undefined : fields[pattern];
}

/** The edge from one state to another. */
export function findEdge(from: string, to: string): Edge | undefined {
  return EDGES.find((edge) => edge.to === to && edge.from.includes(from));
}

/** Codes of a field with their words as records quote them, in the order of the schema. */
export function writtenWordsOf(kind: string, field: string): [string, string][] {
  return findField(kind, field)?.words ?? [];
}

/** Codes of a field with their words as people read them, in the order of the schema. */
export function wordsOf(kind: string, field: string): [string, string][] {
  return writtenWordsOf(kind, field).map(([code, written]) => [code, t(written)]);
}

/** The word of one code; the code itself where this version does not know it. */
export function word(kind: string, field: string, code: string): string {
  return wordsOf(kind, field).find(([known]) => known === code)?.[1] ?? code;
}

/** What people read for a field. */
export function fieldTitle(kind: string, field: string): string {
  return t(findField(kind, field)?.title_zh ?? field);
}

/** What people read for a problem code, or nothing for a code this version does not know. */
export function problemTitle(code: string): string | undefined {
  return PROBLEMS[code] === undefined ? undefined : t(PROBLEMS[code]);
}
