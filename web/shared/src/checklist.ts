/**
 * Checklists of a visit: the verified items of the catalogue that apply to the place, by what was in force on the day. What a newcomer gets
 * wrong: an item names what would be wrong, so 不符合 means that it is so; and the day of the visit decides, not the day the phone last had
 * signal, which is why its copy holds editions that begin later.
 */
import { zh } from "./language";
import { writtenWordsOf } from "./schema";
import { SPOT_ATOMS } from "./spotCheck";
import type { Catalogue, CatalogueItem, CatalogueStandard } from "./store";

/** Fire safety concerns every place; the other 行业领域 their own. */
const SECTOR_OF_ALL = "fire";
/** Fields of a hazard whose words are items of the notice's own checklist. */
const TAG_FIELDS = ["fire_violations", "fire_facilities", "work_faults"];

/** What is known of the place; a place that nobody registered has neither. */
export interface PlaceTraits {
  placeType: string | null;
  sector: string | null;
}

/** One list of items: a standard, or a chapter of the notice's checklist. */
export interface Sheet {
  key: string;
  standard: string;
  title: string;
  /** Items that apply to the place. */
  items: CatalogueItem[];
  /** Items that do not, or of which it is not known. */
  others: CatalogueItem[];
}

/** The standards in force on a business day (`2026-11-20`). */
export function standardsOn(catalogue: Catalogue | undefined, day: string): CatalogueStandard[] {
  return (catalogue?.standards ?? []).filter(({ from, to }) => (!from || from <= day) && (!to || day <= to));
}

/** Criteria in force on a day, for choosing what makes a hazard 重大. */
export function criteriaOn(catalogue: Catalogue | undefined, day: string): CatalogueStandard[] {
  return standardsOn(catalogue, day).filter(({ kind }) => kind !== "checklist");
}

/** Every list of the day with what of it applies to the place, the notice's own first. What a spot check asks has a page of its own. */
export function sheetsFor(catalogue: Catalogue | undefined, day: string, place: PlaceTraits): Sheet[] {
  const sheets = new Map<string, Sheet>();
  const standards = standardsOn(catalogue, day);
  for (const standard of [...standards].sort((a, b) => Number(a.kind !== "checklist") - Number(b.kind !== "checklist"))) {
    for (const item of standard.items.filter((one) => !isSpotAtom(one.code))) {
      const chapter = standard.kind === "checklist" ? item.article : standard.title;
      const key = `${standard.code}/${chapter}`;
      const sheet = sheets.get(key) ?? { key, standard: standard.code, title: chapter, items: [], others: [] };
      (isAbout(standard, item, place) ? sheet.items : sheet.others).push(item);
      sheets.set(key, sheet);
    }
  }
  return [...sheets.values()];
}

function isSpotAtom(code: string): boolean {
  return SPOT_ATOMS.includes(code.slice(code.lastIndexOf("-") + 1));
}

function isAbout(standard: CatalogueStandard, item: CatalogueItem, { placeType, sector }: PlaceTraits): boolean {
  const { placeTypes = [], sectors = [] } = item;
  if (placeTypes.length + sectors.length > 0) return placeTypes.includes(placeType ?? "") || sectors.includes(sector ?? "");
  return [null, SECTOR_OF_ALL, sector].includes(standard.sector);
}

/** What an item that is 不符合 brings to the hazard that is entered for it. */
export interface Prefill {
  level: string;
  description: string;
  criterionIds: string[];
  tags: Record<string, string[]>;
}

/** A criterion makes the hazard 重大; an item of the notice's checklist brings its mark, and the inspector says how grave it is. */
export function prefillOf(standards: CatalogueStandard[], code: string): Prefill {
  const standard = standards.find(({ items }) => items.some((item) => item.code === code));
  const text = standard?.items.find((item) => item.code === code)?.text ?? "";
  if (standard && standard.kind !== "checklist") return { level: "major_direct", description: text, criterionIds: [code], tags: {} };
  const marks = TAG_FIELDS.flatMap((field): [string, string[]][] => {
    const mark = writtenWordsOf("hazard", field).find(([, words]) => words === text);
    return mark ? [[field, [mark[0]]]] : [];
  });
  return { level: "", description: text, criterionIds: [], tags: Object.fromEntries(marks) };
}

/** The editions that answers are about, as the inspection keeps them; a spot check is about the list that has its atoms, too. */
export function checklistVersion(standards: CatalogueStandard[], codes: string[], spot: boolean): string | null {
  const isUsed = (code: string): boolean => codes.includes(code) || (spot && isSpotAtom(code));
  const used = standards.filter(({ items }) => items.some((item) => isUsed(item.code))).map(({ code }) => code);
  return used.length === 0 ? null : used.sort().join(zh("、"));
}

/** How many of the items were answered. */
export function countAnswered(items: CatalogueItem[], answers: Record<string, string>): number {
  return items.filter(({ code }) => answers[code] !== undefined).length;
}
