/** What somebody is asked to do, and when it is done; and what was done about a hazard, by whomever. */
import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import type { Json } from "../src/canonical";
import { systemEnv } from "../src/env";
import { saveVisit, type Visit } from "../src/inspection";
import type { Entry, RecordState } from "../src/record";
import { saveReview } from "../src/review";
import { listRounds } from "../src/rounds";
import type { Phone } from "../src/session";
import { Store } from "../src/store";
import { listTasks } from "../src/task";
import { foreseeRecord } from "../src/view";
import { HAZARD, record, stamp, uuid, VILLAGE } from "./data";

const NOW = Date.parse("2026-11-20T09:00:00+08:00");
const ME = uuid(1);
let phone: Phone;
let count = 0;

beforeEach(async () => {
  phone = { store: new Store(`tasks-${(count += 1)}`), env: systemEnv("boot-1") };
  await phone.store.set({ user: { id: ME, name: "甲", unit: "临溪社区" }, roles: ["R1"], villages: [{ id: VILLAGE, name: "临溪社区", top: false }] });
});

function entries(fields: Record<string, Json>): Record<string, Entry[]> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, [{ ...stamp(2), value }]]));
}

async function put(kind: string, id: string, fields: Record<string, Json>, more: Partial<RecordState> = {}): Promise<void> {
  const state = record(entries(fields), { id, kind, ...more });
  await phone.store.records.put({ feed: VILLAGE, id, kind, rev: 9, vrev: 1, number: null, state, stale: 0 });
}

const asked = (more: Record<string, Json> = {}): Record<string, Json> => ({
  what: "inspect",
  visit_kind: "patrol",
  due: "2026-11-25",
  free_place: { name: "沟口集市" },
  assigned_by: { user: uuid(9), name: "乙" },
  ...more,
});

const texts = async (): Promise<string[]> => (await listTasks(phone.store, NOW)).map(({ text }) => text);

const visit: Visit = {
  village: VILLAGE,
  place: { name: "沟口集市" },
  kind: "patrol",
  task: uuid(50),
  inspectingUnit: "临溪社区",
  inspectors: ["甲"],
  ledBy: null,
  startedAt: NOW,
  position: { reason: "室内" },
  checklistVersion: null,
  answers: {},
  findings: {},
  findingNotes: {},
  summary: "无",
  handling: null,
  remark: null,
  blockedReason: null,
  jointVisit: [],
  photos: [],
  noPhotoReason: "未拍照",
  hazards: [],
};

describe("a visit that somebody is asked for", () => {
  it("is listed by its day, overdue ones first, for who is asked and for everybody", async () => {
    await put("task", uuid(50), asked());
    await put("task", uuid(51), asked({ due: "2026-11-19", assignee: { user: ME, name: "甲" }, free_place: { name: "晒场" } }));
    await put("task", uuid(52), asked({ assignee: { user: uuid(7), name: "丙" } }));
    await put("task", uuid(53), asked({ cancelled: true }));
    const tasks = await listTasks(phone.store, NOW);
    expect(tasks.map(({ text, overdue, personal }) => [text, overdue, personal])).toEqual([
      ["日常排查：晒场", true, true],
      ["日常排查：沟口集市", false, false],
    ]);
    await phone.store.set({ roles: ["R4"] });
    expect(await texts()).toEqual(["日常排查：晒场"]);
  });

  it("is done once this phone saved the visit, and when another's arrived, but not by one that was voided", async () => {
    await put("task", uuid(50), asked());
    await put("inspection", uuid(60), { task: uuid(50), voided: true }, { submitted: stamp(3) });
    await put("inspection", uuid(61), { task: uuid(50) });
    expect(await texts()).toEqual(["日常排查：沟口集市"]);
    await saveVisit(phone, visit);
    expect(await texts()).toEqual([]);
    await phone.store.outbox.clear();
    await put("inspection", uuid(61), { task: uuid(50) }, { submitted: stamp(3) });
    expect(await texts()).toEqual([]);
  });

  it("is not done by a visit in another village", async () => {
    await put("task", uuid(50), asked());
    await saveVisit(phone, { ...visit, village: "500299001999" });
    expect(await texts()).toEqual(["日常排查：沟口集市"]);
  });
});

