import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { DEEDS, subjectLink } from "../src/audit";

it("every kind that the server writes can be chosen, by the same words", () => {
  const source = readFileSync(fileURLToPath(new URL("../../../server/src/usecases/write_audit.rs", import.meta.url)), "utf8");
  const words = (pattern: RegExp): Map<string, string> => new Map([...source.matchAll(pattern)].map(([, deed, text]) => [deed!, text!]));
  const codes = words(/Self::(\w+) => "([a-z_]+)"/g);
  const titles = words(/Self::(\w+) => "([^a-z"]+)"/g);
  expect(codes.size).toBe(20);
  const written = [...codes].map(([deed, code]) => [code, titles.get(deed)]);
  expect([...DEEDS].sort()).toEqual(written.sort());
});

it("only what has a page of its own is linked", () => {
  expect(subjectLink({ subject_kind: "hazard", subject: "1" })).toBe("/hazards/1");
  expect(subjectLink({ subject_kind: "inspection", subject: "1" })).toBe("/inspections/1");
  expect(subjectLink({ subject_kind: "user", subject: "1" })).toBeUndefined();
});
