/**
 * 五落实 of a hazard on the phone: what is missing, in the notice's words, and how what was filled in becomes operations: one patch of what was
 * changed and, if asked for, the step to 待落实五项 (T04) or 整改中 (T05). Nothing is required to save; the step waits until nothing is missing.
 */
import type { Json } from "./canonical";
import type { Foreseen } from "./foresee";
import { changeOf, type Change } from "./op";
import { guardsOfEdge, lackingNow } from "./guards";
import { t } from "./language";
import type { RecordState } from "./record";
import { save, type Draft } from "./save";
import { findEdge, word } from "./schema";
import type { Phone } from "./session";
import { shown } from "./shown";
import { viewRecord, type Seen } from "./view";
import { titleOf } from "./wording";

/** Short names as the notice has them; everything else by its title. */
const SHORT: Record<string, string> = {
  "plan.owner": t("责任人"),
  "plan.measures": t("措施"),
  "plan.funds_fen": t("资金"),
  deadline: t("时限"),
  "plan.contingency": t("应急预案"),
  "dual.regulator_at": t("报监管部门"),
  "resp.find": t("排查责任人"),
  "resp.treat": t("治理责任人"),
  "resp.control": t("管控责任人"),
  "photos.before": t("整改前照片"),
  "photos.after": t("整改后照片（程序内拍摄）"),
  verdict: t("复查结论（真改）"),
  another_reviewer: t("由整改人以外的人复查"),
  analogies: t("举一反三排查情况"),
  delisted: t("摘牌"),
  reason: t("原因"),
};
const STAGE_TITLES: Record<string, string> = { find: t("排查"), treat: t("治理"), control: t("管控") };
const PARTY_TITLES: Record<string, string> = { site: t("单位#party"), village: t("村（社区）"), regulator: t("监管部门") };

/** The three stages with the three parties that name a person for each (谁排查谁负责、谁整治谁负责、谁管控谁负责). */
export const RESPONSIBILITIES = Object.keys(STAGE_TITLES).map((stage) => ({
  stage,
  title: t("{stage}责任人", { stage: STAGE_TITLES[stage] }),
  fields: Object.keys(PARTY_TITLES).map((party) => ({ field: `resp.${stage}.${party}`, title: PARTY_TITLES[party]! })),
}));

/** What a step lacks, by the name a guard gives it, as people read it. */
export function lackTitle(name: string): string {
  if (name.startsWith("cleared.")) return t("街道对真实性提示的处理");
  return SHORT[name] ?? titleOf("hazard", name);
}

/** What 整改中 still needs, by guard name; for 重大 the names and the report to the regulator too. */
export function missingForFixing(record: RecordState): string[] {
  return lackingNow(guardsOfEdge("plan", "fixing"), record);
}

/** `还差：资金、应急预案，补齐后才能进入整改`; empty when nothing is missing. */
export function gateText(missing: string[]): string {
  return missing.length === 0 ? "" : t("还差：{what}，补齐后才能进入整改", { what: [...new Set(missing.map(lackTitle))].join(t("、")) });
}

/** Yuan as people type them, as whole fen; `null` for what is no amount of money. */
export function fenOf(yuan: string): number | null {
  const plain = yuan
    .trim()
    .replace(/[,，\s元￥¥]/g, "")
    .replace(/[０-９．]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));
  if (!/^\d{1,12}(\.\d{1,2})?$/.test(plain)) return null;
  const [whole, part = ""] = plain.split(".");
  return Number(whole) * 100 + Number(part.padEnd(2, "0"));
}

/** What is only asked for of the fields that were just saved, in words; empty when all of it takes effect. */
export function askedText(foreseen: Foreseen | null, fields: string[]): string {
  const asked = (foreseen?.waiting ?? []).filter(({ field, lacks }) => lacks.length === 0 && fields.includes(field));
  const words = [...new Set(asked.map(({ field, value }) => askedWords(field, value)))];
  return words.length === 0 ? "" : t("{words}需街道核定，已提交申请", { words: words.join(t("、")) });
}

function askedWords(field: string, value: Json): string {
  if (field === "level") return value === "general" ? t("降为一般隐患") : t("降低等级");
  if (field === "deadline") return t("时限改晚");
  if (field === "control") return t("减轻管控");
  if (field === "state") return value === "accepted" ? t("复查合格") : t("办理为“{word}”", { word: word("hazard", "state", String(value)) });
  return t("修改{title}", { title: titleOf("hazard", field) });
}

/** A step that is asked for together with the changes. */
export interface Step {
  to: string;
  reason: string;
  evidence?: Record<string, Json>;
}

/**
 * What one save does to a hazard: changed fields, and at most one step. Answers the ids of the operations; none when nothing changed. `seen` is what
 * the form was filled with: what arrived since was not seen, and is not put back to what it was. `entered` are keys of its draft.
 */
export async function saveHazard(
  phone: Phone,
  hazard: string,
  values: Record<string, Json>,
  step: Step | null,
  { seen, entered = [] }: { seen: Seen; entered?: string[] },
): Promise<string[]> {
  const view = await viewRecord(phone.store, hazard);
  if (!view) throw new Error(t("手机上没有这条隐患"));
  const set = changesOf(seen.fields, values);
  const drafts: Draft[] = [];
  const base = { village: view.feed, record: hazard, recordKind: "hazard", baseRev: seen.rev };
  if (Object.keys(set).length > 0) drafts.push({ ...base, body: { kind: "patch", set } });
  if (step) {
    const { to, reason, evidence = {} } = step;
    drafts.push({ ...base, body: { kind: "transition", from: stateOf(view.fields), to, reason, evidence } });
  }
  return drafts.length === 0 ? [] : save(phone, drafts, [], entered);
}

/** The state that fields show. */
export function stateOf(fields: Record<string, Json>): string {
  return typeof fields.state === "string" ? fields.state : "reg";
}

/** Only what differs from what is shown, with the value it replaces. Emptied text is no change: nothing is unsaid by leaving it out. */
export function changesOf(fields: Record<string, Json>, values: Record<string, Json>): Record<string, Change> {
  const set: Record<string, Change> = {};
  for (const [name, value] of Object.entries(values)) {
    const next = typeof value === "string" ? value.trim() : value;
    const base = fields[name];
    if (next === "" || next === null || JSON.stringify(next) === JSON.stringify(base)) continue;
    set[name] = changeOf(base, next);
  }
  return set;
}

/** Whether the closed loop has a step between two states that somebody with these roles may ask for. */
export function mayAsk(from: string, to: string, roles: string[]): boolean {
  return (findEdge(from, to)?.roles ?? []).some((role) => roles.includes(role));
}

/** Whether a hazard is not known to be 一般: then more is asked, and more people have to agree. */
export function isSerious(record: RecordState): boolean {
  return shown(record, "level") !== "general";
}