describe("a reminder", () => {
  const reminder = (more: Record<string, Json>): Record<string, Json> => ({ what: "remind", due: "2026-11-20", hazard: HAZARD, ...more });

  it("of several days is told once and ends with its matter", async () => {
    await put("task", uuid(50), reminder({ reminds: "deadline", text: "昨天的提醒" }), { created: stamp(1, { at: "2026-11-19T01:00:00Z" }) });
    await put("task", uuid(51), reminder({ reminds: "deadline", text: "今天的提醒" }), { created: stamp(1, { at: "2026-11-20T01:00:00Z" }) });
    await put("hazard", HAZARD, { state: "fixing", level: "general", deadline: "2026-11-21" });
    expect(await texts()).toEqual(["今天的提醒"]);
    await put("hazard", HAZARD, { state: "fixing", level: "general", deadline: "2026-12-21" });
    expect(await texts()).toEqual([]);
    await put("hazard", HAZARD, { state: "closed", level: "general", deadline: "2026-11-21" });
    expect(await texts()).toEqual([]);
  });

  it("of 双报告, of 核定 and of a form each end with that", async () => {
    await put("task", uuid(50), reminder({ reminds: "dual_report", text: "双报告" }));
    await put("task", uuid(51), reminder({ reminds: "judge", text: "核定" }));
    await put("task", uuid(52), { what: "remind", due: "2026-11-30", reminds: "form", form_kind: "appendix1", month: "2026-11", text: "附件1" });
    await put("hazard", HAZARD, { state: "plan", level: "suspected" });
    expect(await texts()).toEqual(["核定", "附件1"]);
    await put("hazard", HAZARD, { state: "plan", level: "major_direct" });
    expect(await texts()).toEqual(["双报告", "附件1"]);
    await put("hazard", HAZARD, { state: "plan", level: "major_direct", "dual.regulator_at": "2026-11-20T01:00:00Z" });
    const event = (action: string, at: string): Json => ({ action, at });
    const form = { form_kind: "appendix1", month: "2026-11", "event.1": event("submit", "2026-11-20T01:00:00Z") };
    await put("form", uuid(70), form);
    expect(await texts()).toEqual([]);
    await put("form", uuid(70), { ...form, "event.2": event("return", "2026-11-20T02:00:00Z") });
    expect(await texts()).toEqual(["附件1"]);
  });
});

it("repairs and reviews of everybody stand in the order in which they were made, this phone's own too", async () => {
  const via = { roles: ["R1"], base_rev: 1, from: "fixing", reason: "已装护栏", evidence: { on_behalf_of: "演示厂长" } };
  const state = [{ ...stamp(5, { at: "2026-11-20T01:00:00Z" }), value: "verify", via }];
  const hazard = record({ ...entries({ level: "general", description: "没有护栏" }), state });
  await phone.store.records.put({ feed: VILLAGE, id: HAZARD, kind: "hazard", rev: 9, vrev: 1, number: null, state: hazard, stale: 0 });
  const other = { hazard: HAZARD, verdict: "partial", opinion: "还缺一段", reviewers: ["乙"], reviewed_at: "2026-11-20T02:00:00Z" };
  await put("review", uuid(80), other, { submitted: stamp(3) });
  await put("review", uuid(81), { ...other, hazard: uuid(99) });
  await saveReview(phone, HAZARD, {
    verdict: "real",
    opinion: "已装好",
    newDeadline: null,
    reviewers: ["甲"],
    position: { reason: "室内" },
    photos: [],
    noPhotoReason: "未拍照",
  });
  const rounds = await listRounds(phone.store, (await foreseeRecord(phone.store, HAZARD))!.record);
  expect(rounds.map(({ what, verdict, words, people }) => [what, verdict, words, people])).toEqual([
    ["repair", "", "已装护栏", ["演示厂长"]],
    ["review", "partial", "还缺一段", ["乙"]],
    ["review", "real", "已装好", ["甲"]],
  ]);
});
