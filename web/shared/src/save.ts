/**
 * Saving: drafts of operations get their author and clocks, are frozen, numbered and written together with the photos' bytes in one durable
 * transaction, with no server involved. What a newcomer gets wrong: clocks and numbers are read inside the transaction, so two tabs that
 * save at once cannot take the same sequence number.
 */
import { NotEnrolledError } from "./errors";
import { tick } from "./hlc";
import { newId } from "./ids";
import type { Body, CapturedTimes, Op } from "./op";
import { freezeSave } from "./outbox";
import type { Phone } from "./session";
import { readLife, type PhotoRow } from "./store";
import { insertOps } from "./storeOps";
import { formatInstant } from "./time";

/** An operation before its clocks and author are known. */
export interface Draft {
  village: string;
  record: string;
  recordKind: string;
  baseRev: number;
  body: Body;
}

/** A photo that is saved along; `draft` is the place of its declaration among the drafts. */
export interface DraftPhoto {
  photo: string;
  draft: number;
  sha256: string;
  mime: string;
  bytes: Blob;
  urgency: number;
}

/**
 * Freezes drafts as one save and writes them durably. Answers the operations' ids in order. The entered rows that this save is made from go
 * in the same transaction: a tab that is killed has either the form or the save, never both and never neither.
 */
export async function save({ store, env }: Phone, drafts: Draft[], photos: DraftPhoto[] = [], entered: string[] = []): Promise<string[]> {
  const now = env.nowMs();
  return store.transaction("rw", [store.meta, store.outbox, store.photos, store.photoBytes, store.drafts], async () => {
    await store.drafts.bulkDelete(entered);
    const user = await store.get("user");
    if (!user) throw new NotEnrolledError();
    const scope = (await store.get("scope_version")) ?? 0;
    const anchor = await store.get("anchor");
    const times: CapturedTimes = { mono_us: env.monoUs(), boot_id: env.bootId };
    // An anchor of another life of the page belongs to a monotonic clock that began anew since.
    if (anchor?.boot === env.bootId) Object.assign(times, { anchor: anchor.text, anchor_mono_us: anchor.monoUs, anchor_rtt_us: anchor.rttUs });
    let hlc = (await store.get("hlc")) ?? "";
    const ops = drafts.map((draft): Op => {
      hlc = tick(hlc, now);
      return {
        ...draft.body,
        type: draft.recordKind,
        village: draft.village,
        record: draft.record,
        base_rev: draft.baseRev,
        made_at: formatInstant(now),
        hlc,
        author: user.id,
        authored_scope: scope,
        times,
      };
    });
    const life = await readLife(store);
    const ids = { ops: ops.map(() => newId(now)), groups: ops.map(() => newId(now)) };
    await insertOps(store, freezeSave(life.incarnation, life.lastSeq + 1, ops, ids), now);
    await store.set({ hlc });
    await store.photos.bulkAdd(photos.map((photo) => toRow(photo, ids.ops, ops, now)));
    await store.photoBytes.bulkAdd(photos.map(({ photo, bytes }) => ({ photo, bytes })));
    return ids.ops;
  });
}

function toRow(photo: DraftPhoto, opIds: string[], ops: Op[], now: number): PhotoRow {
  return {
    photo: photo.photo,
    opId: opIds[photo.draft]!,
    record: ops[photo.draft]!.record,
    sha256: photo.sha256,
    length: photo.bytes.size,
    mime: photo.mime,
    urgency: photo.urgency,
    madeAt: now,
    uploadUrl: null,
    sent: 0,
    owed: 1,
    storedAt: null,
  };
}
