import { describe, expect, it, vi } from "vitest";
import { csvText } from "../src/imports/csv";

vi.stubGlobal("BroadcastChannel", class {});
const { linesOf } = await import("../src/imports/kinds");

describe("a CSV file", () => {
  it("starts with a byte order mark and quotes what must be quoted", () => {
    expect(csvText([["姓名", 'a"b', "甲,乙"]])).toBe('\ufeff姓名,"a""b","甲,乙"\r\n');
  });

  it("makes text of what a spreadsheet would run", () => {
    expect(csvText([["=1+1", "-2", "@x"]])).toBe("\ufeff'=1+1,'-2,'@x\r\n");
  });
});

describe("what an import came to", () => {
  it("leaves out lines about nothing", () => {
    const areas = { dry_run: true, added: ["云上村"], changed: [], unchanged: 0, not_in_file: [], overlaps: [] };
    expect(linesOf(areas)).toEqual(["新增村（社区） 1 个：云上村"]);
  });

  it("tells people from places", () => {
    const passed_over = { rows: [], columns: [], sheets: [] };
    const people = { dry_run: true, rows: 2, created: [{ row: 2, name: "甲", login: "a" }], extended: 1, unchanged: 0, passed_over };
    expect(linesOf(people)).toEqual(["读到的行 2", "新建账号 1", "已有账号、增加权限 1"]);
    const places = { dry_run: true, rows: 3, created: 2, changed: 1, unchanged: 0, review: 1, passed_over };
    expect(linesOf(places)).toEqual(["读到的行 3", "新登记 2", "更新 1", "其中需要人工确认 1"]);
  });
});
