/** What is shown: rules over values, approvals, the phone's own work laid over it. The whole demo is compared with the server end to end. */
import { describe, expect, it } from "vitest";
import { isLaidOver, layOver } from "../src/overlay";
import { disputedValues, shown } from "../src/shown";
import { areCovered } from "../src/standing";
import { changesByOthers } from "../src/news";
import type { Entry, Pending } from "../src/record";
import { HAZARD, patchOp, record, stamp, uuid } from "./data";

const entry = (n: number, value: Entry["value"], more: Partial<Entry> = {}): Entry => ({ value, ...stamp(n), ...more });

describe("a field", () => {
  it("shows the more dangerous, the earlier, both texts, the longest", () => {
    const state = record({
      level: [entry(1, "general"), entry(2, "suspected")],
      deadline: [entry(1, "2026-06-30"), entry(2, "2026-06-20")],
      position_text: [entry(1, "东侧"), entry(2, "西侧"), entry(3, "东侧")],
      description: [entry(1, "门敞开"), entry(2, "配电箱门敞开")],
      finders: [entry(1, "乙"), entry(2, "甲")],
    });
    expect(["level", "deadline", "position_text", "description", "finders"].map((name) => shown(state, name))).toEqual([
      "suspected",
      "2026-06-20",
      "东侧 / 西侧",
      "配电箱门敞开",
      ["乙", "甲"].sort(),
    ]);
    expect(disputedValues(state, "level")).toHaveLength(2);
    expect(disputedValues(state, "description")).toHaveLength(0);
  });

  it("shows the best fix that is not simulated", () => {
    const fix = (acc_m: number, mock: boolean) => ({ lat: 31, lon: 108, crs: "wgs84", acc_m, mock });
    expect(shown(record({ fix: [entry(1, fix(3, true)), entry(2, fix(9, false)), entry(3, fix(20, false))] }), "fix")).toEqual(fix(9, false));
  });
});

describe("a downgrade", () => {
  const pending: Pending = {
    ...stamp(3, { rev: 3 }),
    why: "proposal",
    field: "level",
    base: "suspected",
    value: "general",
    reason: null,
    roles: ["R1"],
    base_rev: 2,
  };
  const level = { level: [entry(1, "suspected", { rev: 1 })] };
  const approval = (roles: string[], author: string) => ({
    ...stamp(4, { rev: 4, author }),
    target: pending.op,
    verdict: "approve" as const,
    roles,
    base_rev: 3,
  });

  it("waits and leaves the level as it is", () => {
    expect(shown(record(level, { pending: [pending] }), "level")).toBe("suspected");
  });

  it("counts once somebody of the office who did not find the hazard agrees", () => {
    expect(shown(record(level, { pending: [pending], decisions: [approval(["R3"], uuid(50))] }), "level")).toBe("general");
    expect(shown(record(level, { pending: [pending], decisions: [approval(["R1"], uuid(50))] }), "level")).toBe("suspected");
    const finder = record(level).created.author;
    expect(shown(record(level, { pending: [pending], decisions: [approval(["R3"], finder)] }), "level")).toBe("suspected");
  });
});

it("two slots are two people, whatever roles one person holds, and who hands in for another is no second person", () => {
  const needs = [
    { roles: ["R3"], not_finder: false },
    { roles: ["R4"], not_finder: false },
  ];
  const person = (user: string, roles: string[], uploader?: string) => ({ user, roles, uploader });
  const nobody = (): boolean => false;
  expect(areCovered(needs, [person("a", ["R3", "R4"])], nobody)).toBe(false);
  expect(areCovered(needs, [person("a", ["R3", "R4"]), person("b", ["R3"])], nobody)).toBe(true);
  expect(areCovered(needs, [person("a", ["R3"], "b"), person("b", ["R4"])], nobody)).toBe(false);
});

describe("a state", () => {
  const reg = entry(1, "reg", { rev: 1 });
  const via = (from: string, roles: string[], base_rev: number) => ({ from, roles, base_rev });
  it("is what nobody who had seen it left", () => {
    const plan = entry(2, "plan", { rev: 2, via: via("reg", ["R1"], 1) });
    expect(shown(record({ level: [entry(1, "general")], state: [reg, plan] }), "state")).toBe("plan");
  });

  it("does not move while something is missing", () => {
    const plan = entry(2, "plan", { rev: 2, via: via("reg", ["R1"], 1) });
    const fixing = entry(3, "fixing", { rev: 3, via: via("plan", ["R1"], 2) });
    const fields = { level: [entry(1, "general")], state: [reg, plan, fixing] };
    expect(shown(record(fields), "state")).toBe("plan");
    const five = Object.fromEntries(
      [
        ["plan.owner", "张"],
        ["plan.measures", "换线"],
        ["plan.funds_fen", 100],
        ["deadline", "2026-12-01"],
        ["plan.contingency", "有"],
      ].map(([name, value]) => [name, [entry(1, value!)]]),
    );
    expect(shown(record({ ...fields, ...five }), "state")).toBe("fixing");
  });
});

describe("the phone's own work", () => {
  it("is laid over the server's values until a pull brings it", () => {
    const server = record({ position_text: [entry(1, "东侧")] });
    const view = layOver(HAZARD, server, [patchOp("西侧"), patchOp("走廊")], ["R1"])!;
    expect([view.fields.position_text, view.rev, view.pendingOps]).toEqual(["走廊", 9, 2]);
    expect(layOver(HAZARD, null, [patchOp("西侧", uuid(5))], ["R1"])).toBeNull();
  });

  it("that waits for a person is not laid over what the server shows", () => {
    expect(isLaidOver({ state: "waiting", seen: false }, true)).toBe(false);
    expect(isLaidOver({ state: "waiting", seen: false }, false)).toBe(true);
    expect(isLaidOver({ state: "queued", seen: false }, true)).toBe(true);
    expect(isLaidOver({ state: "acked", seen: true }, true)).toBe(false);
  });
});

it("news name what others changed and not what this person did", () => {
  const before = record({ level: [entry(1, "general")] }, { rev: 5 });
  const after = record({ level: [entry(1, "general"), entry(6, "suspected", { rev: 6 })] }, { rev: 6 });
  expect(changesByOthers(before, after, uuid(1))).toEqual([{ field: "level", mine: "general", now: "suspected" }]);
  expect(changesByOthers(before, after, uuid(106))).toEqual([]);
});
