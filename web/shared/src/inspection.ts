/**
 * One visit as the inspector enters it, and how it becomes operations of one save: the inspection with its answers, every hazard found, their
 * photos, the submission. Nothing is required here that the schema does not require: a missing value never stops a save, the form asks for it
 * later. What a newcomer gets wrong: a photo of a hazard is declared on the inspection too, because the inspection's own row in 附件1 shows it,
 * and the submission comes last, because after it the inspection only takes supplements.
 */
import type { Json } from "./canonical";
import { newId } from "./ids";
import type { Fix } from "./op";
import { attachPhoto, type PhotoDraft } from "./photoDraft";
import { save, type Draft, type DraftPhoto } from "./save";
import type { Phone } from "./session";
import { formatInstant } from "./time";
import { URGENCY, urgencyOf } from "./upload";

/** A code of `answer.*` and `finding.*`. */
export type Answer = "Y" | "N" | "NA" | "U";
export const RIGHT: Answer = "Y";
export const WRONG: Answer = "N";
export const NOT_APPLICABLE: Answer = "NA";
export const NOT_CHECKED: Answer = "U";

/** Where the phone was, or why that is not known. */
export type Position = { fix: Fix } | { reason: string };

/** What was wrong. */
export interface HazardDraft {
  level: string;
  positionText: string;
  description: string;
  origin: string;
  control: string | null;
  criterionIds: string[];
  /** Sets of codes by field, as an item of a checklist brings them: `fire_violations` and the like. */
  tags?: Record<string, string[]>;
}

/** One hazard of a visit with its own photos. */
export interface FoundHazard {
  hazard: HazardDraft;
  foundAt: number;
  position: Position;
  photos: PhotoDraft[];
  noPhotoReason: string | null;
}

/** One visit. */
export interface Visit {
  village: string;
  /** A registered place, or the name of one that nobody registered yet. */
  place: { id: string } | { name: string };
  kind: string;
  /** The task that it answers. */
  task?: string | null;
  inspectingUnit: string;
  inspectors: string[];
  ledBy: string | null;
  startedAt: number;
  position: Position;
  /** Editions that the answers are about: `JZ-2023、GM-2023`. */
  checklistVersion: string | null;
  /** By code of the catalogue: `Y`, `N`, `NA`; what is not in it was not looked at. */
  answers: Record<string, Answer>;
  /** By atom of 附件2 part 二 (`k2`, `k7a2`): `Y`, `N`, `NA`, `U`. */
  findings: Record<string, Answer>;
  findingNotes: Record<string, string>;
  summary: string | null;
  handling: string | null;
  remark: string | null;
  blockedReason: string | null;
  /** Inspections of other phones that are the same visit. */
  jointVisit: string[];
  /** Of the site; those of hazards stand with them. */
  photos: PhotoDraft[];
  noPhotoReason: string | null;
  hazards: FoundHazard[];
}

/** The ids that a saved visit got. */
export interface VisitReceipt {
  inspection: string;
  hazards: string[];
  photos: string[];
  ops: number;
}

/** Saves a visit. Durable when it returns; needs no server. `entered` are keys of the draft that becomes it. */
export async function saveVisit(phone: Phone, visit: Visit, entered: string[] = []): Promise<VisitReceipt> {
  const now = phone.env.nowMs();
  const inspection = newId(now);
  const hazards = visit.hazards.map((found) => ({ id: newId(now), found }));
  const about = (record: string, recordKind: string): Omit<Draft, "body"> => ({ village: visit.village, record, recordKind, baseRev: 0 });
  const own = about(inspection, "inspection");
  const drafts: Draft[] = [
    { ...own, body: { kind: "create", fields: inspectionFields(visit, now) } },
    ...hazards.map(({ id, found }): Draft => ({ ...about(id, "hazard"), body: { kind: "create", fields: hazardFields(visit, found, inspection) } })),
  ];
  const photos: DraftPhoto[] = [];
  const saving = { drafts, photos };
  for (const photo of visit.photos) await attachPhoto(saving, photo, [own], URGENCY.other, now);
  for (const { id, found } of hazards) {
    for (const photo of found.photos) await attachPhoto(saving, photo, [own, about(id, "hazard")], urgencyOf(found.hazard.level), now);
  }
  drafts.push({ ...own, body: { kind: "submit" } });
  const ops = await save(phone, drafts, photos, entered);
  return { inspection, hazards: hazards.map(({ id }) => id), photos: photos.map(({ photo }) => photo), ops: ops.length };
}

function whereFields(place: Visit["place"], position: Position): Record<string, Json> {
  const where: Record<string, Json> = "id" in place ? { place: place.id } : { free_place: { name: place.name } };
  return "fix" in position ? { ...where, fix: position.fix as unknown as Json } : { ...where, no_fix_reason: position.reason };
}

/** The fields that have something in them. */
function filled(fields: Record<string, string | string[] | null>): Record<string, Json> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value.length > 0)) as Record<string, Json>;
}

function prefixed(prefix: string, values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));
}

function inspectionFields(visit: Visit, now: number): Record<string, Json> {
  const photos = visit.photos.length + visit.hazards.reduce((sum, found) => sum + found.photos.length, 0);
  return {
    ...whereFields(visit.place, visit.position),
    kind: visit.kind,
    inspecting_unit: visit.inspectingUnit,
    inspectors: visit.inspectors,
    started_at: formatInstant(visit.startedAt),
    ended_at: formatInstant(now),
    ...filled({
      task: visit.task ?? null,
      led_by: visit.ledBy,
      checklist_version: visit.checklistVersion,
      ...prefixed("answer", visit.answers),
      ...prefixed("finding", visit.findings),
      ...prefixed("finding_note", visit.findingNotes),
      summary: visit.summary,
      handling: visit.handling,
      remark: visit.remark,
      blocked_reason: visit.blockedReason,
      joint_visit: visit.jointVisit,
      no_photo_reason: photos === 0 ? visit.noPhotoReason : null,
    }),
  };
}

function hazardFields(visit: Visit, { hazard, foundAt, position, photos, noPhotoReason }: FoundHazard, inspection: string): Record<string, Json> {
  return {
    ...whereFields(visit.place, position),
    inspection,
    found_at: formatInstant(foundAt),
    finders: visit.inspectors,
    origin: hazard.origin,
    ...filled({
      level: hazard.level,
      position_text: hazard.positionText,
      description: hazard.description,
      control: hazard.control,
      criterion_ids: hazard.criterionIds,
      ...(hazard.tags ?? {}),
      no_photo_reason: photos.length === 0 ? noPhotoReason : null,
    }),
  };
}
