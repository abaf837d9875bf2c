import { describe, expect, it, vi } from "vitest";

// The session of the tabs needs a browser's channel; nothing is sent here.
vi.stubGlobal("BroadcastChannel", class {});
const { RequestError } = await import("../src/api/problem");
const { blockedBy, deedsOf, standOf } = await import("../src/forms/life");

type Life = Parameters<typeof deedsOf>[0];
type Me = NonNullable<Parameters<typeof deedsOf>[1]>;

const VILLAGE = "500299001001";

function lifeIn(state: string, correction_waits = false): Life {
  return { area: VILLAGE, state, correction_waits } as Life;
}

function meAs(role: string, village = VILLAGE): Me {
  return { roles: [{ role, title: "", everywhere: false, villages: [{ code: village, name: "" }] }] } as unknown as Me;
}

function actionsOf(life: Life, me: Me): string[] {
  return deedsOf(life, me).map(({ action }) => action);
}

describe("what may be done with a form", () => {
  it("follows its state and the role", () => {
    expect(actionsOf(lifeIn("draft"), meAs("R2"))).toEqual(["submit"]);
    expect(actionsOf(lifeIn("street_returned"), meAs("R2"))).toEqual(["submit"]);
    expect(actionsOf(lifeIn("village_submitted"), meAs("R2"))).toEqual([]);
    expect(actionsOf(lifeIn("village_submitted"), meAs("R3"))).toEqual(["lock", "return"]);
    expect(actionsOf(lifeIn("street_locked"), meAs("R3"))).toEqual(["request_correction"]);
    expect(actionsOf(lifeIn("street_locked", true), meAs("R3"))).toEqual([]);
    expect(actionsOf(lifeIn("street_locked", true), meAs("R4"))).toEqual(["approve_correction", "refuse_correction"]);
    expect(actionsOf(lifeIn("draft"), meAs("R6"))).toEqual([]);
  });

  it("ends at the border of the village", () => {
    expect(actionsOf(lifeIn("draft"), meAs("R2", "500299001002"))).toEqual([]);
  });
});

describe("checks", () => {
  const check = { code: "B3", hard: true, may_override: true, words: "", records: [] };

  it("lets the subdistrict override what may be overridden, and nobody else", () => {
    expect(standOf(check, meAs("R3"), VILLAGE)).toBe("override");
    expect(standOf(check, meAs("R2"), VILLAGE)).toBe("hard");
    expect(standOf({ ...check, may_override: false }, meAs("R3"), VILLAGE)).toBe("hard");
    expect(standOf({ ...check, hard: false }, meAs("R2"), VILLAGE)).toBe("explain");
  });

  it("takes the checks of a refusal as the server gives them", () => {
    const checks = [{ code: "W4", words: "请补齐", hard: true, may_override: false, records: [] }];
    expect(blockedBy(new RequestError(422, "form-blocked", "W4 请补齐", [], checks))).toEqual(checks);
    expect(blockedBy(new Error("别的"))).toEqual([]);
  });
});
