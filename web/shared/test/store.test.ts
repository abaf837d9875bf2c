/** The database behind the core: one transaction per save, gap-free numbers, pages that are there whole or not at all. */
import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import { opDigest } from "../src/digest";
import { systemEnv } from "../src/env";
import { saveFinding, type Finding } from "../src/finding";
import { listQueued, noteAcknowledged, requeueFrom, beginLife } from "../src/storeOps";
import { Store } from "../src/store";
import { writePage } from "../src/storeRecords";
import { save, type Draft } from "../src/save";
import { makeRescue, shareOut } from "../src/rescue";
import { unzip, zip } from "../src/zip";
import type { Phone } from "../src/session";
import { HAZARD, page, record, stamp, uuid, VILLAGE } from "./data";

let phone: Phone;
let count = 0;

beforeEach(async () => {
  phone = { store: new Store(`test-${(count += 1)}`), env: systemEnv("boot-1") };
  await phone.store.set({ user: { id: uuid(1), name: "甲", unit: "临溪社区" }, scope_version: 3, device: uuid(2) });
});

const draft: Draft = { village: VILLAGE, record: HAZARD, recordKind: "hazard", baseRev: 0, body: { kind: "create", fields: { level: "general" } } };

function finding(photos: number): Finding {
  const jpeg = (n: number): Blob => new Blob([Uint8Array.of(0xff, 0xd8, 0xff, n)]);
  return {
    village: VILLAGE,
    place: { name: "路边" },
    kind: "patrol",
    inspectingUnit: "临溪社区",
    inspectors: ["甲"],
    startedAt: Date.now(),
    position: { reason: "室内" },
    summary: null,
    hazard: { level: "suspected", positionText: "", description: "门敞开", origin: "village", control: "warned", criterionIds: [] },
    photos: Array.from({ length: photos }, (_, n) => ({
      bytes: jpeg(n),
      source: "camera_inapp" as const,
      role: "site",
      takenAt: Date.now(),
      fix: null,
    })),
    noPhotoReason: null,
  };
}

