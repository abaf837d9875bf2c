/** A server that was put back to an older copy without anybody saying so: lost operations come again, and their photos with them. */
import "fake-indexeddb/auto";
import { afterEach, expect, it, vi } from "vitest";
import { base64ToHex } from "../src/digest";
import { systemEnv } from "../src/env";
import { newLink, pushOnce } from "../src/push";
import { save, type Draft } from "../src/save";
import type { Phone } from "../src/session";
import { Store } from "../src/store";
import { HAZARD, pushResponse, uuid, VILLAGE } from "./data";

const draft: Draft = { village: VILLAGE, record: HAZARD, recordKind: "hazard", baseRev: 0, body: { kind: "create", fields: { level: "general" } } };

afterEach(() => vi.unstubAllGlobals());

it("a hello that shows lost operations owes the photos stored since the last known one", async () => {
  const phone: Phone = { store: new Store("restored"), env: systemEnv("boot-1") };
  const { store } = phone;
  await store.set({ user: { id: uuid(1), name: "甲", unit: "临溪社区" }, scope_version: 3, device: uuid(2), epoch: "e1" });
  await store.set({ access_token: "a", access_until: Date.now() + 3_600_000, refresh_token: "r" });
  await save(phone, [draft, draft, draft]);
  const rows = await store.outbox.orderBy("saved").toArray();
  for (const [at, row] of rows.entries()) await store.outbox.update(row.saved!, { state: "acked", madeAt: 1_000 * (at + 1) });
  // Stored before the second operation was saved; after it; and of the third, by a clock that was set back.
  for (const [n, [op, storedAt]] of (
    [
      [0, 1_500],
      [1, 2_500],
      [2, 500],
    ] as const
  ).entries()) {
    const photo = { photo: uuid(50 + n), opId: rows[op]!.opId, record: HAZARD, sha256: "", length: 4, mime: "", urgency: 0, madeAt: 0 };
    await store.photos.add({ ...photo, uploadUrl: "/v1/uploads/x", sent: 4, owed: 0, storedAt });
  }
  const hello = { consumed_to: 2, digest: base64ToHex(rows[1]!.digest) };
  vi.stubGlobal("fetch", async (url: string) => Response.json(String(url).endsWith("hello") ? hello : pushResponse([])));
  expect((await pushOnce(phone, newLink())).sent).toBe(1);
  expect((await store.photos.orderBy("photo").toArray()).map((photo) => [photo.owed, photo.storedAt])).toEqual([
    [0, 1_500],
    [1, null],
    [1, null],
  ]);
});
