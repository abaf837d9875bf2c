import { describe, expect, it } from "vitest";
import { appendix2Title, headerName, LINES, lineLabel, lineName } from "../src/forms/printed";

describe("the printed words of 附件2", () => {
  it("prints the stem of a village before 村（社区）, and other areas in full", () => {
    expect(headerName("庙垭村")).toEqual({ underlined: "庙垭", suffix: "村（社区）" });
    expect(headerName("临溪社区")).toEqual({ underlined: "临溪", suffix: "村（社区）" });
    expect(headerName("葛城街道办事处")).toEqual({ underlined: "葛城街道办事处", suffix: "" });
    // A name that is only the suffix has no stem.
    expect(headerName("村")).toEqual({ underlined: "村", suffix: "" });
  });

  it("has fourteen numbers and restarts numbering in the second part", () => {
    expect(LINES).toHaveLength(14);
    expect(LINES[6]).toBe("2.1");
    expect(lineName("2.8")).toBe("二.8");
    expect(lineLabel("1.4")).toBe("排查发现重大事故隐患中已完成整改的（个）");
  });

  it("leaves a blank for an office that is not known", () => {
    expect(appendix2Title("葛城街道办事处", 2023)).toBe("葛城街道办事处重大事故隐患专项排查整治2023行动进展情况月度调度表");
    expect(appendix2Title("", 2023)).toMatch(/^_{10}重大/);
  });
});
