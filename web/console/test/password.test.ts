import { describe, expect, it } from "vitest";
import { newPassword } from "../src/people/password";

describe("a first password", () => {
  it("is three groups of four symbols that nobody confuses", () => {
    const made = new Set(Array.from({ length: 200 }, newPassword));
    expect(made.size).toBe(200);
    for (const password of made) expect(password).toMatch(/^([2-9a-hjkmnp-z]{4}-){2}[2-9a-hjkmnp-z]{4}$/);
  });
});
