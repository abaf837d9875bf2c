/**
 * The finding that is being entered. Every change is written to the database at once, photos apart from the form, so that a killed tab loses
 * no tap; saving it takes it out in the same transaction. There is one at a time, because a person stands in one place; what a visit with a
 * checklist finds has a slot each until the visit is saved. A screen says by its route which slot it shows.
 */
import { newId } from "@paicha/shared/ids";
import type { Fix } from "@paicha/shared/op";
import { saveFinding, type Finding, type HazardDraft, type PhotoDraft, type Receipt } from "@paicha/shared/finding";
import { key, t, zh } from "@paicha/shared/language";
import { reactive, toRaw, watch } from "vue";
import { keysUnder, takeUpUnit } from "./entered";
import { phone } from "./phone";
import { fixNow } from "./position";
import { forgiveFull, roomy } from "./room";

/** A fix says where a finding was made only so long after it was begun: later the person may be on the way, or back in the office. */
const FIX_FOR_MS = 10 * 60_000;

const formKey = (slot: string): string => `${slot}/form`;
const photoPrefix = (slot: string): string => `${slot}/photo/`;

/** Level that stands for "nothing found". */
export const NO_HAZARD = "none";

/** A photo of the draft. */
export interface DraftPhoto {
  id: string;
  bytes: Blob;
  source: PhotoDraft["source"];
  takenAt: number;
  fix: Fix | null;
}

/** The form. */
export interface DraftForm {
  startedAt: number;
  place: { id: string; name: string; village: string } | null;
  freePlace: string;
  village: string;
  level: string;
  criterionIds: string[];
  control: string | null;
  positionText: string;
  description: string;
  fix: Fix | null;
  noFixReason: string;
  /** Codes that an item of a checklist brought, by field. */
  tags: Record<string, string[]>;
}

/** One finding at rest. */
export interface DraftContent {
  form: DraftForm;
  photos: DraftPhoto[];
}

function emptyForm(): DraftForm {
  return {
    startedAt: 0,
    place: null,
    freePlace: "",
    village: "",
    level: "",
    criterionIds: [],
    control: null,
    positionText: "",
    description: "",
    fix: null,
    noFixReason: "",
    tags: {},
  };
}

/** The draft as screens use it. */
export const draft = reactive({ slot: "", form: emptyForm(), photos: [] as DraftPhoto[] });

/** Whether something was entered. */
export function hasDraft(): boolean {
  return draft.photos.length > 0 || draft.form.startedAt > 0;
}

/** The unit of the finding that belongs to no visit. */
let findingUnit = "";

/** The slot of a finding that belongs to no visit. */
export function findingSlot(): string {
  return findingUnit;
}

/** Reads a draft of before, if a tab was killed over it. */
export async function restoreDraft(): Promise<void> {
  await takeUp();
  watch(() => draft.form, keepForm, { deep: true });
}

/** Somebody else may have the phone now: what one person entered is not saved under another's name. */
export async function takeUpOwnDraft(): Promise<void> {
  await takeUp();
}

async function takeUp(): Promise<void> {
  findingUnit = await takeUpUnit("");
  Object.assign(draft, { slot: findingUnit, ...(await readSlot(findingUnit)) });
}

/** Reads what a slot holds. */
export async function readSlot(slot: string): Promise<DraftContent> {
  const prefix = photoPrefix(slot);
  const [form, photos] = await Promise.all([phone.store.drafts.get(formKey(slot)), phone.store.drafts.where("key").startsWith(prefix).toArray()]);
  return { form: { ...emptyForm(), ...(form?.value as DraftForm | undefined) }, photos: photos.map((row) => row.value as DraftPhoto) };
}

/** Shows another slot; what was entered in the one before is kept. */
export async function openSlot(slot: string): Promise<void> {
  if (slot === draft.slot) return;
  await keepForm();
  const content = await readSlot(slot);
  Object.assign(draft, { slot, ...content });
}

/** Shows another slot in place of one that was saved or thrown away; nothing of that is kept. */
export async function replaceSlot(by: (shown: string) => string): Promise<void> {
  const slot = by(draft.slot);
  if (slot !== draft.slot) Object.assign(draft, { slot, ...(await readSlot(slot)) });
}

/** Writes a form into a slot that no screen shows yet. */
export async function prepareSlot(slot: string, some: Partial<DraftForm>): Promise<void> {
  const row = { key: formKey(slot), value: { ...emptyForm(), ...some } };
  await roomy(() => phone.store.drafts.put(row)).catch(forgiveFull);
}