describe("a save", () => {
  it("brings operations, photos and their bytes together, each with the digest of its bytes", async () => {
    const receipt = await saveFinding(phone, finding(2));
    expect(receipt.ops).toBe(7);
    const rows = await listQueued(phone.store);
    expect(rows.map((row) => row.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(rows.every((row) => row.digest === opDigest(row.text))).toBe(true);
    expect(new Set(rows.map((row) => row.groupId)).size).toBe(1);
    const photos = await phone.store.photos.toArray();
    expect(photos.map((photo) => [photo.owed, photo.urgency, photo.length])).toEqual([
      [1, 0, 4],
      [1, 0, 4],
    ]);
    expect(await phone.store.photoBytes.count()).toBe(2);
  });

  it("at once with another never takes the same number", async () => {
    await Promise.all(Array.from({ length: 20 }, () => save(phone, [draft, draft])));
    expect((await listQueued(phone.store)).map((row) => row.seq)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    const hlcs = (await listQueued(phone.store)).map((row) => JSON.parse(row.text).hlc as string);
    expect([...new Set(hlcs)].sort()).toEqual(hlcs);
  });

  it("that cannot be frozen leaves nothing behind", async () => {
    const tooLong: Draft = { ...draft, body: { kind: "create", fields: { description: "字".repeat(30_000) } } };
    await expect(save(phone, [draft, tooLong])).rejects.toThrow("尚未保存");
    expect(await phone.store.outbox.count()).toBe(0);
    await save(phone, [draft]);
    expect((await listQueued(phone.store))[0]!.seq).toBe(1);
  });

  it("needs somebody who did the work", async () => {
    await phone.store.meta.delete("user");
    await expect(save(phone, [draft])).rejects.toThrow("没有登录过");
  });
});

describe("a page", () => {
  const change = { t: "hazard", id: HAZARD, rev: 9, vrev: 20, number: "YH-1", v: record({}) };
  const village = { id: VILLAGE, mode: "snapshot" as const, to: 20, head: 20, changes: [change] };
  const write = (more: Parameters<typeof page>[0]) =>
    phone.store.transaction("rw", phone.store.tables, async () => writePage(phone.store, page(more), Date.now()));

  it("whose check sum does not fit makes the phone fetch everything anew", async () => {
    await write({ villages: [village], check: [{ village: VILLAGE, at: 20, count: 2, sum: "0".repeat(32) }] });
    expect(await phone.store.get("cursor")).toBeNull();
    expect((await phone.store.records.toArray()).map((row) => row.stale)).toEqual([1]);
  });

  it("takes the village away only after its work was answered", async () => {
    await write({ villages: [village] });
    await save(phone, [draft]);
    await write({ cursor: "c2", scope: { version: 2, added: [], removed: [{ village: VILLAGE, drain_until: "2026-12-07T00:00:00Z" }] } });
    expect(await phone.store.records.count()).toBe(1);
    await phone.store.outbox.toCollection().modify({ state: "acked" });
    await write({ cursor: "c3" });
    expect([await phone.store.records.count(), await phone.store.feeds.count(), await phone.store.outbox.count()]).toEqual([0, 0, 1]);
  });

  it("of another history changes nothing", async () => {
    await write({ villages: [village] });
    const outcome = await write({ epoch: "e2", villages: [{ ...village, changes: [{ ...change, rev: 10 }] }] });
    expect(outcome).toBeNull();
    expect((await phone.store.records.toArray())[0]!.rev).toBe(9);
  });

  it("tells what somebody else changed on a hazard that was here", async () => {
    const level = (n: number, value: string) => ({ value, ...stamp(n, { author: uuid(700) }) });
    await write({ villages: [{ ...village, changes: [{ ...change, v: record({ level: [level(1, "general")] }) }] }] });
    const raised = { ...change, rev: 10, v: record({ level: [level(10, "suspected")] }, { rev: 10 }) };
    await write({ cursor: "c2", villages: [{ ...village, changes: [raised] }] });
    expect((await phone.store.news.toArray()).map(({ what, field, mine, now }) => [what, field, mine, now])).toEqual([
      ["change", "level", "general", "suspected"],
    ]);
  });
});

describe("lives", () => {
  it("a new one keeps ids and bytes and counts from one", async () => {
    await save(phone, [draft, draft]);
    const before = await listQueued(phone.store);
    await phone.store.outbox.update(before[0]!.saved!, { state: "acked" });
    await beginLife(phone.store, uuid(77));
    const after = await listQueued(phone.store);
    expect(after.map((row) => [row.opId, row.seq, row.groupI, row.groupN, row.digest])).toEqual([[before[1]!.opId, 1, 1, 1, before[1]!.digest]]);
    expect(await phone.store.get("last_seq")).toBe(1);
  });

  it("an archived operation cannot be sent again", async () => {
    await save(phone, [draft]);
    await phone.store.outbox.toCollection().modify({ state: "acked", seen: 1, madeAt: 0 });
    await noteAcknowledged(phone.store, { consumed_to: 1, durable_to: 1 }, true, Date.now());
    expect((await phone.store.outbox.toArray()).map((row) => [row.state, row.text])).toEqual([["archived", ""]]);
    expect(await requeueFrom(phone.store, 1)).toBe(false);
  });
});

it("a rescue file holds every unsent operation as it was frozen, and the originals", async () => {
  await saveFinding(phone, finding(1));
  const { files, saves, photos } = await makeRescue(phone);
  expect([files.length, saves, photos]).toEqual([1, 1, 1]);
  const entries = (await unzip(files[0]!.file))!;
  const text = await entries[0]!.bytes.text();
  for (const row of await listQueued(phone.store)) expect(text).toContain(row.text);
  const owed = (await phone.store.photos.toArray())[0]!;
  expect(entries.map(({ name }) => name)).toEqual(["ops.json", `photos/${owed.sha256}`]);
  expect(new Uint8Array(await entries[1]!.bytes.arrayBuffer())).toEqual(
    new Uint8Array(await (await phone.store.photoBytes.get(owed.photo))!.bytes.arrayBuffer()),
  );
  expect(JSON.parse(text)).not.toHaveProperty("part");
});

it("photos that are too many for one rescue file are shared out, each original once", () => {
  const photo = (sha256: string, length: number) => ({ sha256, length });
  expect(shareOut([], 10, 2)).toEqual([[]]);
  const photos = [photo("a", 6), photo("b", 4), photo("a", 6), photo("c", 1), photo("d", 11), photo("e", 1), photo("f", 1), photo("g", 1)];
  const shares = shareOut(photos, 10, 2).map((share) => share.map(({ sha256 }) => sha256).join(""));
  expect(shares).toEqual(["ab", "c", "d", "ef", "g"]);
});

it("what is no ZIP, or a part of one, is not read", async () => {
  const whole = await zip([{ name: "ops.json", bytes: new Blob(["{}"]) }]);
  expect((await unzip(whole))?.length).toBe(1);
  for (let length = 0; length < whole.size; length += 1) expect(await unzip(whole.slice(0, length))).toBeUndefined();
});
