/** The fields of a hazard in the order in which people read them. */
import { t } from "@paicha/shared/language";
import type { FieldView } from "../api/types";

/** A group of fields under one heading. */
interface FieldGroup {
  title: string;
  /** Field names; an ending `*` stands for all that begin so. */
  names: string[];
}

const GROUPS: FieldGroup[] = [
  {
    title: t("基本情况"),
    names: [
      "description",
      "place",
      "free_place",
      "position_text",
      "level",
      "criterion_ids",
      "judge_basis",
      "judge_members",
      "origin",
      "sector",
      "finders",
      "found_at",
      "inspection",
      "fix",
      "no_fix_reason",
      "no_photo_reason",
    ],
  },
  {
    title: t("整改和管控"),
    names: [
      "control",
      "control_guards",
      "control_measure",
      "fix_mode",
      "deadline",
      "responsible_unit",
      "responsible_units",
      "lead_unit",
      "notice_no",
      "suggestion",
      "work_done",
      "spent_fen",
      "closure",
      "analogies",
      "referred_to",
      "referral_doc",
    ],
  },
  {
    title: t("五落实"),
    names: ["plan.goal", "plan.measures", "plan.owner", "plan.owner_post", "plan.funds_fen", "plan.funds_source", "plan.contingency"],
  },
  { title: t("双报告"), names: ["dual.*"] },
  { title: t("责任人"), names: ["resp.*"] },
  { title: t("挂牌督办"), names: ["listed.*", "delisted.*"] },
];

/** Fields with a place of their own on the page. */
const ELSEWHERE = ["state", "integrity", "cleared.*", "explanation.*"];

/** What is filled, group by group; the last group has everything that no group names. */
export function groupFields(fields: FieldView[]): { title: string; fields: FieldView[] }[] {
  const named = GROUPS.map(({ title, names }) => ({ title, fields: names.flatMap((name) => fields.filter((field) => covers(name, field.name))) }));
  const taken = new Set(named.flatMap((group) => group.fields.map(({ name }) => name)));
  const rest = fields.filter(({ name }) => !taken.has(name) && !ELSEWHERE.some((pattern) => covers(pattern, name)));
  return [...named, { title: t("其他"), fields: rest }].filter((group) => group.fields.length > 0);
}

/** Whether a name or pattern covers a field. */
function covers(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}
