/**
 * What has to be there before an edge of the closed loop stands; a translation of `sync-protocol/src/workflow/guards.rs`. Each guard names
 * what is missing in the names of the schema, so that people are told what to add and not that something is wrong.
 */
import type { Json } from "./canonical";
import { isLive, type Entry, type PhotoLink, type RecordState } from "./record";
import { findEdge } from "./schema";
import { shown, shownAt } from "./shown";
import { leaves, micros, visible } from "./standing";

const CLOSURES_BY_DOCUMENT = ["assessed", "third_party", "shut", "removed"];
/** The fields that make up 五落实, in their order in the notice. */
export const FIVE = ["plan.owner", "plan.measures", "plan.funds_fen", "deadline", "plan.contingency"];
const STAGES = ["find", "treat", "control"];
const PARTIES = ["site", "village", "regulator"];
const AUTHORITIES = ["town", "county", "city", "prov"];

/** Names of what an edge with these guards lacks on `record`; empty when nothing. */
export function lacking(guards: string[], record: RecordState, entry: Entry): string[] {
  return guards.flatMap((guard) => lackingFor(guard, record, entry));
}

/** The fields of 五落实 that are missing. */
export function fiveMissing(record: RecordState): string[] {
  return FIVE.filter((field) => isEmpty(record, field));
}

/** Names of the guards on the edge from one state to another. */
export function guardsOfEdge(from: string, to: string): string[] {
  return findEdge(from, to)?.guards ?? [];
}

/** Names of what these guards lack on `record` for a step that nobody asked for yet. */
export function lackingNow(guards: string[], record: RecordState): string[] {
  return lacking(guards, record, { ...record.created, value: null });
}

function lackingFor(guard: string, record: RecordState, entry: Entry): string[] {
  const unless = (there: boolean, name: string): string[] => (there ? [] : [name]);
  const general = shown(record, "level") === "general";
  switch (guard) {
    case "BeforePhoto":
      return unless(hasPhoto(record, "before"), "photos.before");
    case "AfterPhoto":
      return unless(hasPhoto(record, "after"), "photos.after");
    case "FivePlaced":
      return fiveMissing(record);
    case "MajorNames":
      return general ? [] : namesMissing(record);
    case "MajorDualReport":
      return general ? [] : unless(!isEmpty(record, "dual.regulator_at"), "dual.regulator_at");
    case "MajorAnalogies":
      return general ? [] : unless(!isEmpty(record, "analogies"), "analogies");
    case "Verdict":
      return unless(byDocument(entry) || entry.via?.evidence?.verdict === "real", "verdict");
    case "ProofOfRepair":
      return unless(byDocument(entry) || hasProof(record, entry), "photos.after");
    case "OtherThanRectifier":
      return unless(!isOwnRepair(record, entry), "another_reviewer");
    case "NoHardFlag":
      return openHardFlags(record);
    case "Delisted":
      return unless(isDelisted(record), "delisted");
    case "Reason":
      return unless((entry.via?.reason ?? "").trim() !== "", "reason");
    default:
      // A guard of a newer server: what it asks for is unknown here, so the edge is not shown as standing.
      return [guard];
  }
}

function isEmpty(record: RecordState, field: string): boolean {
  const value = shown(record, field);
  return value === undefined || value === null || (typeof value === "string" && value.trim() === "");
}

function namesMissing(record: RecordState): string[] {
  const fire = isAboutFire(record);
  return STAGES.flatMap((stage) => {
    const absent = PARTIES.map((party) => `resp.${stage}.${party}`).filter((field) => isEmpty(record, field));
    if (fire) return absent;
    return absent.length === PARTIES.length ? [`resp.${stage}`] : [];
  });
}

function isAboutFire(record: RecordState): boolean {
  const elements = (field: string): Json[] => {
    const value = shown(record, field);
    return Array.isArray(value) ? value : [];
  };
  const special = ["fire_facilities", "fire_legacies", "fire_violations"].some((field) => elements(field).length > 0);
  return special || elements("sector").some((sector) => sector === "fire" || sector === "forest") || elements("actions").includes("A5");
}

/** A picture of before the repair shows nothing of after it, whatever else is said of it. */
function shows(link: PhotoLink, role: string): boolean {
  return link.roles.includes(role) && !(role === "after" && link.roles.includes("before"));
}

function hasPhoto(record: RecordState, role: string): boolean {
  return Object.values(record.photos ?? {}).some((link) => isLive(link) && shows(link, role));
}

function hasProof(record: RecordState, entry: Entry): boolean {
  const began = (record.fields.state ?? []).filter((state) => state.value === "fixing" && micros(state) <= micros(entry)).map(micros);
  const since = Math.max(micros(record.created), ...began);
  return Object.values(record.photos ?? {}).some(
    (link) =>
      shows(link, "after") &&
      link.in_app === true &&
      isLive(link) &&
      link.attached.length > 0 &&
      link.attached.every((stamp) => micros(stamp) >= since),
  );
}

function byDocument(entry: Entry): boolean {
  const { closure, document } = entry.via?.evidence ?? {};
  return CLOSURES_BY_DOCUMENT.includes(String(closure)) && typeof document === "string" && document.trim() !== "";
}

function isOwnRepair(record: RecordState, entry: Entry): boolean {
  const from = entry.via?.from;
  const behind = (one: Entry): string[] => [one.author, ...(one.via?.uploader ? [one.via.uploader] : [])];
  return (record.fields.state ?? [])
    .filter((other) => other.op !== entry.op && other.value === from && other.via?.from === "fixing")
    .some((other) => behind(other).some((person) => behind(entry).includes(person)) && other.via?.evidence?.on_behalf_of === undefined);
}

function openHardFlags(record: RecordState): string[] {
  const integrity = shown(record, "integrity") as { flags?: { level?: string; key?: string }[] } | undefined;
  const hard = (integrity?.flags ?? []).filter((flag) => flag.level === "hard" && typeof flag.key === "string");
  return hard.map((flag) => `cleared.${flag.key}`).filter((field) => isEmpty(record, field));
}

function isDelisted(record: RecordState): boolean {
  return AUTHORITIES.every((authority) => {
    if (visible(record, `listed.${authority}`).length === 0) return true;
    return visible(record, `delisted.${authority}`).some((entry) => {
      const after = entry.at + 1;
      const level = shownAt(record, "level", after);
      const states = leaves(record, level, after, (state) => state.value !== "closed");
      return states.length > 0 && states.every((state) => state.value === "accepted");
    });
  });
}
