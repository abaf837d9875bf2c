/** Both apps in two languages: nothing Chinese outside `t`, every text with its English, no English that nobody says, the same values in both. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { speak, t, type Catalogue } from "@paicha/shared/language";
import tables from "../../shared/src/generated/schema.json";
import { SHARED_ENGLISH } from "@paicha/shared/english/index";
import { formatDay, formatDayAndTime, formatMoment, formatMonth, parseMs } from "@paicha/shared/time";
import { ENGLISH as FIELD_ENGLISH } from "../../field/src/english/index";
import { ENGLISH as CONSOLE_ENGLISH } from "../src/english/index";
import { server } from "../src/english/server";
import { readComponent, readScript, readSources, type Said } from "./sources";

const said = readSources(["shared", "field", "console"]);
const APPS = [
  { folder: "field", english: FIELD_ENGLISH, said: readSources(["shared", "field"]) },
  { folder: "console", english: CONSOLE_ENGLISH, said: readSources(["shared", "console"]) },
];

/** Every word of the schema, which is shown by way of `t`. */
function schemaWords(): string[] {
  const kinds = Object.values(tables.kinds) as { title_zh: string; fields: Record<string, { title_zh: string; words?: [string, string][] }> }[];
  const words = kinds.flatMap(({ title_zh, fields }) => [
    title_zh,
    ...Object.values(fields).flatMap((field) => [field.title_zh, ...(field.words ?? []).map(([, word]) => word)]),
  ]);
  return [...words, ...tables.edges.map((edge) => edge.title_zh), ...Object.values(tables.problems as Record<string, string>)];
}

function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name!))].sort();
}

/** Every file of a catalogue by its name. */
async function catalogueFiles(folder: string): Promise<[string, Catalogue][]> {
  const path = fileURLToPath(new URL(`../../${folder}/src/english/`, import.meta.url));
  const names = readdirSync(path).filter((name) => !["index.ts", "load.ts", "vant.ts"].includes(name));
  return Promise.all(
    names.map(async (name): Promise<[string, Catalogue]> => {
      const parts = (await import(`${path}${name}`)) as Record<string, Catalogue>;
      return [`${folder}/${name}`, Object.assign({}, ...Object.values(parts)) as Catalogue];
    }),
  );
}

afterEach(() => speak(null));

describe("the sources", () => {
  it("say nothing Chinese outside t, key and zh", () => {
    expect(said.texts.size).toBeGreaterThan(900);
    expect(said.unmarked).toEqual([]);
  });

  it.each(APPS)("of the $folder app have English for every text", ({ english, said: own }) => {
    expect([...own.texts.keys(), ...schemaWords()].filter((text) => english[text] === undefined)).toEqual([]);
  });

  it("are read as Vue and TypeScript read them", () => {
    const found: Said = { texts: new Map(), unmarked: [] };
    readScript(found, "a.ts", 'const a = t("一{n}", { n: "二" }); const b = `三${a}`; /* 四 */ const c = zh("五"); const d = key("六");');
    readComponent(
      found,
      "b.vue",
      '<template><p title="七" :alt="t(\'八\')" @click="x = \'九\'">十{{ t("百") }}<!-- 千 --></p></template><script setup lang="ts"></script>',
    );
    expect([...found.texts.keys()]).toEqual(["一{n}", "六", "八", "百"]);
    expect(found.unmarked).toEqual(["a.ts: 二", "a.ts: 三", "b.vue: 七", "b.vue: 九", "b.vue: 十"]);
  });
});

describe("the English", () => {
  it("has the same values as the Chinese", () => {
    const all = Object.entries({ ...FIELD_ENGLISH, ...CONSOLE_ENGLISH });
    expect(all.filter(([chinese, english]) => String(placeholders(chinese)) !== String(placeholders(english)))).toEqual([]);
    expect(all.filter(([, english]) => english.trim() === "" || /\{[^}]*$|\{\W/.test(english))).toEqual([]);
  });

  it("has no text that nobody says", () => {
    const known = new Set([...said.texts.keys(), ...schemaWords(), ...Object.keys(server)]);
    const all = Object.keys({ ...FIELD_ENGLISH, ...CONSOLE_ENGLISH });
    expect(all.filter((text) => !known.has(text))).toEqual([]);
  });

  it("of the server's words is about words that the server has", () => {
    const rust = ["server/src/usecases", "sync-protocol/src"].map((path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url)));
    const source = rust
      .flatMap((path) => readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => `${path}/${name}`))
      .filter((path) => path.endsWith(".rs"))
      .map((path) => readFileSync(path, "utf8"))
      .join("\n");
    expect(Object.keys(server).filter((text) => !source.includes(`"${text}"`))).toEqual([]);
  });

  it("says every word in one file only, and where it belongs", async () => {
    for (const folders of [
      ["shared", "field"],
      ["shared", "console"],
    ]) {
      const files = (await Promise.all(folders.map(catalogueFiles))).flat();
      const texts = files.flatMap(([, words]) => Object.keys(words));
      expect(texts.filter((text, at) => texts.indexOf(text) !== at)).toEqual([]);
    }
    const inBoth = Object.keys(FIELD_ENGLISH).filter((text) => text in CONSOLE_ENGLISH && !(text in SHARED_ENGLISH));
    expect(inBoth).toEqual([]);
  });
});

describe("a text", () => {
  it("is its own key, with its values, and without what tells it from its like", () => {
    expect(t("还有 {photos} 张照片没传完", { photos: 3 })).toBe("还有 3 张照片没传完");
    expect(t("排查#name")).toBe("排查");
  });

  it("is English by the catalogue, with one and many told apart", () => {
    speak(FIELD_ENGLISH);
    expect(t("还有 {photos} 张照片没传完", { photos: 1 })).toBe("1 photo to upload");
    expect(t("还有 {photos} 张照片没传完", { photos: 2 })).toBe("2 photos to upload");
    expect([t("排查#name"), t("排查")]).toEqual(["Paicha", "Inspection"]);
  });

  it("stays Chinese where the catalogue lacks it", () => {
    speak({});
    expect(t("还有 {photos} 张照片没传完", { photos: 1 })).toBe("还有 1 张照片没传完");
  });

  it("with a day has the day of Shanghai in the order of the language", () => {
    const ms = parseMs("2026-11-19T17:05:00Z")!;
    const texts = (): string[] => [formatDay(ms), formatMoment(ms), formatDayAndTime(ms), formatMonth(2026, 11)];
    expect(texts()).toEqual(["2026年11月20日", "11月20日 01:05", "2026年11月20日 01:05", "2026年11月"]);
    speak(CONSOLE_ENGLISH);
    expect(texts()).toEqual(["20 Nov 2026", "20 Nov 01:05", "20 Nov 2026 01:05", "Nov 2026"]);
  });
});
