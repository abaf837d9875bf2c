/** A visit with a checklist as operations: one save, every photo where it prints, and the draft emptied with it. */
import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import { systemEnv } from "../src/env";
import { saveVisit, type FoundHazard, type Visit } from "../src/inspection";
import { GROUP_OPS_MAX } from "../src/limits";
import { readOp, type Op } from "../src/op";
import type { PhotoDraft } from "../src/photoDraft";
import { findField } from "../src/schema";
import type { Phone } from "../src/session";
import { completeFindings } from "../src/spotCheck";
import { Store } from "../src/store";
import { listQueued } from "../src/storeOps";
import { listSavedWork } from "../src/summary";
import { uuid, VILLAGE } from "./data";

let phone: Phone;
let count = 0;

beforeEach(async () => {
  phone = { store: new Store(`visit-${(count += 1)}`), env: systemEnv("boot-1") };
  await phone.store.set({ user: { id: uuid(1), name: "甲", unit: "临溪社区" }, scope_version: 3, device: uuid(2) });
});

const photo = (n: number, role: string): PhotoDraft => ({
  bytes: new Blob([Uint8Array.of(0xff, 0xd8, 0xff, n)]),
  source: "camera_inapp",
  role,
  takenAt: 1_700_000_000_000,
  fix: null,
});

function found(level: string, photos: PhotoDraft[]): FoundHazard {
  const hazard = {
    level,
    positionText: "",
    description: "占堵",
    origin: "village",
    control: null,
    criterionIds: [],
    tags: { fire_violations: ["V5"] },
  };
  return { hazard, foundAt: 1_700_000_100_000, position: { reason: "室内" }, photos, noPhotoReason: photos.length === 0 ? "未拍照" : null };
}

function visit(more: Partial<Visit>): Visit {
  return {
    village: VILLAGE,
    place: { id: uuid(60) },
    kind: "patrol",
    inspectingUnit: "临溪社区",
    inspectors: ["甲", "乙"],
    ledBy: null,
    startedAt: 1_700_000_000_000,
    position: { fix: { lat: 31.9, lon: 108.6, crs: "wgs84", acc_m: 8 } },
    checklistVersion: "JZ-2023",
    answers: { "JZ-2023-V1": "Y", "JZ-2023-V5": "N", "JZ-2023-V6": "NA" },
    findings: {},
    findingNotes: {},
    summary: null,
    handling: null,
    remark: null,
    blockedReason: null,
    jointVisit: [],
    photos: [],
    noPhotoReason: "未拍照",
    hazards: [],
    ...more,
  };
}

async function savedOps(): Promise<Op[]> {
  return (await listQueued(phone.store)).map((row) => readOp(row.text));
}

const fieldsOf = (op: Op | undefined): Record<string, unknown> => (op?.kind === "create" ? op.fields : {});

describe("a visit", () => {
  it("is one save: the inspection, its hazards, their photos on both, the submission last", async () => {
    const receipt = await saveVisit(phone, visit({ photos: [photo(1, "site")], hazards: [found("suspected", [photo(2, "before")])] }));
    const ops = await savedOps();
    const [hazard] = receipt.hazards;
    expect(ops.map(({ kind, record }) => [kind, record === receipt.inspection ? "inspection" : record === hazard ? "hazard" : "?"])).toEqual([
      ["create", "inspection"],
      ["create", "hazard"],
      ["photo.attach", "inspection"],
      ["photo.attach", "inspection"],
      ["photo.attach", "hazard"],
      ["submit", "inspection"],
    ]);
    expect(fieldsOf(ops[0])).toMatchObject({ "answer.JZ-2023-V5": "N", inspectors: ["甲", "乙"], checklist_version: "JZ-2023", place: uuid(60) });
    expect(fieldsOf(ops[1])).toMatchObject({ inspection: receipt.inspection, fire_violations: ["V5"], level: "suspected", finders: ["甲", "乙"] });
    const rows = await phone.store.photos.toArray();
    expect(rows.map(({ photo, urgency }) => [receipt.photos.indexOf(photo), urgency]).sort()).toEqual([
      [0, 2],
      [1, 0],
    ]);
    expect(new Set((await listQueued(phone.store)).map((row) => row.madeAt)).size).toBe(1);
  });

  it("writes only fields that the schema has, and nothing that is empty", async () => {
    await saveVisit(phone, visit({ kind: "spot", findings: completeFindings({ k7b: "N" }), findingNotes: { k7b: "没有协议" }, remark: "" }));
    const fields = fieldsOf((await savedOps())[0]);
    expect(Object.keys(fields).filter((name) => !findField("inspection", name))).toEqual([]);
    expect(fields).not.toHaveProperty("remark");
    expect(fields).toMatchObject({ "finding.k7b": "N", "finding.k7a2": "U", "finding_note.k7b": "没有协议", no_photo_reason: "未拍照" });
  });

  it("with photos says no reason for having none, a hazard without one does", async () => {
    await saveVisit(phone, visit({ photos: [photo(1, "site")], hazards: [found("general", [])] }));
    const [inspection, hazard] = await savedOps();
    expect(fieldsOf(inspection)).not.toHaveProperty("no_photo_reason");
    expect(fieldsOf(hazard)).toMatchObject({ no_photo_reason: "未拍照" });
  });

  it("too long for one group is several, without a gap and in one transaction", async () => {
    const hazards = Array.from({ length: 8 }, (_, n) => found("general", [photo(n, "before"), photo(100 + n, "before")]));
    const { ops } = await saveVisit(phone, visit({ hazards }));
    const rows = await listQueued(phone.store);
    expect([ops, rows.length]).toEqual([42, 42]);
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 42 }, (_, at) => at + 1));
    expect(Math.max(...rows.map((row) => row.groupN))).toBeLessThanOrEqual(GROUP_OPS_MAX);
    const [work] = await listSavedWork(phone.store, false, 10);
    expect([work?.hazards, work?.photos.length]).toEqual([8, 16]);
  });

  it("empties the draft it was made of, and a save that fails leaves it", async () => {
    const put = () => phone.store.drafts.bulkPut(["visit", "visit/a/finding", "finding"].map((key) => ({ key, value: 1 })));
    const keys = () => phone.store.drafts.toCollection().primaryKeys();
    await put();
    await expect(saveVisit(phone, visit({ remark: "字".repeat(30_000) }), ["visit", "visit/a/finding"])).rejects.toThrow("尚未保存");
    expect(await keys()).toHaveLength(3);
    await saveVisit(phone, visit({}), ["visit", "visit/a/finding"]);
    expect(await keys()).toEqual(["finding"]);
  });
});
