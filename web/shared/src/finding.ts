/**
 * One visit as the inspector enters it, and how it becomes operations: an inspection, its hazards, their photos, the submission. Nothing is
 * required here that the schema does not require: a missing value never stops a save, the form asks for it later.
 */
import { photoDigest } from "./digest";
import { newId } from "./ids";
import { PHOTO_BYTES_MAX } from "./limits";
import type { Json } from "./canonical";
import type { Fix, PhotoAttach } from "./op";
import { FreezeError } from "./outbox";
import { save, type Draft, type DraftPhoto } from "./save";
import type { Phone } from "./session";
import { formatInstant } from "./time";
import { mediaType, URGENCY, urgencyOf } from "./upload";

/** A photo of a finding; its bytes are never altered. */
export interface PhotoDraft {
  bytes: Blob;
  source: "camera_inapp" | "album" | "file";
  role: string;
  takenAt: number;
  fix: Fix | null;
}

/** What was wrong. */
export interface HazardDraft {
  level: string;
  positionText: string;
  description: string;
  origin: string;
  control: string | null;
  criterionIds: string[];
}

/** One visit. */
export interface Finding {
  village: string;
  /** A registered place, or the name of one that nobody registered yet. */
  place: { id: string } | { name: string };
  kind: string;
  inspectingUnit: string;
  inspectors: string[];
  startedAt: number;
  /** Where the phone was, or why that is not known. */
  position: { fix: Fix } | { reason: string };
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

/** Saves a finding. Durable when it returns; needs no server. */
export async function saveFinding(phone: Phone, finding: Finding): Promise<Receipt> {
  const now = phone.env.nowMs();
  const receipt = {
    inspection: newId(now),
    hazard: finding.hazard ? newId(now) : null,
    photos: finding.photos.map(() => newId(now)),
  };
  const drafts: Draft[] = [draftOf(finding, receipt.inspection, "inspection", inspectionFields(finding, now))];
  if (finding.hazard && receipt.hazard) {
    drafts.push(draftOf(finding, receipt.hazard, "hazard", hazardFields(finding, finding.hazard, receipt.inspection)));
  }
  const photos: DraftPhoto[] = [];
  const records = receipt.hazard
    ? [
        { record: receipt.inspection, kind: "inspection" },
        { record: receipt.hazard, kind: "hazard" },
      ]
    : [{ record: receipt.inspection, kind: "inspection" }];
  for (const [at, photo] of finding.photos.entries()) {
    const attach = await describePhoto(photo, receipt.photos[at]!, at);
    photos.push({
      photo: attach.photo,
      draft: drafts.length,
      sha256: attach.sha256,
      mime: attach.mime,
      bytes: photo.bytes,
      urgency: finding.hazard ? urgencyOf(finding.hazard.level) : URGENCY.other,
    });
    for (const { record, kind } of records) {
      drafts.push({ village: finding.village, record, recordKind: kind, baseRev: 0, body: { kind: "photo.attach", ...attach } });
    }
  }
  drafts.push({ village: finding.village, record: receipt.inspection, recordKind: "inspection", baseRev: 0, body: { kind: "submit" } });
  const ops = await save(phone, drafts, photos);
  return { ...receipt, ops: ops.length };
}

function draftOf(finding: Finding, record: string, recordKind: string, fields: Record<string, Json>): Draft {
  return { village: finding.village, record, recordKind, baseRev: 0, body: { kind: "create", fields } };
}

function commonFields(finding: Finding): Record<string, Json> {
  const fields: Record<string, Json> = {};
  if ("id" in finding.place) fields.place = finding.place.id;
  else fields.free_place = { name: finding.place.name };
  if ("fix" in finding.position) fields.fix = finding.position.fix as unknown as Json;
  else fields.no_fix_reason = finding.position.reason;
  if (finding.photos.length === 0 && finding.noPhotoReason) fields.no_photo_reason = finding.noPhotoReason;
  return fields;
}

function inspectionFields(finding: Finding, now: number): Record<string, Json> {
  const fields = commonFields(finding);
  fields.kind = finding.kind;
  fields.inspecting_unit = finding.inspectingUnit;
  fields.inspectors = finding.inspectors;
  fields.started_at = formatInstant(finding.startedAt);
  fields.ended_at = formatInstant(now);
  if (finding.summary) fields.summary = finding.summary;
  return fields;
}

function hazardFields(finding: Finding, hazard: HazardDraft, inspection: string): Record<string, Json> {
  const fields = commonFields(finding);
  fields.inspection = inspection;
  fields.level = hazard.level;
  if (hazard.positionText) fields.position_text = hazard.positionText;
  if (hazard.description) fields.description = hazard.description;
  fields.found_at = formatInstant(finding.startedAt);
  fields.finders = finding.inspectors;
  fields.origin = hazard.origin;
  if (hazard.control) fields.control = hazard.control;
  if (hazard.criterionIds.length > 0) fields.criterion_ids = hazard.criterionIds;
  return fields;
}

/** Declares a photo: the hash and length of its bytes, which are read here, one photo at a time. */
export async function describePhoto(photo: PhotoDraft, id: string, at: number): Promise<PhotoAttach> {
  const bytes = await photo.bytes.arrayBuffer();
  if (bytes.byteLength === 0 || bytes.byteLength > PHOTO_BYTES_MAX) {
    throw new FreezeError(`第 ${at + 1} 张照片有 ${bytes.byteLength} 字节，应在 1 字节到 64 MiB 之间；尚未保存，请换一张照片`);
  }
  return {
    photo: id,
    sha256: await photoDigest(bytes),
    bytes: bytes.byteLength,
    mime: mediaType(new Uint8Array(bytes.slice(0, 16))),
    role: photo.role,
    taken_at: formatInstant(photo.takenAt),
    ...(photo.fix ? { fix: photo.fix } : {}),
    source: photo.source,
  };
}
