/**
 * What of a record counts: which proposals and transitions have everybody's agreement and everything they need, and what they leave
 * visible. A translation of `sync-protocol/src/merge/standing.rs`; an end-to-end test holds it against the server for every record of the
 * demo. It decides nothing: the phone only has to show what the server shows. A proposal counts from its last approval.
 */
import type { Json } from "./canonical";
import { lacking } from "./guards";
import { compareStamps, hadSeen, type Decision, type Entry, type Pending, type RecordState, type Stamp, type Standing } from "./record";
import { findEdge, findField, type FieldSpec, type Slot } from "./schema";
import { mayReplace, shownAt } from "./shown";
import { parseMicros } from "./time";

/** An instant in microseconds before which things count; `null` for now. */
export type Before = number | null;

/** A value that counts, since `at`. */
export interface Visible {
  value: Json;
  village: string | undefined;
  stamp: Stamp;
  at: number;
}

const ANYONE_ROLES = ["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"];
const ANYONE: Slot[] = [{ roles: ANYONE_ROLES, not_finder: false }];
/** Only what an enterprise fills in waits in a field that is open to others. */
const ANYONE_THEN_INSPECTOR: Slot[] = [...ANYONE, { roles: ["R1", "R2", "R3", "R5"], not_finder: false }];
/** An enterprise or an expert asks; it is no second person for what others ask. */
const OF_ENTERPRISE = ["R7", "R8"];
const OFFICE_AND_LEADER: Slot[] = [
  { roles: ["R3"], not_finder: false },
  { roles: ["R4"], not_finder: false },
];
const LEVELS = ["general", "suspected", "major_direct", "major_collective"];

/** Microseconds of a stamp. */
export function micros(stamp: Stamp): number {
  return parseMicros(stamp.at) ?? 0;
}

function isBefore(at: number, before: Before): boolean {
  return before === null || at < before;
}

interface Person {
  user: string;
  uploader: string | undefined;
  roles: string[];
}

/** Whether every slot can be filled by a person of its own; who handed in for another counts as one with them. */
export function areCovered(needs: Slot[], people: Person[], isFinder: (user: string) => boolean, taken: string[] = []): boolean {
  const [slot, ...rest] = needs;
  if (!slot) return true;
  return people.some((person) => {
    const ids = person.uploader ? [person.user, person.uploader] : [person.user];
    const fits = person.roles.some((role) => slot.roles.includes(role)) && !(slot.not_finder && ids.some(isFinder));
    if (!fits || ids.some((id) => taken.includes(id))) return false;
    return areCovered(rest, people, isFinder, [...taken, ...ids]);
  });
}

function decisionsOn(record: RecordState, target: string, before: Before): Decision[] {
  const about = (record.decisions ?? []).filter((said) => said.target === target && isBefore(micros(said), before));
  return about.sort((a, b) => micros(a) - micros(b) || compareStamps(a, b));
}

interface Agreement {
  since: number;
  deciders: (Stamp & { standing: Standing })[];
}

function agreement(record: RecordState, stamp: Stamp, standing: Standing, needs: Slot[], before: Before): Agreement | null {
  const isFinder = (user: string): boolean => record.created.author === user || (record.fields.level ?? []).some((entry) => entry.author === user);
  const person = (by: Stamp, who: Standing): Person => ({ user: by.author, uploader: who.uploader, roles: who.roles });
  const people = [person(stamp, standing)];
  if (areCovered(needs, people, isFinder)) return { since: micros(stamp), deciders: [{ ...stamp, standing }] };
  const deciders: Agreement["deciders"] = [];
  for (const said of decisionsOn(record, stamp.op, before)) {
    const bound = said.roles.length > 0 && said.roles.every((role) => OF_ENTERPRISE.includes(role));
    if (said.verdict !== "approve" || bound) continue;
    people.push(person(said, said));
    deciders.push({ ...said, standing: said });
    if (areCovered(needs, people, isFinder)) return { since: Math.max(micros(said), micros(stamp)), deciders };
  }
  return null;
}

function isRefused(record: RecordState, stamp: Stamp, needs: Slot[], before: Before): boolean {
  const last = needs.at(-1);
  const decides = (said: Decision): boolean =>
    said.author === stamp.author || (last !== undefined && said.roles.some((role) => last.roles.includes(role)));
  return decisionsOn(record, stamp.op, before).some((said) => said.verdict === "refuse" && decides(said));
}

/** What became of a change that may have to wait; `at` since when it counts. */
export type Fate = { is: "stands"; at: number } | { is: "waits" } | { is: "lacks"; names: string[] } | { is: "refused" };

function isAnyone(needs: Slot[]): boolean {
  return needs.length === 1 && needs[0]!.roles.length === ANYONE_ROLES.length;
}

/** What became of a transition; the state a record begins in always stands. */
export function fateOfTransition(record: RecordState, entry: Entry, level: Json | undefined, before: Before): Fate {
  const via = entry.via;
  if (!via) return { is: "stands", at: micros(entry) };
  const edge = findEdge(via.from, String(entry.value));
  if (!edge) return { is: "waits" };
  const needs = level === "general" ? edge.general : edge.major;
  // What makes things look more dangerous is final: nobody's refusal undoes a reopening.
  if (!isAnyone(needs) && isRefused(record, entry, needs, before)) return { is: "refused" };
  const agreed = agreement(record, entry, via, needs, before);
  if (!agreed) return { is: "waits" };
  const names = lacking(edge.guards, record, entry);
  return names.length === 0 ? { is: "stands", at: agreed.since } : { is: "lacks", names };
}

