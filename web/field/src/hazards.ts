/** Hazards as the lists show them: the server's state with this phone's own work laid over it. */
import { t } from "@paicha/shared/language";
import { livePhotos } from "@paicha/shared/record";
import type { ShownRecord } from "@paicha/shared/overlay";
import { findRecord, shownWith } from "@paicha/shared/view";
import { isLaidOver } from "@paicha/shared/overlay";
import { parseMs } from "@paicha/shared/time";
import { phone } from "./phone";

/** States in which somebody still has something to do. */
const SETTLED = ["closed", "void"];

/** One hazard of a list. */
export interface HazardItem {
  id: string;
  number: string | null;
  village: string;
  level: string;
  state: string;
  description: string;
  position: string;
  foundAt: number;
  deadline: string;
  photos: string[];
  /** Something about it was saved here and is not sent yet. */
  pending: boolean;
}

function text(shown: ShownRecord, field: string): string {
  const value = shown.fields[field];
  return typeof value === "string" ? value : "";
}

/** Open hazards of the villages on this phone and those saved here, newest first. */
export async function listHazards(): Promise<HazardItem[]> {
  const { store } = phone;
  const rows = await store.records.where("kind").equals("hazard").toArray();
  const known = new Map(rows.map((row) => [row.id, row]));
  const queued = await store.outbox.filter((row) => row.text !== "" && isLaidOver({ state: row.state, seen: row.seen === 1 }, false)).toArray();
  // What somebody else saved on this phone is theirs to see once the server has it.
  const me = JSON.stringify((await store.get("user"))?.id ?? "");
  const mine = queued.filter((row) => row.state === "queued" || row.text.includes(`"author":${me}`));
  const feeds = new Set(await store.feeds.toCollection().primaryKeys());
  // What the server has of a village that left the scope is not this phone's to show as open any more.
  const here = mine.filter((row) => row.state !== "acked" || row.seen === 0 || feeds.has(row.village));
  const unsent = new Set(mine.filter((row) => row.state === "queued").map((row) => row.record));
  const own = here.filter((row) => !known.has(row.record) && row.text.includes('"kind":"create"') && row.text.includes('"type":"hazard"'));
  const ids = [...new Set([...known.keys(), ...own.map((row) => row.record)])];
  const items = await Promise.all(
    ids.map(async (id) => {
      const row = known.get(id);
      const shown = await shownWith(store, id, row?.state ?? null);
      return shown ? toItem(shown, row?.number ?? null, unsent.has(id)) : null;
    }),
  );
  return items.filter((item): item is HazardItem => item !== null && !SETTLED.includes(item.state)).sort((a, b) => b.foundAt - a.foundAt);
}

function toItem(shown: ShownRecord, number: string | null, pending: boolean): HazardItem {
  return {
    id: shown.id,
    number,
    village: shown.feed,
    level: text(shown, "level"),
    state: text(shown, "state") || "reg",
    description: text(shown, "description") || t("（没有填写描述）"),
    position: text(shown, "position_text"),
    foundAt: parseMs(text(shown, "found_at")) ?? 0,
    deadline: text(shown, "deadline"),
    photos: shown.photos,
    pending,
  };
}

/** Everything the page of one hazard shows. */
export async function loadHazard(id: string) {
  const row = await findRecord(phone.store, id);
  const shown = await shownWith(phone.store, id, row?.state ?? null);
  if (!shown) return null;
  const ops = await phone.store.outbox.where("record").equals(id).toArray();
  const isHandedIn = ops.every((op) => op.state !== "queued" && (op.state !== "acked" || op.seen === 1));
  const placeId = typeof shown.fields.place === "string" ? shown.fields.place : null;
  const place = placeId ? await shownWith(phone.store, placeId, (await findRecord(phone.store, placeId))?.state ?? null) : null;
  const free = shown.fields.free_place as { name?: string } | undefined;
  return {
    row,
    shown,
    /** All of it is at the server, and the village left the scope since. */
    hasLeft: row === null && isHandedIn && (await phone.store.feeds.get(shown.feed)) === undefined,
    placeName: (place?.fields.name as string | undefined) ?? free?.name ?? "",
    photos: row ? [...new Set([...livePhotos(row.state), ...shown.photos])] : shown.photos,
  };
}
