/** What waits on the phone and why: progress that never goes back, photos that wait for WLAN, room that may be given back. */
import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import { keepReserve, writeRoomy } from "../src/reserve";
import { freeSentPhotos, sentPhotoBytes } from "../src/room";
import { changeSettings, readSettings, whyPhotosWait, NO_CHOICES } from "../src/settings";
import { countWaiting } from "../src/summary";
import { Store, type PhotoRow } from "../src/store";
import { photoState, recordState } from "../src/wording";
import { record, stamp, uuid, VILLAGE } from "./data";

let store: Store;
let count = 0;

beforeEach(() => {
  store = new Store(`waiting-${(count += 1)}`);
});

function photo(n: number, more: Partial<PhotoRow> = {}): PhotoRow {
  const base = { photo: uuid(n), opId: uuid(100 + n), record: uuid(7), sha256: "", length: 100, mime: "image/jpeg", urgency: 1 };
  return { ...base, madeAt: n, uploadUrl: null, sent: 0, owed: 1, storedAt: null, ...more };
}

describe("progress", () => {
  it("is about everything since the oldest that waits, so that it only goes on", async () => {
    await store.photos.bulkAdd([photo(1, { owed: 0 }), photo(2), photo(3, { sent: 50 }), photo(4)]);
    const parts: number[] = [];
    for (const done of [4, 3, 2]) {
      const { batch } = await countWaiting(store);
      expect([batch.photos, batch.bytes]).toEqual([3, 300]);
      parts.push(batch.sent / batch.bytes);
      await store.photos.update(uuid(done), { owed: 0, sent: 100 });
    }
    expect(parts).toEqual([50 / 300, 150 / 300, 200 / 300]);
    expect((await countWaiting(store)).batch).toEqual({ photos: 0, stored: 0, bytes: 0, sent: 0 });
  });
});

describe("photos on the phone's own data", () => {
  it("wait when the person said so, and a pause goes before", async () => {
    expect(whyPhotosWait(NO_CHOICES, true)).toBeNull();
    await changeSettings(store, { wifiOnly: true });
    await changeSettings(store, { largeText: true });
    const settings = await readSettings(store);
    expect(settings).toEqual({ largeText: true, wifiOnly: true, photosPaused: false });
    expect([whyPhotosWait(settings, true), whyPhotosWait(settings, false)]).toEqual(["wlan", null]);
    expect(whyPhotosWait({ ...settings, photosPaused: true }, true)).toBe("paused");
  });

  it("are told in plain words, the record's own words first", () => {
    const facts = { photos: 2, photosStored: 1, syncing: false, photosWait: "wlan" as const };
    expect(recordState({ ...facts, ops: [{ state: "acked" }] }).word).toBe("照片等待WLAN(1/2)");
    expect(recordState({ ...facts, ops: [{ state: "queued" }] }).word).toBe("待上传");
    expect(recordState({ ...facts, photosStored: 2, ops: [{ state: "acked" }] }).word).toBe("已上传");
    expect(photoState({ owed: 1, sent: 0, length: 9 }, "wlan").word).toBe("等待WLAN");
  });
});

describe("a full phone", () => {
  const full = (): Promise<never> => Promise.reject(new DOMException("no room", "QuotaExceededError"));

  it("saves once more in the room of the reserve, and says that it is spent", async () => {
    expect(await keepReserve(store, 128 << 10)).toBe(true);
    expect((await store.reserve.toArray())[0]!.bytes.size ?? 128 << 10).toBe(128 << 10);
    let spent = 0;
    let tries = 0;
    const write = (): Promise<string> => ((tries += 1) === 1 ? full() : Promise.resolve("saved"));
    expect(await writeRoomy(store, write, () => (spent += 1))).toBe("saved");
    expect([spent, tries, await store.reserve.count()]).toEqual([1, 2, 0]);
    await expect(writeRoomy(store, full, () => (spent += 1))).rejects.toThrow("no room");
    expect(spent).toBe(1);
  });

  it("nothing else is tried twice", async () => {
    await keepReserve(store, 128 << 10);
    let tries = 0;
    const broken = (): Promise<never> => Promise.reject(new Error(`broken ${(tries += 1)}`));
    await expect(writeRoomy(store, broken, () => undefined)).rejects.toThrow("broken 1");
    expect(await store.reserve.count()).toBe(1);
  });
});

describe("room", () => {
  it("only what the server itself says it has whole is given back", async () => {
    const state = (value: string) => record({ state: [{ ...stamp(1), value }] }, { kind: "photo" });
    const row = (n: number, value: string) => ({
      feed: VILLAGE,
      id: uuid(n),
      kind: "photo",
      rev: 1,
      vrev: 1,
      number: null,
      state: state(value),
      stale: 0 as const,
    });
    await store.photos.bulkAdd([photo(1), photo(2, { owed: 0 }), photo(3, { owed: 0 }), photo(4, { owed: 0 })]);
    await store.photoBytes.bulkAdd([1, 2, 3, 4].map((n) => ({ photo: uuid(n), bytes: new Blob(["x"]) })));
    await store.records.bulkAdd([row(1, "stored"), row(2, "declared"), row(3, "stored")]);
    expect(await sentPhotoBytes(store)).toBe(100);
    expect(await freeSentPhotos(store)).toBe(1);
    expect((await store.photoBytes.toCollection().primaryKeys()).sort()).toEqual([uuid(1), uuid(2), uuid(4)]);
    expect(await store.photos.count()).toBe(4);
  });
});