function wasJudgedMajor(record: RecordState, before: Before): boolean {
  const all = [...(record.fields.level ?? []), ...(record.past?.level ?? [])];
  return all.some((entry) => isBefore(micros(entry), before) && LEVELS.indexOf(String(entry.value)) > 1);
}

function needsOf(record: RecordState, pending: Pending, before: Before): Slot[] {
  const guarding = findField(record.kind, pending.field)?.guarding;
  if (!guarding) return ANYONE_THEN_INSPECTOR;
  const [first, second] = guarding.needs as [Slot[], Slot[] | undefined];
  switch (guarding.by) {
    case "always": {
      const strict = pending.strict || (pending.field === "duplicate_of" && wasJudgedMajor(record, before));
      return strict ? OFFICE_AND_LEADER : first;
    }
    case "safer_by_level":
      return shownAt(record, "level", before) === "general" ? first : (second ?? first);
    case "level":
      return wasJudgedMajor(record, before) ? (second ?? first) : first;
    default:
      return first;
  }
}

/** What became of a value that was set aside. */
export function fateOfPending(record: RecordState, pending: Pending, before: Before): Fate {
  if (pending.why !== "proposal") {
    const office = ["R3", "R4"];
    const seen = decisionsOn(record, pending.op, before).some((said) => said.roles.some((role) => office.includes(role)));
    return seen || isRefused(record, pending, OFFICE_AND_LEADER, before) ? { is: "refused" } : { is: "waits" };
  }
  const needs = needsOf(record, pending, before);
  if (isRefused(record, pending, needs, before)) return { is: "refused" };
  const agreed = agreement(record, pending, pending, needs, before);
  return agreed ? { is: "stands", at: agreed.since } : { is: "waits" };
}

interface Approved {
  pending: Pending;
  agreed: Agreement;
}

function approvedOf(record: RecordState, field: string, before: Before): Approved[] {
  return (record.pending ?? [])
    .filter((pending) => pending.field === field && pending.why === "proposal")
    .flatMap((pending) => {
      const fate = fateOfPending(record, pending, before);
      if (fate.is !== "stands" || !isBefore(fate.at, before)) return [];
      const agreed = agreement(record, pending, pending, needsOf(record, pending, before), before);
      return agreed ? [{ pending, agreed }] : [];
    });
}

/** Whether everybody who decided had seen what `stamp` wrote: then the approved value takes its place. */
function replaces({ pending, agreed }: Approved, stamp: Stamp): boolean {
  return stamp.op !== pending.op && agreed.deciders.every((decider) => hadSeen(decider, decider.standing, stamp));
}

function lastOf({ pending, agreed }: Approved): Stamp {
  return agreed.deciders.at(-1) ?? pending;
}

/** Whether somebody who had seen it agreed to wrote something in its place, as the rule lets them. */
function isOutdatedBy(one: Approved, entry: Entry, spec: FieldSpec | undefined): boolean {
  return entry.saw !== undefined && hadSeen(entry, entry.saw, lastOf(one)) && mayReplace(spec, one.pending.value, entry.value);
}

/** Every value of a field that counts, in order of (hlc, op). */
export function visible(record: RecordState, field: string, before: Before = null): Visible[] {
  const approved = approvedOf(record, field, before);
  const replaced = (stamp: Stamp): boolean => approved.some((other) => replaces(other, stamp));
  const past = before === null ? [] : (record.past?.[field] ?? []);
  const written = [...(record.fields[field] ?? []), ...past].filter((entry) => isBefore(micros(entry), before));
  const spec = findField(record.kind, field);
  const outdated = (one: Approved): boolean => written.some((entry) => isOutdatedBy(one, entry, spec));
  const standing = written
    .filter((entry) => !replaced(entry))
    .map((entry) => ({ value: entry.value, village: entry.village, stamp: entry as Stamp, at: micros(entry) }));
  const agreed = approved
    .filter((one) => !replaced(lastOf(one)) && !outdated(one))
    .map(({ pending, agreed: { since } }) => ({ value: pending.value, village: pending.village, stamp: pending as Stamp, at: since }));
  return [...standing, ...agreed].sort((a, b) => compareStamps(a.stamp, b.stamp));
}

/** States in which nothing is left to do, and those in which something is. */
const SETTLED = ["accepted", "closed"];
const OPEN = ["reg", "plan", "fixing", "verify"];

/** Whether a step leaves a state: the one it starts from, and whoever opens a hazard again leaves whatever was settled. */
function isLeft(from: string, to: string, state: string): boolean {
  return state === from || (SETTLED.includes(from) && OPEN.includes(to) && SETTLED.includes(state));
}

/** The transitions that stand and that no later one, having seen them, left. */
export function leaves(record: RecordState, level: Json | undefined, before: Before, counts: (entry: Entry) => boolean = () => true): Entry[] {
  const standing = (record.fields.state ?? []).filter(counts).filter((entry) => {
    const fate = fateOfTransition(record, entry, level, before);
    return fate.is === "stands" && isBefore(fate.at, before);
  });
  const leavesBehind = (later: Entry, earlier: Entry): boolean =>
    later.via !== undefined &&
    isLeft(later.via.from, String(later.value), String(earlier.value)) &&
    later.op !== earlier.op &&
    hadSeen(later, later.via, earlier);
  return standing.filter((entry) => !standing.some((later) => leavesBehind(later, entry)));
}

/** Changes of a record that wait for a person, in order of (hlc, op). */
export function waitingChanges(record: RecordState): Pending[] {
  const waits = (record.pending ?? []).filter((pending) => fateOfPending(record, pending, null).is === "waits");
  return waits.sort(compareStamps);
}
