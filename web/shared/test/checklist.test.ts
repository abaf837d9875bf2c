/** Which items a place is asked for on a day, what an item brings to a hazard, and what a spot check counts; against the packs of the program. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checklistVersion, criteriaOn, prefillOf, sheetsFor, standardsOn } from "../src/checklist";
import { atomText, completeFindings, countedLines, SPOT_ATOMS, SPOT_LINES } from "../src/spotCheck";
import type { Catalogue, CatalogueStandard } from "../src/store";

interface Pack {
  code: string;
  title: string;
  sector: string | null;
  kind: "criteria" | "checklist";
  effective_from: string;
  effective_to: string | null;
  items: { code: string; article: string; text: string; status: string; place_types?: string[]; sectors?: string[] }[];
}

function pack(code: string): CatalogueStandard {
  const url = new URL(`../../../server/catalogue/packs/${code}.json`, import.meta.url);
  const { title, sector, kind, effective_from: from, effective_to: to, items } = JSON.parse(readFileSync(url, "utf8")) as Pack;
  const verified = items.filter(({ status }) => status === "verified");
  return {
    code,
    title,
    sector,
    kind,
    from,
    to: to ?? "",
    items: verified.map(({ code: item, article, text, place_types: placeTypes, sectors }) => ({
      code: item,
      article,
      text,
      ...(placeTypes ? { placeTypes } : {}),
      ...(sectors ? { sectors } : {}),
    })),
  };
}

const catalogue: Catalogue = { version: "1", until: "2023-12-31", standards: ["JZ-2023", "GM-2023", "HC-2017", "HZ-2017"].map(pack) };
const DAY = "2023-06-12";
const shop = { placeType: "self_employed", sector: "other" };
const factory = { placeType: "enterprise", sector: "industry" };
const asked = (place: Parameters<typeof sheetsFor>[2], day = DAY): Record<string, number> =>
  Object.fromEntries(sheetsFor(catalogue, day, place).map(({ standard, title, items }) => [standard === "JZ-2023" ? title : standard, items.length]));

describe("the checklists of a place", () => {
  it("are those of its 行业领域 and type, fire safety everywhere", () => {
    expect(asked(factory)).toEqual({ 三大作业: 5, 火灾防控: 9, "GM-2023": 27, "HC-2017": 0, "HZ-2017": 5 });
    expect(asked(shop)).toEqual({ 三大作业: 0, 火灾防控: 9, "GM-2023": 0, "HC-2017": 0, "HZ-2017": 5 });
    expect(asked({ placeType: "forest", sector: null })["火灾防控"]).toBe(10);
    expect(asked({ placeType: null, sector: null })["三大作业"]).toBe(0);
  });

  it("are those in force on the day, though the phone holds later ones already", () => {
    expect(standardsOn(catalogue, "2023-05-14").map(({ code }) => code)).toEqual(["HC-2017", "HZ-2017"]);
    expect(standardsOn(catalogue, "2023-05-15").map(({ code }) => code)).toEqual(["GM-2023", "HC-2017", "HZ-2017"]);
    const ended = { ...catalogue.standards[1]!, code: "GM-2017", from: "2017-11-13", to: "2023-05-14" };
    const both = { ...catalogue, standards: [...catalogue.standards, ended] };
    expect(criteriaOn(both, "2023-05-14").map(({ code }) => code)).toContain("GM-2017");
    expect(criteriaOn(both, DAY).map(({ code }) => code)).toEqual(["GM-2023", "HC-2017", "HZ-2017"]);
  });

  it("hold nothing of a spot check, which has a page of its own", () => {
    const codes = sheetsFor(catalogue, DAY, factory).flatMap(({ items, others }) => [...items, ...others].map(({ code }) => code));
    expect(codes.filter((code) => /-k\d/.test(code))).toEqual([]);
    expect(checklistVersion(catalogue.standards, ["GM-2023-3.1"], false)).toBe("GM-2023");
    expect(checklistVersion(catalogue.standards, ["GM-2023-3.1"], true)).toBe("GM-2023、JZ-2023");
    expect(checklistVersion(catalogue.standards, [], false)).toBeNull();
  });
});

describe("an item that is 不符合", () => {
  it("of a criterion makes the hazard 重大 by it", () => {
    const prefill = prefillOf(catalogue.standards, "GM-2023-3.2");
    expect(prefill).toMatchObject({ level: "major_direct", criterionIds: ["GM-2023-3.2"], tags: {} });
    expect(prefill.description).toContain("特种作业人员");
  });

  it.each([
    ["JZ-2023-V5", "占堵“生命通道”", { fire_violations: ["V5"] }],
    ["JZ-2023-F2", "安全疏散设施", { fire_facilities: ["evacuate"] }],
    ["JZ-2023-W2", "没协议不定责", { work_faults: ["W2"] }],
  ])("of the notice's list brings its mark and leaves the level open: %s", (code, description, tags) => {
    expect(prefillOf(catalogue.standards, code)).toEqual({ level: "", description, criterionIds: [], tags });
  });
});

describe("a spot check", () => {
  it("asks the atoms that the program's checklist has, under the lines they count for", () => {
    const items = catalogue.standards[0]!.items.filter(({ code }) => code.startsWith("JZ-2023-k"));
    expect(items.map(({ code, article }) => [code.slice(8), article])).toEqual(
      SPOT_LINES.flatMap(({ line, atoms }) => atoms.map(([atom]) => [atom, `二.${line}`])),
    );
  });

  it("has the words of the form", () => {
    const form = readFileSync(new URL("../../../server/reports/tests/fixtures/appendix2-empty.txt", import.meta.url), "utf8").replace(/[\s⏎]/g, "");
    for (const { title } of SPOT_LINES) expect(form).toContain(title);
    for (const atom of ["k7a", "k7a2", "k7b", "k7c", "k7d"]) {
      const words = atomText(atom)
        .split("：")[1]!
        .replace(/^承包承租方未/, "未");
      expect(form).toContain(words);
    }
  });

  it("counts a line for any of its atoms, and what nobody answered is 未查 and counts nowhere", () => {
    const findings = completeFindings({ k5b: "N", k7a2: "N", k7d: "N", k3: "Y", k8a: "NA" });
    expect(Object.keys(findings)).toEqual(SPOT_ATOMS);
    expect([findings.k2, findings.k3, findings.k8a]).toEqual(["U", "Y", "NA"]);
    expect(countedLines(findings)).toEqual(["5", "7"]);
  });
});
