/**
 * The finding that is being entered. Every change is written to the database at once, photos apart from the form, so that a killed tab loses
 * no tap; saving it as a finding empties it. There is one at a time, because a person stands in one place.
 */
import { newId } from "@paicha/shared/ids";
import type { Fix } from "@paicha/shared/op";
import { saveFinding, type Finding, type PhotoDraft, type Receipt } from "@paicha/shared/finding";
import { reactive, toRaw, watch } from "vue";
import { phone } from "./phone";
import { fixNow } from "./position";
import { forgiveFull, roomy } from "./room";

const FORM_KEY = "finding";
const PHOTO_PREFIX = "photo:";

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
  };
}

/** The draft as screens use it. */
export const draft = reactive({ form: emptyForm(), photos: [] as DraftPhoto[] });

/** Whether something was entered. */
export function hasDraft(): boolean {
  return draft.photos.length > 0 || draft.form.startedAt > 0;
}

/** Reads the draft of before, if a tab was killed over it. */
export async function restoreDraft(): Promise<void> {
  const form = (await phone.store.drafts.get(FORM_KEY))?.value as DraftForm | undefined;
  if (form) draft.form = { ...emptyForm(), ...form };
  const photos = await phone.store.drafts.where("key").startsWith(PHOTO_PREFIX).toArray();
  draft.photos = photos.map((row) => row.value as DraftPhoto);
  watch(() => draft.form, keepForm, { deep: true });
}

async function keepForm(form: DraftForm): Promise<void> {
  if (!hasDraft()) return;
  const row = { key: FORM_KEY, value: structuredClone(deepRaw(form)) };
  await roomy(() => phone.store.drafts.put(row)).catch(forgiveFull);
}

function deepRaw(form: DraftForm): DraftForm {
  return JSON.parse(JSON.stringify(toRaw(form))) as DraftForm;
}

/** Adds a photo and notes where and when; durable when it returns. */
export async function addPhoto(bytes: Blob, source: PhotoDraft["source"]): Promise<void> {
  const now = Date.now();
  const photo = { id: newId(now), bytes, source, takenAt: now, fix: fixNow(now) };
  if (draft.form.startedAt === 0) draft.form.startedAt = now;
  await phone.store.drafts.put({ key: PHOTO_PREFIX + photo.id, value: photo });
  draft.photos.push(photo);
}

/** Takes a photo out of the draft. */
export async function dropPhoto(id: string): Promise<void> {
  await phone.store.drafts.delete(PHOTO_PREFIX + id);
  draft.photos = draft.photos.filter((photo) => photo.id !== id);
}

/** Begins anew. */
export async function discardDraft(): Promise<void> {
  draft.form = emptyForm();
  draft.photos = [];
  await phone.store.drafts.delete(FORM_KEY);
  await phone.store.drafts.where("key").startsWith(PHOTO_PREFIX).delete();
}

/** What the office's people find is 街道排查, a department's 部门检查, everybody else's 村（社区）排查. */
function originOf(roles: string[]): string {
  if (roles.includes("R3") || roles.includes("R4")) return "street";
  return roles.includes("R5") ? "dept" : "village";
}

/** Saves the draft as a finding and empties it. */
export async function saveDraft(): Promise<Receipt> {
  const { form } = draft;
  const user = await phone.store.get("user");
  const roles = (await phone.store.get("roles")) ?? [];
  const village = form.place?.village || form.village;
  if (village === "") throw new Error("手机上还没有村（社区）资料，暂时不能保存；照片和填写的内容都留着。请在有网时打开一次本程序");
  const now = Date.now();
  const fix = fixNow(now) ?? form.fix ?? draft.photos.find((photo) => photo.fix)?.fix ?? null;
  const plainFix = fix ? (JSON.parse(JSON.stringify(fix)) as Fix) : null;
  const finding: Finding = {
    village,
    place: form.place ? { id: form.place.id } : { name: form.freePlace.trim() || "（未填地点）" },
    kind: "patrol",
    inspectingUnit: user?.unit ?? "",
    inspectors: user?.name ? [user.name] : [],
    startedAt: form.startedAt || now,
    position: plainFix ? { fix: plainFix } : { reason: form.noFixReason.trim() || "手机没有给出位置" },
    summary: form.level === NO_HAZARD ? "无" : null,
    hazard: form.level === NO_HAZARD ? null : hazardOf(form, originOf(roles)),
    photos: draft.photos.map(({ bytes, source, takenAt, fix: at }) => ({
      bytes,
      source,
      role: "before",
      takenAt,
      fix: at ? { ...toRaw(at) } : null,
    })),
    noPhotoReason: draft.photos.length === 0 ? "未拍照" : null,
  };
  const receipt = await saveFinding(phone, finding);
  await discardDraft();
  return receipt;
}

function hazardOf(form: DraftForm, origin: string): NonNullable<Finding["hazard"]> {
  return {
    level: form.level,
    positionText: form.positionText.trim(),
    description: form.description.trim(),
    origin,
    control: form.control,
    criterionIds: [...form.criterionIds],
  };
}
