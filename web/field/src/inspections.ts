/** Inspections as the lists show them: the server's state with this phone's own work laid over it, and where every part of it stands. */
import { t } from "@paicha/shared/language";
import { livePhotos, type RecordState } from "@paicha/shared/record";
import { isLaidOver, type ShownRecord } from "@paicha/shared/overlay";
import { shown as shownOf, shownText } from "@paicha/shared/shown";
import type { OutboxRow, PhotoRow } from "@paicha/shared/store";
import { formatMoment, isoDay, parseMs } from "@paicha/shared/time";
import { word } from "@paicha/shared/schema";
import { findRecord, shownWith } from "@paicha/shared/view";
import { photoState, recordState, type StateWord } from "@paicha/shared/wording";
import { phone } from "./phone";

/** One inspection of a list. */
export interface InspectionItem {
  id: string;
  village: string;
  kind: string;
  placeName: string;
  startedAt: number;
  blockedReason: string;
  /** Hazards of it that this phone knows. */
  hazards: number;
  photos: string[];
  state: StateWord;
}

/** A hazard as the inspection's page names it. */
export interface LinkedHazard {
  id: string;
  level: string;
  state: string;
  description: string;
}

function text(shown: ShownRecord, field: string): string {
  const value = shown.fields[field];
  return typeof value === "string" ? value : "";
}

function inspectorsIn(state: RecordState): string[] {
  const names = shownOf(state, "inspectors");
  return Array.isArray(names) ? names.map(String) : [];
}

async function placeNameOf(shown: ShownRecord): Promise<string> {
  const id = text(shown, "place");
  const place = id ? await shownWith(phone.store, id, (await findRecord(phone.store, id))?.state ?? null) : null;
  const free = shown.fields.free_place as { name?: string } | undefined;
  return (place?.fields.name as string | undefined) ?? free?.name ?? t("（没有填地点）");
}

/** Operations of this phone about a record that say where it stands. */
async function opsOf(record: string): Promise<OutboxRow[]> {
  return phone.store.outbox.where("record").equals(record).toArray();
}

/** Where the whole visit stands: what this phone saved of it, and its photos. What came from elsewhere is at the server. */
function stateOf(ops: OutboxRow[], photos: PhotoRow[], syncing: boolean): StateWord {
  return recordState({
    ops: ops.map((op) => ({ state: op.state, reason: op.result?.reason, incomplete: op.result?.incomplete })),
    photos: photos.length,
    photosStored: photos.filter((photo) => photo.owed === 0).length,
    syncing,
  });
}

/** Hazards that name one of these inspections, by inspection. */
async function hazardsOf(inspections: Set<string>): Promise<Map<string, LinkedHazard[]>> {
  const { store } = phone;
  const rows = await store.records.where("kind").equals("hazard").toArray();
  const known = new Map(rows.map((row) => [row.id, row.state]));
  const named = rows.filter(({ state }) => (state.fields.inspection ?? []).some(({ value }) => inspections.has(String(value))));
  const ids = [...named.map((row) => row.id), ...(await createdHere("hazard")).filter((id) => !known.has(id))];
  const found = new Map<string, LinkedHazard[]>();
  for (const id of ids) {
    const shown = await shownWith(store, id, known.get(id) ?? null);
    const inspection = shown ? text(shown, "inspection") : "";
    if (!shown || !inspections.has(inspection)) continue;
    const hazard = { id, level: text(shown, "level"), state: text(shown, "state") || "reg", description: text(shown, "description") };
    found.set(inspection, [...(found.get(inspection) ?? []), hazard]);
  }
  return found;
}

/** Records of a kind that this phone made and that may not be at the server yet. */
async function createdHere(kind: string): Promise<string[]> {
  const rows = await phone.store.outbox.filter((row) => row.text !== "" && isLaidOver({ state: row.state, seen: row.seen === 1 }, false)).toArray();
  // What somebody else saved on this phone is theirs to see once the server has it.
  const me = JSON.stringify((await phone.store.get("user"))?.id ?? "");
  const mine = rows.filter((row) => row.state === "queued" || row.text.includes(`"author":${me}`));
  const made = mine.filter((row) => row.text.includes('"kind":"create"') && row.text.includes(`"type":"${kind}"`));
  return [...new Set(made.map((row) => row.record))];
}

