/** Instants and days as people at a desk read them. */
import { expect, it } from "vitest";
import { dueText } from "../src/words";

it("shows a day that ends at midnight as that day, and another hour with its day", () => {
  expect(dueText("2026-10-12T00:00:00+08:00")).toBe("2026年10月11日");
  expect(dueText("2026-12-01T00:00:00+08:00", " 24:00")).toBe("2026年11月30日 24:00");
  expect(dueText("2026-10-12T00:00:01+08:00")).toBe("2026年10月12日 00:00");
  expect(dueText(null)).toBe("");
});
