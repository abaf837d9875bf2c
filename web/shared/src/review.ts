/**
 * A review (复查) on the phone and how it becomes operations: the review record with its photos, the same photos on the hazard in the role
 * `after`, the submission, and the step that the verdict leads to. What a newcomer gets wrong: 真改 of a 重大 hazard is only asked for; the step
 * stands when a second person agreed, and a stricter verdict stands at once.
 */
import type { Json } from "./canonical";
import { attachPhoto, type PhotoDraft } from "./photoDraft";
import { stateOf } from "./five";
import { fiveMissing } from "./guards";
import { newId } from "./ids";
import { t } from "./language";
import { changeOf, type Fix } from "./op";
import type { RecordState } from "./record";
import { save, type Draft, type DraftPhoto } from "./save";
import type { Phone } from "./session";
import { shown } from "./shown";
import { formatInstant } from "./time";
import { urgencyOf } from "./upload";
import { foreseeRecord, viewRecord } from "./view";

/** 真改, 部分整改, 未改, 假改. */
export type Verdict = "real" | "partial" | "not_done" | "fake";

/** One review as it was entered. */
export interface Review {
  verdict: Verdict;
  opinion: string;
  /** A new day for what was not done, YYYY-MM-DD. */
  newDeadline: string | null;
  reviewers: string[];
  /** Where the phone was, or why that is not known. */
  position: { fix: Fix } | { reason: string };
  photos: PhotoDraft[];
  noPhotoReason: string | null;
}

/** That a repair was done, as somebody at the site tells it (申请复查). */
export interface Repair {
  workDone: string;
  spentFen: number | null;
  /** For whom of the enterprise it is entered. */
  onBehalfOf: string | null;
  photos: PhotoDraft[];
}

/** States in which a review can be made; what it leads to is `stepOf`. */
export const REVIEWABLE = ["reg", "verify", "accepted", "closed"];

/** The state that a verdict leads to; `null` when the review is only recorded. */
export function stepOf(record: RecordState, verdict: Verdict): string | null {
  const state = shown(record, "state") ?? "reg";
  if (verdict === "real") {
    if (state === "verify") return "accepted";
    // 即查即改: a 一般 hazard is done on the spot, everything else is reviewed by somebody again.
    if (state === "reg") return shown(record, "level") === "general" ? "accepted" : "verify";
    return null;
  }
  if (state !== "verify" && state !== "accepted" && state !== "closed") return null;
  return fiveMissing(record).length === 0 ? "fixing" : "plan";
}

/** Saves a review of a hazard. Durable when it returns; needs no server. Answers the id of the review record. `entered` are keys of its draft. */
export async function saveReview(phone: Phone, hazard: string, review: Review, entered: string[] = []): Promise<string> {
  const view = await viewRecord(phone.store, hazard);
  const foreseen = await foreseeRecord(phone.store, hazard);
  if (!view || !foreseen) throw new Error(t("手机上没有这条隐患"));
  const now = phone.env.nowMs();
  const id = newId(now);
  const about = { village: view.feed, record: hazard, recordKind: "hazard", baseRev: view.rev };
  const own = { village: view.feed, record: id, recordKind: "review", baseRev: 0 };
  const drafts: Draft[] = [{ ...own, body: { kind: "create", fields: reviewFields(hazard, review, now) } }];
  const photos: DraftPhoto[] = [];
  for (const photo of review.photos) await attachPhoto({ drafts, photos }, photo, [own, about], urgency(view.fields.level), now);
  drafts.push({ ...own, body: { kind: "submit" } });
  const to = stepOf(foreseen.record, review.verdict);
  if (to === "accepted" && view.fields.closure !== "reviewed") {
    drafts.push({ ...about, body: { kind: "patch", set: { closure: changeOf(view.fields.closure, "reviewed") } } });
  }
  if (to) {
    const evidence: Record<string, Json> = { verdict: review.verdict, review: id, ...(to === "accepted" ? { closure: "reviewed" } : {}) };
    drafts.push({ ...about, body: { kind: "transition", from: stateOf(view.fields), to, reason: review.opinion.trim(), evidence } });
  }
  await save(phone, drafts, photos, entered);
  return id;
}

/** Saves that a repair was done and asks for its review (T06). `entered` are keys of its draft. */
export async function saveRepair(phone: Phone, hazard: string, repair: Repair, entered: string[] = []): Promise<void> {
  const view = await viewRecord(phone.store, hazard);
  if (!view) throw new Error(t("手机上没有这条隐患"));
  const now = phone.env.nowMs();
  const about = { village: view.feed, record: hazard, recordKind: "hazard", baseRev: view.rev };
  const drafts: Draft[] = [];
  const photos: DraftPhoto[] = [];
  for (const photo of repair.photos) await attachPhoto({ drafts, photos }, photo, [about], urgency(view.fields.level), now);
  const said: [string, Json | null][] = [
    ["work_done", repair.workDone.trim()],
    ["spent_fen", repair.spentFen],
  ];
  const set = Object.fromEntries(
    said.filter(([, value]) => value !== null && value !== "").map(([name, value]) => [name, changeOf(view.fields[name], value!)]),
  );
  if (Object.keys(set).length > 0) drafts.push({ ...about, body: { kind: "patch", set } });
  const evidence: Record<string, Json> = repair.onBehalfOf?.trim() ? { on_behalf_of: repair.onBehalfOf.trim() } : {};
  drafts.push({ ...about, body: { kind: "transition", from: stateOf(view.fields), to: "verify", reason: repair.workDone.trim(), evidence } });
  await save(phone, drafts, photos, entered);
}

function urgency(level: Json | undefined): number {
  return urgencyOf(typeof level === "string" ? level : "");
}

function reviewFields(hazard: string, review: Review, now: number): Record<string, Json> {
  const fields: Record<string, Json> = { hazard, reviewers: review.reviewers, reviewed_at: formatInstant(now), verdict: review.verdict };
  if ("fix" in review.position) fields.fix = review.position.fix as unknown as Json;
  else fields.no_fix_reason = review.position.reason;
  if (review.opinion.trim() !== "") fields.opinion = review.opinion.trim();
  if (review.newDeadline) fields.new_deadline = review.newDeadline;
  if (review.photos.length === 0 && review.noPhotoReason) fields.no_photo_reason = review.noPhotoReason;
  return fields;
}