/** The inspections of the person signed in, newest first: made by them on any phone, or with them. */
export async function listInspections(syncing: boolean): Promise<InspectionItem[]> {
  const { store } = phone;
  const user = await store.get("user");
  const rows = await store.records.where("kind").equals("inspection").toArray();
  const isMine = (state: RecordState): boolean => {
    return state.created.author === user?.id || (user !== undefined && inspectorsIn(state).includes(user.name));
  };
  const known = new Map(rows.map((row) => [row.id, row.state]));
  const here = await createdHere("inspection");
  const ids = new Set([...rows.filter((row) => isMine(row.state)).map((row) => row.id), ...here.filter((id) => !known.has(id))]);
  const hazards = await hazardsOf(ids);
  const items = await Promise.all(
    [...ids].map(async (id): Promise<InspectionItem | null> => {
      const shown = await shownWith(store, id, known.get(id) ?? null);
      if (!shown) return null;
      const photos = await store.photos.where("record").equals(id).toArray();
      return {
        id,
        village: shown.feed,
        kind: text(shown, "kind"),
        placeName: await placeNameOf(shown),
        startedAt: parseMs(text(shown, "started_at")) ?? 0,
        blockedReason: text(shown, "blocked_reason"),
        hazards: hazards.get(id)?.length ?? 0,
        photos: shown.photos,
        state: stateOf(await opsOf(id), photos, syncing),
      };
    }),
  );
  return items.filter((item): item is InspectionItem => item !== null).sort((a, b) => b.startedAt - a.startedAt);
}

/** One photo of an inspection and where it stands. */
export interface PhotoStanding {
  photo: string;
  state: StateWord;
}

async function standingOf(photo: string): Promise<PhotoStanding> {
  const own = await phone.store.photos.get(photo);
  if (own) return { photo, state: photoState(own) };
  const record = await findRecord(phone.store, photo);
  const stored = record !== null && shownText(record.state, "state") === "stored";
  return { photo, state: stored ? { word: t("已上传"), tone: "calm" } : { word: t("待上传"), tone: "wait", detail: t("在另一部手机上") } };
}

/** Everything the page of one inspection shows; `null` when this phone knows nothing of it. */
export async function loadInspection(id: string, syncing: boolean) {
  const { store } = phone;
  const row = await findRecord(store, id);
  const shown = await shownWith(store, id, row?.state ?? null);
  if (!shown) return null;
  const photos = row ? [...new Set([...livePhotos(row.state), ...shown.photos])] : shown.photos;
  const ops = await opsOf(id);
  const own = await store.photos.where("record").equals(id).toArray();
  return {
    row,
    shown,
    placeName: await placeNameOf(shown),
    hazards: (await hazardsOf(new Set([id]))).get(id) ?? [],
    photos: await Promise.all(photos.map(standingOf)),
    state: stateOf(ops, own, syncing),
    missing: ops.at(-1)?.result?.incomplete ?? [],
  };
}

/** An inspection that may be the same visit as the one being made. */
export interface JointCandidate {
  id: string;
  title: string;
}

/** What others wrote down of a place on the same day. */
export async function listJointCandidates(place: string | null, startedAt: number): Promise<JointCandidate[]> {
  if (!place) return [];
  const user = await phone.store.get("user");
  const rows = await phone.store.records.where("kind").equals("inspection").toArray();
  return rows.flatMap(({ id, state }) => {
    const at = parseMs(shownText(state, "started_at") ?? "") ?? 0;
    const same = shownText(state, "place") === place && isoDay(at) === isoDay(startedAt) && state.created.author !== user?.id;
    const who = inspectorsIn(state);
    return same ? [{ id, title: `${who.join(t("、"))} ${word("inspection", "kind", shownText(state, "kind") ?? "")} ${formatMoment(at)}` }] : [];
  });
}
