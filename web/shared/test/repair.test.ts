/** What happens to a hazard after it was found: 五落实, repair and review as operations, and what of it the phone may show as done. */
import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import { systemEnv } from "../src/env";
import { askedText, changesOf, fenOf, gateText, missingForFixing, saveHazard } from "../src/five";
import { foresee, waitingSteps } from "../src/foresee";
import { readOp, type Op } from "../src/op";
import type { Entry } from "../src/record";
import { saveRepair, saveReview, stepOf, type Review } from "../src/review";
import type { Phone } from "../src/session";
import { shown } from "../src/shown";
import { listQueued } from "../src/storeOps";
import { Store } from "../src/store";
import { viewRecord, type Seen } from "../src/view";
import { HAZARD, patchOp, record, stamp, VILLAGE, uuid } from "./data";

const FIVE = {
  "plan.owner": "甲",
  "plan.measures": "更换软管",
  "plan.funds_fen": 120_000,
  deadline: "2026-12-20",
  "plan.contingency": "停气",
};
let phone: Phone;
let count = 0;

beforeEach(async () => {
  phone = { store: new Store(`repair-${(count += 1)}`), env: systemEnv("boot-1") };
  await phone.store.set({ user: { id: uuid(1), name: "甲", unit: "临溪社区" }, scope_version: 3, device: uuid(2), roles: ["R1"] });
});

function entries(values: Record<string, unknown>): Record<string, Entry[]> {
  return Object.fromEntries(Object.entries(values).map(([name, value], at) => [name, [{ ...stamp(1 + at, { rev: 1 }), value } as Entry]]));
}

async function keep(values: Record<string, unknown>): Promise<void> {
  const state = record(entries(values));
  await phone.store.records.put({ feed: VILLAGE, id: HAZARD, kind: "hazard", rev: 9, vrev: 1, number: null, state, stale: 0 });
}

async function queued(): Promise<Op[]> {
  return (await listQueued(phone.store)).map((row) => readOp(row.text));
}

/** What the form is filled with now. */
async function seen(): Promise<Seen> {
  return (await viewRecord(phone.store, HAZARD))!;
}

const jpeg = (n: number): Blob => new Blob([Uint8Array.of(0xff, 0xd8, 0xff, n)]);

function review(verdict: Review["verdict"], photos = 1): Review {
  const taken = Array.from({ length: photos }, (_, n) => ({ bytes: jpeg(n), source: "camera_inapp" as const, role: "after", takenAt: 1, fix: null }));
  return {
    verdict,
    opinion: "现场已换新软管",
    newDeadline: null,
    reviewers: ["甲"],
    position: { reason: "室内" },
    photos: taken,
    noPhotoReason: null,
  };
}

describe("五落实", () => {
  it("names what is missing in the notice's words and order", () => {
    const hazard = record(entries({ level: "general", "plan.owner": "甲", "plan.measures": "更换", deadline: "2026-12-20" }));
    expect(gateText(missingForFixing(hazard))).toBe("还差：资金、应急预案，补齐后才能进入整改");
    expect(gateText(missingForFixing(record(entries({ level: "general", ...FIVE }))))).toBe("");
  });

  it("a 重大 hazard needs the names and the report to the regulator too", () => {
    const missing = missingForFixing(record(entries({ level: "major_direct", ...FIVE })));
    expect(gateText(missing)).toBe("还差：排查责任人、治理责任人、管控责任人、报监管部门，补齐后才能进入整改");
    const fire = missingForFixing(record(entries({ level: "major_direct", ...FIVE, sector: "fire", "dual.regulator_at": "2026-11-20T00:00:00Z" })));
    expect(fire).toHaveLength(9);
  });

  it("is one patch of what changed and the step that was asked for", async () => {
    await keep({ level: "general", state: "plan", ...FIVE });
    const values = { ...FIVE, "plan.owner": " 乙 ", "plan.measures": "" };
    expect(await saveHazard(phone, HAZARD, values, { to: "fixing", reason: "五项已落实" }, { seen: await seen() })).toHaveLength(2);
    const [patch, step] = await queued();
    expect(patch).toMatchObject({ kind: "patch", set: { "plan.owner": { base: "甲", new: "乙" } } });
    expect(Object.keys((patch as Extract<Op, { kind: "patch" }>).set)).toEqual(["plan.owner"]);
    expect(step).toMatchObject({ kind: "transition", from: "plan", to: "fixing" });
    expect((await viewRecord(phone.store, HAZARD))?.fields.state).toBe("fixing");
    expect(await saveHazard(phone, HAZARD, { "plan.owner": "乙" }, null, { seen: await seen() })).toEqual([]);
  });

  it("does not put back what somebody else changed while the form was open", async () => {
    await keep({ level: "general", state: "plan", ...FIVE });
    const opened = await seen();
    await keep({ level: "general", state: "plan", ...FIVE, "plan.measures": "换成金属软管" });
    await phone.store.records.where("id").equals(HAZARD).modify({ rev: 10 });
    await saveHazard(phone, HAZARD, { ...FIVE, "plan.owner": "乙" }, null, { seen: opened });
    const [patch] = await queued();
    expect(patch).toMatchObject({ kind: "patch", base_rev: opened.rev, set: { "plan.owner": { base: "甲", new: "乙" } } });
    expect(Object.keys((patch as Extract<Op, { kind: "patch" }>).set)).toEqual(["plan.owner"]);
  });

  it("the step stays undone on the screen while something is missing", async () => {
    await keep({ level: "general", state: "plan" });
    await saveHazard(phone, HAZARD, { "plan.owner": "甲" }, { to: "fixing", reason: "先确认" }, { seen: await seen() });
    expect((await viewRecord(phone.store, HAZARD))?.fields.state).toBe("plan");
    await saveHazard(phone, HAZARD, FIVE, null, { seen: await seen() });
    expect((await viewRecord(phone.store, HAZARD))?.fields.state).toBe("fixing");
  });

  it("reads amounts as people type them", () => {
    expect(["1200", "1,200.5 元", "０", "3.14", "12.345", "-1", "很多"].map(fenOf)).toEqual([120_000, 120_050, 0, 314, null, null, null]);
    expect(changesOf({ a: 1 }, { a: 1, b: "  ", c: null })).toEqual({});
  });
});

