/**
 * The finding that is being entered. Every change is written to the database at once, photos apart from the form, so that a killed tab loses
 * no tap; saving it takes it out in the same transaction. A tab has one at a time, because a person stands in one place; what another tab is
 * entering has rows of its own and is never touched. What is left of a closed tab is taken up by the next one that has nothing to do.
 */
import { newId } from "@paicha/shared/ids";
import type { Fix } from "@paicha/shared/op";
import { saveFinding, type Finding, type PhotoDraft, type Receipt } from "@paicha/shared/finding";
import { reactive, toRaw, watch } from "vue";
import { phone } from "./phone";
import { fixNow } from "./position";

/** A fix says where a finding was made only so long after it was begun: later the person may be on the way, or back in the office. */
const FIX_FOR_MS = 10 * 60_000;

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

/** The draft's rows, with the person in the id: `PERSON.ID/form`, and `PERSON.ID/photo/PHOTO` for each photo. */
let draftId = "";
const formKey = (): string => `${draftId}/form`;
const photoKey = (photo: string): string => `${draftId}/photo/${photo}`;

/** Reads a draft of before, if a tab was killed over it. */
export async function restoreDraft(): Promise<void> {
  await takeUp();
  watch(() => draft.form, keepForm, { deep: true });
}

/** Somebody else may have the phone now: what one person entered is not saved under another's name. */
export async function takeUpOwnDraft(): Promise<void> {
  await takeUp();
}

/** Takes up the person's oldest draft that no open tab has, or begins an empty one. */
async function takeUp(): Promise<void> {
  const owner = `${(await phone.store.get("user"))?.id ?? ""}.`;
  const keys = await phone.store.drafts.toCollection().primaryKeys();
  const own = keys.filter((key) => key.startsWith(owner) && key.includes("/")).map((key) => key.split("/", 1)[0]!);
  for (const id of [...new Set(own)].sort().concat(owner + newId(Date.now()))) {
    if (await claim(id)) {
      draftId = id;
      break;
    }
  }
  const rows = await phone.store.drafts.where("key").startsWith(`${draftId}/`).toArray();
  const form = rows.find((row) => row.key === formKey())?.value as DraftForm | undefined;
  draft.form = { ...emptyForm(), ...form };
  draft.photos = rows.filter((row) => row.key.startsWith(photoKey(""))).map((row) => row.value as DraftPhoto);
}

/** Lets go of the draft this tab had. */
let letGo: () => void = () => undefined;

/** Whether this tab has the draft from now on: one that an open tab is filling in stays with that tab. */
async function claim(id: string): Promise<boolean> {
  // Browsers without locks are old and have one tab of an installed app.
  if (!navigator.locks) return true;
  letGo();
  return new Promise((answer) => {
    void navigator.locks.request(`paicha-draft-${id}`, { ifAvailable: true }, (lock) => {
      answer(lock !== null);
      return lock === null ? undefined : new Promise<void>((done) => (letGo = done));
    });
  });
}

async function keepForm(form: DraftForm): Promise<void> {
  if (hasDraft()) await phone.store.drafts.put({ key: formKey(), value: structuredClone(deepRaw(form)) });
}

function deepRaw(form: DraftForm): DraftForm {
  return JSON.parse(JSON.stringify(toRaw(form))) as DraftForm;
}

/** Adds a photo and notes where and when; durable when it returns. */
export async function addPhoto(bytes: Blob, source: PhotoDraft["source"]): Promise<void> {
  const now = Date.now();
  const photo = { id: newId(now), bytes, source, takenAt: now, fix: fixNow(now) };
  if (draft.form.startedAt === 0) draft.form.startedAt = now;
  await phone.store.drafts.put({ key: photoKey(photo.id), value: photo });
  draft.photos.push(photo);
}

/** Takes a photo out of the draft. */
export async function dropPhoto(id: string): Promise<void> {
  await phone.store.drafts.delete(photoKey(id));
  draft.photos = draft.photos.filter((photo) => photo.id !== id);
}

/** Every row of this draft; of other drafts none. */
async function enteredKeys(): Promise<string[]> {
  return phone.store.drafts.where("key").startsWith(`${draftId}/`).primaryKeys();
}

/** Begins anew, or goes on with what a closed tab left. */
export async function discardDraft(): Promise<void> {
  await phone.store.drafts.bulkDelete(await enteredKeys());
  await takeUp();
}

/** Keeps where the phone is while that still says where the finding was made, the most exact of what was measured. */
export function noteFix(now: number): void {
  const fix = fixNow(now);
  const { form } = draft;
  if (fix === null || (form.startedAt > 0 && now - form.startedAt > FIX_FOR_MS)) return;
  if (form.fix === null || (fix.acc_m ?? Infinity) <= (form.fix.acc_m ?? Infinity)) form.fix = fix;
}

/** Where the finding was made: where its first photo was taken, or where the phone was while it was begun. */
export function findingFix(): Fix | null {
  return draft.photos.find((photo) => photo.fix)?.fix ?? draft.form.fix;
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
  noteFix(now);
  const fix = findingFix();
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
  const receipt = await saveFinding(phone, finding, await enteredKeys());
  await takeUp();
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
