/** Photos that this browser lost do not keep the others back. */
import "fake-indexeddb/auto";
import { afterEach, expect, it, vi } from "vitest";
import { systemEnv } from "../src/env";
import { save, type Draft } from "../src/save";
import { sendPhotos } from "../src/send";
import type { Phone } from "../src/session";
import { Store } from "../src/store";
import { HAZARD, uuid, VILLAGE } from "./data";

const draft: Draft = { village: VILLAGE, record: HAZARD, recordKind: "hazard", baseRev: 0, body: { kind: "create", fields: { level: "general" } } };

afterEach(() => vi.unstubAllGlobals());

it("a photo that was cut in the store, or cannot be read, is put off and nothing is sent of it", async () => {
  const phone: Phone = { store: new Store("send"), env: systemEnv("boot-1") };
  const { store } = phone;
  await store.set({ user: { id: uuid(1), name: "甲", unit: "临溪社区" }, scope_version: 3, device: uuid(2) });
  await store.set({ access_token: "a", access_until: Date.now() + 3_600_000, refresh_token: "r" });
  await save(phone, [draft]);
  const row = (await store.outbox.toArray())[0]!;
  await store.outbox.update(row.saved!, { state: "acked" });
  const unreadable = { size: 4, slice: () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) } as unknown as Blob;
  const bytes = [new Blob([Uint8Array.of(1, 2)]), unreadable];
  for (const n of bytes.keys()) {
    const photo = { photo: uuid(50 + n), opId: row.opId, record: HAZARD, sha256: "", length: 4, mime: "", urgency: 0, madeAt: 0 };
    await store.photos.add({ ...photo, uploadUrl: null, sent: 0, owed: 1, storedAt: null });
  }
  vi.spyOn(store.photoBytes, "get").mockImplementation((async (photo: string) => ({ photo, bytes: bytes[photo === uuid(50) ? 0 : 1] })) as never);
  const fetched = vi.fn(async () => Promise.reject(new TypeError("no line")));
  vi.stubGlobal("fetch", fetched);
  const round = await sendPhotos(
    phone,
    () => true,
    () => undefined,
  );
  expect(round).toEqual({ stored: 0, postponed: 2, paused: false });
  expect(fetched).not.toHaveBeenCalled();
});