describe("what looks safer", () => {
  const patch = (set: Record<string, { new: string }>): Op => ({ ...(patchOp("") as Extract<Op, { kind: "patch" }>), set });
  const hazard = record(entries({ level: "major_direct", control: "stopped", deadline: "2026-12-20", state: "verify" }));

  it("waits, and everything else is shown at once", () => {
    const later = [patch({ level: { new: "general" }, deadline: { new: "2026-12-30" }, control: { new: "evacuated" } })];
    const seen = foresee(HAZARD, hazard, later, ["R1"])!;
    expect(seen.waiting.map(({ field, lacks }) => [field, lacks])).toEqual([
      ["level", []],
      ["deadline", []],
    ]);
    expect(askedText(seen, ["level", "deadline", "control"])).toBe("降为一般隐患、时限改晚需街道核定，已提交申请");
    expect(askedText(seen, ["control"])).toBe("");
    expect([shown(seen.record, "level"), shown(seen.record, "deadline"), shown(seen.record, "control")]).toEqual([
      "major_direct",
      "2026-12-20",
      "evacuated",
    ]);
  });

  it("takes effect at once for who may decide it alone", () => {
    const seen = foresee(HAZARD, hazard, [patch({ control: { new: "none" } })], ["R3"])!;
    expect([seen.waiting, shown(seen.record, "control")]).toEqual([[], "none"]);
  });

  it("does not touch the server's state", () => {
    const before = JSON.stringify(hazard);
    foresee(HAZARD, hazard, [patch({ control: { new: "evacuated" } }), patch({ level: { new: "general" } })], ["R1"]);
    expect(JSON.stringify(hazard)).toBe(before);
  });
});

describe("a review", () => {
  it("真改 of a 一般 hazard is accepted, with after-photos on the review and on the hazard", async () => {
    await keep({ level: "general", state: "verify", ...FIVE });
    const id = await saveReview(phone, HAZARD, review("real"));
    const ops = await queued();
    expect(ops.map((op) => [op.type, op.kind])).toEqual([
      ["review", "create"],
      ["review", "photo.attach"],
      ["hazard", "photo.attach"],
      ["review", "submit"],
      ["hazard", "patch"],
      ["hazard", "transition"],
    ]);
    expect(ops[0]).toMatchObject({ record: id, fields: { hazard: HAZARD, verdict: "real", reviewers: ["甲"], no_fix_reason: "室内" } });
    expect(ops[2]).toMatchObject({ record: HAZARD, role: "after", source: "camera_inapp" });
    expect(ops[5]).toMatchObject({ from: "verify", to: "accepted", evidence: { verdict: "real", review: id, closure: "reviewed" } });
    expect((await viewRecord(phone.store, HAZARD))?.fields.state).toBe("accepted");
    expect(await phone.store.photos.count()).toBe(1);
  });

  it("真改 of a 重大 hazard is only asked for", async () => {
    await keep({ level: "major_direct", state: "verify" });
    await saveReview(phone, HAZARD, review("real"));
    expect((await viewRecord(phone.store, HAZARD))?.fields.state).toBe("verify");
  });

  it("真改 without an after-photo says what it lacks", async () => {
    await keep({ level: "general", state: "verify" });
    await saveReview(phone, HAZARD, review("real", 0));
    const row = (await phone.store.records.toArray())[0]!;
    const seen = foresee(HAZARD, row.state, await queued(), ["R1"])!;
    expect(seen.waiting.map(({ lacks }) => lacks)).toEqual([["photos.after"]]);
    expect(waitingSteps(seen.record).map(({ lacks }) => lacks)).toEqual([["photos.after"]]);
  });

  it("a stricter verdict stands at once and leads to where something is missing", async () => {
    await keep({ level: "major_direct", state: "verify" });
    await saveReview(phone, HAZARD, review("fake"));
    expect((await viewRecord(phone.store, HAZARD))?.fields.state).toBe("plan");
    const step = (state: string, verdict: Review["verdict"], level = "general", more = {}) =>
      stepOf(record(entries({ level, state, ...more })), verdict);
    expect(step("verify", "partial", "general", FIVE)).toBe("fixing");
    expect(step("closed", "fake")).toBe("plan");
    expect([step("accepted", "real"), step("fixing", "not_done")]).toEqual([null, null]);
    expect([step("reg", "real"), step("reg", "real", "suspected"), step("reg", "partial")]).toEqual(["accepted", "verify", null]);
  });

  it("is asked for with what was done and for whom", async () => {
    await keep({ level: "general", state: "fixing", ...FIVE });
    await saveRepair(phone, HAZARD, { workDone: "已更换", spentFen: 5_000, onBehalfOf: "厂长", photos: review("real").photos });
    const ops = await queued();
    expect(ops.map((op) => op.kind)).toEqual(["photo.attach", "patch", "transition"]);
    expect(ops[2]).toMatchObject({ from: "fixing", to: "verify", evidence: { on_behalf_of: "厂长" } });
    expect((await viewRecord(phone.store, HAZARD))?.fields.state).toBe("verify");
  });
});
