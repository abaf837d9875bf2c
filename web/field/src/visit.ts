/**
 * The visit that is being made: a place, its checklists, what was found. One at a time, like the finding. Every tap is written to the database at
 * once; hazards and photos of the site have slots of their own (`draft.ts`), so that a killed tab loses nothing, and all of it becomes one save.
 */
import { checklistVersion, standardsOn } from "@paicha/shared/checklist";
import { newId } from "@paicha/shared/ids";
import { saveVisit, WRONG, type Answer, type FoundHazard, type Position, type Visit, type VisitReceipt } from "@paicha/shared/inspection";
import { key, t, zh } from "@paicha/shared/language";
import type { Fix } from "@paicha/shared/op";
import { completeFindings, SPOT_PEOPLE_MIN } from "@paicha/shared/spotCheck";
import type { CatalogueStandard } from "@paicha/shared/store";
import { isoDay } from "@paicha/shared/time";
import { reactive, toRaw, watch } from "vue";
import { dropSlot, findingFix, hazardOf, keepForm, noteFix, originOf, prepareSlot, readSlot, replaceSlot, toPhotos } from "./draft";
import type { DraftContent, DraftForm } from "./draft";
import { keysUnder, takeUpUnit } from "./entered";
import { phone } from "./phone";
import { forgiveFull, roomy } from "./room";

/** The unit of the visit of this tab. */
let unit = "";
const visitKey = (): string => `${unit}/visit`;

/** The slot of the photos of the site. */
export function siteSlot(): string {
  return `${unit}/site`;
}

/** A kind of visit that asks what 附件2 counts. */
export const SPOT = "spot";

/** Where a finding of the visit is kept, and the item of a checklist or the atom of a spot check it was found by. */
export interface VisitHazard {
  id: string;
  item: string | null;
}

/** The form. */
export interface VisitForm {
  startedAt: number;
  /** The task that it answers. */
  task: string | null;
  kind: string;
  place: { id: string; name: string; village: string } | null;
  freePlace: string;
  village: string;
  companions: string;
  ledBy: string;
  /** Lists that do not apply to the place by themselves and were added by hand. */
  added: string[];
  answers: Record<string, Answer>;
  findings: Record<string, Answer>;
  findingNotes: Record<string, string>;
  hazards: VisitHazard[];
  blocked: boolean;
  blockedReason: string;
  jointVisit: string[];
  handling: string;
  remark: string;
  noPhotoReason: string;
  fix: Fix | null;
  noFixReason: string;
}

function emptyVisit(): VisitForm {
  return {
    startedAt: 0,
    task: null,
    kind: "patrol",
    place: null,
    freePlace: "",
    village: "",
    companions: "",
    ledBy: "",
    added: [],
    answers: {},
    findings: {},
    findingNotes: {},
    hazards: [],
    blocked: false,
    blockedReason: "",
    jointVisit: [],
    handling: "",
    remark: "",
    noPhotoReason: "",
    fix: null,
    noFixReason: "",
  };
}

/** The visit as screens use it. */
export const visit = reactive({ form: emptyVisit() });

/** Which list is open and how far the page was scrolled, so that the way back from a hazard ends where it began. */
export const visitScreen = reactive({ open: "", scroll: 0 });

/** Whether a visit is being made. */
export function hasVisit(): boolean {
  return visit.form.startedAt > 0;
}

/** Reads a visit of before, if a tab was killed over it. */
export async function restoreVisit(): Promise<void> {
  await takeUpOwnVisit();
  watch(() => visit.form, keepVisit, { deep: true });
}

/** Takes up a visit of the person signed in that a closed tab left, or has an empty one. */
export async function takeUpOwnVisit(): Promise<void> {
  unit = await takeUpUnit("visit.");
  const row = await phone.store.drafts.get(visitKey());
  Object.assign(visitScreen, { open: "", scroll: 0 });
  visit.form = { ...emptyVisit(), ...(row?.value as VisitForm | undefined) };
  await replaceSlot((shown) => (shown.startsWith("visit.") ? siteSlot() : shown));
}

async function keepVisit(): Promise<void> {
  if (!hasVisit()) return;
  const row = { key: visitKey(), value: plain(visit.form) };
  await roomy(() => phone.store.drafts.put(row)).catch(forgiveFull);
}

function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(toRaw(value))) as T;
}

/** Begins a visit unless one is being made, with what a task says of it. */
export function beginVisit(prefill: Partial<VisitForm> = {}): void {
  if (!hasVisit()) visit.form = { ...emptyVisit(), ...prefill, startedAt: Date.now() };
}

/** The slot of a hazard of the visit. */
export function slotOf(hazard: string): string {
  return `${unit}/hazard/${hazard}`;
}

/** Enters another hazard, with what the item that it was found by says; answers its id. */
export async function beginHazard(item: string | null, prefill: Partial<DraftForm>): Promise<string> {
  const now = Date.now();
  const hazard = { id: newId(now), item };
  await prepareSlot(slotOf(hazard.id), { startedAt: now, ...prefill });
  visit.form.hazards.push(hazard);
  await keepVisit();
  return hazard.id;
}

/** Takes a hazard out of the visit. */
export async function dropHazard(id: string): Promise<void> {
  visit.form.hazards = visit.form.hazards.filter((hazard) => hazard.id !== id);
  await keepVisit();
  await dropSlot(slotOf(id));
}

/** A hazard of the visit with what was entered. */
export type HazardContent = VisitHazard & DraftContent;

/** Everything found so far. */
export async function readHazards(): Promise<HazardContent[]> {
  return Promise.all(visit.form.hazards.map(async (hazard) => ({ ...plain(hazard), ...(await readSlot(slotOf(hazard.id))) })));
}