/** Empties a slot. */
export async function dropSlot(slot: string): Promise<void> {
  if (slot === draft.slot) Object.assign(draft, { form: emptyForm(), photos: [] });
  await phone.store.drafts.bulkDelete(await keysUnder(slot));
}

/** Writes the form that is shown; durable when it returns. */
export async function keepForm(): Promise<void> {
  const value = JSON.parse(JSON.stringify(toRaw(draft.form))) as DraftForm;
  if (!hasDraft()) return;
  const row = { key: formKey(draft.slot), value };
  await roomy(() => phone.store.drafts.put(row)).catch(forgiveFull);
}

/** Adds a photo and notes where and when; durable when it returns. */
export async function addPhoto(bytes: Blob, source: PhotoDraft["source"]): Promise<void> {
  const now = Date.now();
  const photo = { id: newId(now), bytes, source, takenAt: now, fix: fixNow(now) };
  if (draft.form.startedAt === 0) draft.form.startedAt = now;
  await phone.store.drafts.put({ key: photoPrefix(draft.slot) + photo.id, value: photo });
  draft.photos.push(photo);
}

/** Takes a photo out of the draft. */
export async function dropPhoto(id: string): Promise<void> {
  await phone.store.drafts.delete(photoPrefix(draft.slot) + id);
  draft.photos = draft.photos.filter((photo) => photo.id !== id);
}

/** Begins anew, or goes on with what a closed tab left. */
export async function discardDraft(): Promise<void> {
  await phone.store.drafts.bulkDelete(await keysUnder(findingUnit));
  await takeUp();
}

/** Keeps where the phone is while that still says where the finding was made, the most exact of what was measured. */
export function noteFix(now: number, form: { startedAt: number; fix: Fix | null } = draft.form): void {
  const fix = fixNow(now);
  if (fix === null || (form.startedAt > 0 && now - form.startedAt > FIX_FOR_MS)) return;
  if (form.fix === null || (fix.acc_m ?? Infinity) <= (form.fix.acc_m ?? Infinity)) form.fix = fix;
}

/** Where the finding was made: where its first photo was taken, or where the phone was while it was begun. */
export function findingFix({ form, photos }: DraftContent = draft): Fix | null {
  return photos.find((photo) => photo.fix)?.fix ?? form.fix;
}

/** What the office's people find is 街道排查, a department's 部门检查, everybody else's 村（社区）排查. */
export function originOf(roles: string[]): string {
  if (roles.includes("R3") || roles.includes("R4")) return "street";
  return roles.includes("R5") ? "dept" : "village";
}

/** Saves the draft as a finding and empties it. */
export async function saveDraft(): Promise<Receipt> {
  const { form } = draft;
  const user = await phone.store.get("user");
  const roles = (await phone.store.get("roles")) ?? [];
  const village = form.place?.village || form.village;
  if (village === "") throw new Error(t("手机上还没有村（社区）资料，暂时不能保存；照片和填写的内容都留着。请在有网时打开一次本程序"));
  const now = Date.now();
  noteFix(now);
  const fix = findingFix();
  const plainFix = fix ? (JSON.parse(JSON.stringify(fix)) as Fix) : null;
  const finding: Finding = {
    village,
    place: form.place ? { id: form.place.id } : { name: form.freePlace.trim() || zh("（未填地点）") },
    kind: "patrol",
    inspectingUnit: user?.unit ?? "",
    inspectors: user?.name ? [user.name] : [],
    startedAt: form.startedAt || now,
    position: plainFix ? { fix: plainFix } : { reason: form.noFixReason.trim() || key("手机没有给出位置") },
    summary: form.level === NO_HAZARD ? zh("无") : null,
    hazard: form.level === NO_HAZARD ? null : hazardOf(form, originOf(roles)),
    photos: toPhotos(draft.photos, "before"),
    noPhotoReason: draft.photos.length === 0 ? zh("未拍照") : null,
  };
  const receipt = await saveFinding(phone, finding, await keysUnder(findingUnit));
  await takeUp();
  return receipt;
}

/** Photos of a draft as they are saved. */
export function toPhotos(photos: DraftPhoto[], role: string): PhotoDraft[] {
  return photos.map(({ bytes, source, takenAt, fix }) => ({ bytes, source, role, takenAt, fix: fix ? { ...toRaw(fix) } : null }));
}

/** What was wrong, as it is saved. */
export function hazardOf(form: DraftForm, origin: string): HazardDraft {
  return {
    level: form.level,
    positionText: form.positionText.trim(),
    description: form.description.trim(),
    origin,
    control: form.control,
    criterionIds: [...form.criterionIds],
    tags: JSON.parse(JSON.stringify(form.tags)) as Record<string, string[]>,
  };
}
