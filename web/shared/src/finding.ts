/**
 * One finding as the inspector enters it in five taps: a visit of one hazard, or of none. Its photos are those of the hazard, or of the site
 * where nothing was found.
 */
import { saveVisit, type HazardDraft, type Position } from "./inspection";
import type { PhotoDraft } from "./photoDraft";
import type { Phone } from "./session";

export type { HazardDraft } from "./inspection";
export type { PhotoDraft } from "./photoDraft";

/** One visit. */
export interface Finding {
  village: string;
  /** A registered place, or the name of one that nobody registered yet. */
  place: { id: string } | { name: string };
  kind: string;
  inspectingUnit: string;
  inspectors: string[];
  startedAt: number;
  position: Position;
  summary: string | null;
  hazard: HazardDraft | null;
  photos: PhotoDraft[];
  noPhotoReason: string | null;
}

/** The ids that a saved finding got. */
export interface Receipt {
  inspection: string;
  hazard: string | null;
  photos: string[];
  ops: number;
}

/** Saves a finding. Durable when it returns; needs no server. `entered` are keys of the draft that becomes it. */
export async function saveFinding(phone: Phone, finding: Finding, entered: string[] = []): Promise<Receipt> {
  const { hazard, photos, noPhotoReason, startedAt, position, ...visit } = finding;
  const whole = {
    ...visit,
    startedAt,
    position,
    noPhotoReason,
    ledBy: null,
    checklistVersion: null,
    answers: {},
    findings: {},
    findingNotes: {},
    handling: null,
    remark: null,
    blockedReason: null,
    jointVisit: [],
    photos: hazard ? [] : photos,
    hazards: hazard ? [{ hazard, foundAt: startedAt, position, photos, noPhotoReason }] : [],
  };
  const { inspection, hazards, ...receipt } = await saveVisit(phone, whole, entered);
  return { inspection, hazard: hazards[0] ?? null, ...receipt };
}
