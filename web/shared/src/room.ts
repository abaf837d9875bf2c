/**
 * Originals that the phone may give back: those whose photo the server itself says it has whole (its record of the photo, not this phone's memory
 * of an upload). What a newcomer gets wrong: rows of `photos` stay, or nobody would know that the photo was ever taken here.
 */
import type { PhotoRow, Store } from "./store";
import { shown } from "./shown";

/** Photos with bytes here that the server has whole. */
async function listSent(store: Store): Promise<PhotoRow[]> {
  const here = new Set(await store.photoBytes.toCollection().primaryKeys());
  const sent = (await store.photos.where("owed").equals(0).toArray()).filter((row) => here.has(row.photo));
  const records = await store.records
    .where("id")
    .anyOf(sent.map((row) => row.photo))
    .toArray();
  const stored = new Set(records.filter((row) => row.kind === "photo" && shown(row.state, "state") === "stored").map((row) => row.id));
  return sent.filter((row) => stored.has(row.photo));
}

/** Bytes that could be given back. */
export async function sentPhotoBytes(store: Store): Promise<number> {
  return (await listSent(store)).reduce((sum, row) => sum + row.length, 0);
}

/** Gives them back. Answers how many photos went. */
export async function freeSentPhotos(store: Store): Promise<number> {
  const sent = await listSent(store);
  await store.photoBytes.bulkDelete(sent.map((row) => row.photo));
  return sent.length;
}
