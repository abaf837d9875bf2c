/** Hazards and visits that are known by their id only, as checks and numbers name them: what they are called and where their page is. */
import { t } from "@paicha/shared/language";
import { get } from "./api/client";
import { RequestError } from "./api/problem";
import type { RecordView } from "./api/types";
import { spoken } from "./record/spoken";

/** A record that is named somewhere else. */
export interface NamedRecord {
  id: string;
  kind: "hazards" | "inspections";
  /** Its page. */
  to: string;
  /** Number and place, or kind and place for a visit. */
  title: string;
  view: RecordView;
}

/** Kept while the page lives, so that paging back asks nothing again. */
const KEPT_MAX = 500;
const known = new Map<string, Promise<NamedRecord>>();

/** A record by its id; `first` is what it probably is. */
export function findNamed(id: string, first: NamedRecord["kind"] = "hazards"): Promise<NamedRecord> {
  const kept = known.get(id);
  if (kept) return kept;
  const asked = ask(id, first);
  if (known.size >= KEPT_MAX) known.clear();
  known.set(id, asked);
  // What failed is asked again next time.
  asked.catch(() => known.delete(id));
  return asked;
}

/** What stands in a field, in words. */
export function textOf(view: RecordView, field: string): string {
  return view.fields.find(({ name }) => name === field)?.text ?? "";
}

/** The code that stands in a field. */
export function codeOf(view: RecordView, field: string): string {
  const shown: unknown = view.fields.find(({ name }) => name === field)?.shown;
  return typeof shown === "string" ? shown : "";
}

async function ask(id: string, first: NamedRecord["kind"]): Promise<NamedRecord> {
  try {
    return await read(id, first);
  } catch (error) {
    if (!(error instanceof RequestError) || error.status !== 404) throw error;
    return read(id, first === "hazards" ? "inspections" : "hazards");
  }
}

async function read(id: string, kind: NamedRecord["kind"]): Promise<NamedRecord> {
  const view = spoken(await get(`/v1/${kind}/{id}`, undefined, { id }));
  const place = textOf(view, "place") || textOf(view, "free_place") || t("未登记场所");
  const name = kind === "hazards" ? (view.number ?? t("暂无编号")) : textOf(view, "kind") || t("排查记录");
  return { id, kind, to: `/${kind}/${id}`, title: `${name} ${place}`, view };
}
