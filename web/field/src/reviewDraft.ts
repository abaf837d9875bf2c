/**
 * The review or repair that is being entered for one hazard, photos and all, kept in the database with every tap. Several hazards may each have
 * one, because a person may be called away between two.
 */
import { newId } from "@paicha/shared/ids";
import type { PhotoDraft } from "@paicha/shared/finding";
import type { Fix } from "@paicha/shared/op";
import type { Verdict } from "@paicha/shared/review";
import { reactive, toRaw, watch, type WatchHandle } from "vue";
import type { DraftPhoto } from "./draft";
import { keysUnder, unitAbout } from "./entered";
import { phone } from "./phone";
import { fixNow } from "./position";
import { forgiveFull, roomy } from "./room";

/** What is entered. */
export interface ReviewForm {
  verdict: Verdict | "";
  opinion: string;
  newDeadline: string;
  /** Yuan, as typed. */
  spent: string;
  onBehalfOf: string;
}

/** Whose review of which hazard is open; its rows lie under this. */
let unit = "";
const formKey = (): string => `${unit}/form`;
const photoKey = (photo: string): string => `${unit}/photo/${photo}`;

function emptyForm(): ReviewForm {
  return { verdict: "", opinion: "", newDeadline: "", spent: "", onBehalfOf: "" };
}

/** The draft of the hazard that is open. */
export const reviewDraft = reactive({ hazard: "", form: emptyForm(), photos: [] as DraftPhoto[] });

let keeping: WatchHandle | null = null;

/** Reads the draft of a hazard, or begins one. */
export async function openReview(hazard: string): Promise<void> {
  const wanted = await unitAbout("review", hazard);
  if (unit === wanted) return;
  keeping?.stop();
  unit = wanted;
  const form = (await phone.store.drafts.get(formKey()))?.value as ReviewForm | undefined;
  const photos = await phone.store.drafts.where("key").startsWith(photoKey("")).toArray();
  Object.assign(reviewDraft, { hazard, form: { ...emptyForm(), ...form }, photos: photos.map((row) => row.value as DraftPhoto) });
  keeping = watch(() => reviewDraft.form, keep, { deep: true });
}

async function keep(form: ReviewForm): Promise<void> {
  const row = { key: formKey(), value: { ...toRaw(form) } };
  await roomy(() => phone.store.drafts.put(row)).catch(forgiveFull);
}

/** Adds a photo of after the repair; durable when it returns. */
export async function addReviewPhoto(bytes: Blob, source: PhotoDraft["source"]): Promise<void> {
  const now = Date.now();
  const photo: DraftPhoto = { id: newId(now), bytes, source, takenAt: now, fix: fixNow(now) };
  await phone.store.drafts.put({ key: photoKey(photo.id), value: photo });
  reviewDraft.photos.push(photo);
}

/** Takes a photo out again. */
export async function dropReviewPhoto(id: string): Promise<void> {
  await phone.store.drafts.delete(photoKey(id));
  reviewDraft.photos = reviewDraft.photos.filter((photo) => photo.id !== id);
}

/** The photos as they are saved. */
export function takenPhotos(): PhotoDraft[] {
  return reviewDraft.photos.map(({ bytes, source, takenAt, fix }) => ({
    bytes: toRaw(bytes),
    source,
    role: "after",
    takenAt,
    fix: fix ? ({ ...toRaw(fix) } as Fix) : null,
  }));
}

/** The rows that are emptied by the save they become. */
export async function enteredReview(): Promise<string[]> {
  return keysUnder(unit);
}

/** Ends the draft: it was saved, or nobody wants it. */
export async function closeReview(): Promise<void> {
  keeping?.stop();
  keeping = null;
  const rows = await keysUnder(unit);
  unit = "";
  Object.assign(reviewDraft, { hazard: "", form: emptyForm(), photos: [] });
  await phone.store.drafts.bulkDelete(rows);
}
