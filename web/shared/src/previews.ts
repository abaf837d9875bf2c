/**
 * Pictures from before the repair, of hazards that somebody will go and look at again: fetched while there is signal, so that the camera can lay
 * them over the live picture where there is none. What a newcomer gets wrong: these are copies to look at, never evidence, and they go when the
 * hazard is settled.
 */
import { livePhotos, type RecordState } from "./record";
import { call, type Phone } from "./session";
import { shown } from "./shown";
import type { Store } from "./store";

/** States in which somebody looks at the place again. */
const LOOKED_AT_AGAIN = ["fixing", "verify"];
/** Pictures of one hazard, and of all. */
const OF_ONE_MAX = 3;
const PREVIEWS_MAX = 90;

/** Photos of a record in a role, without those that were withdrawn. */
export function photosInRole(record: RecordState, role: string): string[] {
  return livePhotos(record).filter((photo) => record.photos?.[photo]?.roles.includes(role));
}

/** Photos from before the repair; where nobody said so, those that do not show it after. */
export function beforePhotos(record: RecordState): string[] {
  const named = photosInRole(record, "before");
  return named.length > 0 ? named : livePhotos(record).filter((photo) => !record.photos?.[photo]?.roles.includes("after"));
}

/** Fetches what is missing and drops what nobody needs any more; one picture at a time. Answers how many came. */
export async function refreshPreviews(phone: Phone, mayGoOn: () => boolean): Promise<number> {
  const { store } = phone;
  const wanted = await listWanted(store);
  const here = new Set(await store.previews.toCollection().primaryKeys());
  await store.previews.bulkDelete([...here].filter((photo) => !wanted.includes(photo)));
  let came = 0;
  for (const photo of wanted) {
    if (here.has(photo) || (await store.photoBytes.where("photo").equals(photo).count()) > 0) continue;
    if (!mayGoOn()) break;
    const bytes = await fetchPreview(phone, photo);
    if (!bytes) continue;
    await store.previews.put({ photo, bytes });
    came += 1;
  }
  return came;
}

async function listWanted(store: Store): Promise<string[]> {
  const rows = await store.records.where("kind").equals("hazard").toArray();
  const open = rows.filter((row) => LOOKED_AT_AGAIN.includes(String(shown(row.state, "state"))));
  // Those that wait for a review come first.
  open.sort((a, b) => Number(shown(b.state, "state") === "verify") - Number(shown(a.state, "state") === "verify"));
  return open.flatMap((row) => beforePhotos(row.state).slice(0, OF_ONE_MAX)).slice(0, PREVIEWS_MAX);
}

/** `null` when the server has no picture yet, or there is no way to it: the next sync asks again. */
async function fetchPreview(phone: Phone, photo: string): Promise<Blob | null> {
  try {
    return await (await call(phone, `/v1/photos/${photo}/preview`, { method: "GET" })).blob();
  } catch {
    return null;
  }
}