/** Names as somebody typed them: `李某、王某 赵某`. */
export function namesIn(text: string): string[] {
  return [...new Set(text.split(/[、，,；;\s]+/).filter(Boolean))];
}

/** Who inspects: the person signed in and who was written down beside. */
export function inspectorsOf(me: string | undefined, companions: string): string[] {
  return [...new Set([...(me ? [me] : []), ...namesIn(companions)])];
}

/** What keeps the visit from being saved, in words; everything else is asked for and saved without. */
export function obstacle(form: VisitForm, people: string[], hazards: HazardContent[]): string | null {
  if (!form.place && form.freePlace.trim() === "") return t("请先选地点");
  if (form.blocked && form.blockedReason === "") return t("请选没能检查的原因");
  const unfinished = hazards.find((hazard) => hazard.form.level === "");
  if (unfinished) return t("隐患“{description}”还没有选等级", { description: unfinished.form.description || t("（没有填写描述）") });
  if (form.kind === SPOT && !form.blocked && people.length < SPOT_PEOPLE_MIN) {
    return t("抽查检查至少{least}人，请写同行人员；只有一人时请改为日常排查", { least: SPOT_PEOPLE_MIN });
  }
  return null;
}

/** Whether somebody only looked in: then nothing is kept and nothing has to be thrown away. */
export function isUntouched(form: VisitForm, photos: number): boolean {
  const written = [form.companions, form.ledBy, form.handling, form.remark, form.task ? "" : form.freePlace].some((text) => text.trim() !== "");
  const answered = Object.keys(form.answers).length + Object.keys(form.findings).length + form.hazards.length + photos > 0;
  return !written && !answered && !form.blocked;
}

/** Empties the visit and everything that belongs to it. */
export async function discardVisit(): Promise<void> {
  await phone.store.drafts.bulkDelete(await keysUnder(unit));
  await takeUpOwnVisit();
}

/** Saves the visit and empties it. */
export async function saveVisitDraft(): Promise<VisitReceipt> {
  await keepForm();
  noteFix(Date.now(), visit.form);
  const form = plain(visit.form);
  const village = form.place?.village || form.village;
  if (village === "") throw new Error(t("手机上还没有村（社区）资料，暂时不能保存；照片和填写的内容都留着。请在有网时打开一次本程序"));
  const [user, roles, catalogue, hazards, site] = await Promise.all([
    phone.store.get("user"),
    phone.store.get("roles"),
    phone.store.get("catalogue"),
    readHazards(),
    readSlot(siteSlot()),
  ]);
  const inspectors = inspectorsOf(user?.name, form.companions);
  const position = positionOf(form, [...site.photos, ...hazards.flatMap(({ photos }) => photos)]);
  const origin = form.kind === SPOT ? SPOT : originOf(roles ?? []);
  const standards = standardsOn(catalogue, isoDay(form.startedAt));
  const saved: Visit = {
    village,
    place: form.place ? { id: form.place.id } : { name: form.freePlace.trim() },
    kind: form.kind,
    task: form.task,
    inspectingUnit: user?.unit ?? "",
    inspectors,
    ledBy: form.ledBy.trim() || null,
    startedAt: form.startedAt,
    position,
    ...answersOf(form, standards),
    summary: hazards.length === 0 && !form.blocked ? zh("无") : null,
    handling: form.handling.trim() || null,
    remark: form.remark.trim() || null,
    blockedReason: form.blocked ? form.blockedReason : null,
    jointVisit: form.jointVisit,
    photos: toPhotos(site.photos, "site"),
    noPhotoReason: form.noPhotoReason.trim() || zh("未拍照"),
    hazards: hazards.map((hazard) => foundHazard(hazard, position, origin)),
  };
  const receipt = await saveVisit(phone, saved, await keysUnder(unit));
  await takeUpOwnVisit();
  return receipt;
}

/** What was answered; somebody who could not get in answered nothing. */
function answersOf(form: VisitForm, standards: CatalogueStandard[]): Pick<Visit, "answers" | "findings" | "findingNotes" | "checklistVersion"> {
  if (form.blocked) return { answers: {}, findings: {}, findingNotes: {}, checklistVersion: null };
  const spot = form.kind === SPOT;
  const notes = Object.entries(form.findingNotes).map(([atom, note]) => [atom, note.trim()]);
  return {
    answers: form.answers,
    findings: spot ? completeFindings(form.findings) : {},
    findingNotes: spot ? Object.fromEntries(notes.filter(([, note]) => note !== "")) : {},
    checklistVersion: checklistVersion(standards, Object.keys(form.answers), spot),
  };
}

function positionOf(form: VisitForm, photos: { fix: Fix | null }[]): Position {
  const fix = photos.find((photo) => photo.fix)?.fix ?? form.fix;
  return fix ? { fix: plain(fix) } : { reason: form.noFixReason.trim() || key("手机没有给出位置") };
}

function foundHazard({ form, photos }: HazardContent, position: Position, origin: string): FoundHazard {
  const fix = findingFix({ form, photos });
  return {
    hazard: hazardOf(form, origin),
    foundAt: form.startedAt,
    position: fix ? { fix: plain(fix) } : position,
    photos: toPhotos(photos, "before"),
    noPhotoReason: photos.length === 0 ? zh("未拍照") : null,
  };
}

/** Items that are 不符合 and have no hazard yet. */
export function wrongWithoutHazard(form: VisitForm): string[] {
  const wrong = Object.entries(form.answers).filter(([, answer]) => answer === WRONG);
  return wrong.map(([code]) => code).filter((code) => !form.hazards.some((hazard) => hazard.item === code));
}
