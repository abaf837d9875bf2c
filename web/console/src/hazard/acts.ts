/**
 * What can be done about a hazard from this desk: which act, from which state, by whom, and what it asks for. The server decides (server/src/usecases/act_on_hazard); this
 * table only spares people buttons that would say no.
 */
import { t } from "@paicha/shared/language";
import { wordsOf } from "@paicha/shared/schema";
import type { Act, Role } from "../api/types";

/** How one thing that an act asks for is entered. */
export interface ActInput {
  name: string;
  title: string;
  holds: "line" | "text" | "day" | "choice" | "criteria" | "people" | "yuan" | "hazard";
  /** Codes with their words, for a choice. */
  choices?: [string, string][];
  optional?: boolean;
  /** What helps to fill it. */
  hint?: string;
}

/** One act. */
export interface ActSpec {
  action: Act["action"];
  title: string;
  /** States from which it is shown. */
  from: string[];
  roles: Role[];
  inputs: ActInput[];
  /** Only for hazards that count as 重大. */
  majorOnly?: boolean;
  /** Shown first: what brings the hazard on. */
  leads?: boolean;
  /** Makes the hazard look safer or gone: asked twice. */
  grave?: boolean;
}

const OPEN = ["reg", "plan", "fixing", "verify"];
const ALIVE = [...OPEN, "accepted"];
const FIELD: Role[] = ["R1", "R2", "R3", "R5"];
const OFFICE: Role[] = ["R2", "R3", "R4", "R5", "R6"];

const reason: ActInput = { name: "reason", title: t("原因"), holds: "text" };
const forWhom: ActInput = { name: "on_behalf_of", title: t("代谁填报"), holds: "line", optional: true, hint: t("企业没有账号、由您代填时写明") };
const listing: [string, string][] = [
  ["town", t("街道挂牌")],
  ["county", t("县级挂牌")],
  ["city", t("市级挂牌")],
  ["prov", t("省级挂牌")],
];

/** All acts, in the order of the closed loop. */
export const ACTS: ActSpec[] = [
  {
    action: "order",
    title: t("下达整改"),
    from: ["reg"],
    roles: FIELD,
    leads: true,
    inputs: [
      { name: "deadline", title: t("整改时限"), holds: "day" },
      { name: "responsible_unit", title: t("整改责任单位"), holds: "line" },
      { name: "notice_no", title: t("整改通知书编号"), holds: "line", optional: true },
      reason,
    ],
  },
  { action: "confirm_five", title: t("五落实确认"), from: ["plan"], roles: [...FIELD, "R7"], leads: true, inputs: [forWhom, reason] },
  {
    action: "request_review",
    title: t("申请复查"),
    from: ["fixing"],
    roles: [...FIELD, "R7"],
    leads: true,
    inputs: [
      { name: "work_done", title: t("整改情况"), holds: "text" },
      { name: "spent_fen", title: t("实际投入资金（元）"), holds: "yuan", optional: true },
      forWhom,
    ],
  },
  {
    action: "accept",
    title: t("复查合格"),
    from: ["reg", "verify"],
    roles: FIELD,
    leads: true,
    inputs: [
      { name: "opinion", title: t("复查意见"), holds: "text" },
      { name: "closure", title: t("销号依据"), holds: "choice", choices: wordsOf("hazard", "closure"), optional: true, hint: t("不选即为复查合格") },
      { name: "document", title: t("依据文书"), holds: "line", optional: true, hint: t("评估、关闭、拆除等须写文书名称和编号") },
    ],
  },
  {
    action: "reject",
    title: t("复查不合格"),
    from: ["verify"],
    roles: FIELD,
    leads: true,
    inputs: [
      {
        name: "verdict",
        title: t("复查结论"),
        holds: "choice",
        choices: [
          ["not_done", t("未改")],
          ["partial", t("部分整改")],
          ["fake", t("假改")],
        ],
      },
      { name: "opinion", title: t("复查意见"), holds: "text" },
    ],
  },
  {
    action: "close",
    title: t("销号"),
    from: ["accepted"],
    roles: ["R3", "R4"],
    leads: true,
    inputs: [{ name: "analogies", title: t("举一反三排查情况"), holds: "text", optional: true, hint: t("重大隐患必须填写") }, reason],
  },
  { action: "reopen", title: t("重新打开"), from: ["accepted", "closed"], roles: [...FIELD, "R6"], inputs: [reason] },
  {
    action: "judge",
    title: t("核定等级"),
    from: ALIVE,
    roles: OFFICE,
    inputs: [
      { name: "level", title: t("等级"), holds: "choice", choices: wordsOf("hazard", "level").slice().reverse() },
      { name: "criterion_ids", title: t("判定标准"), holds: "criteria", optional: true, hint: t("直接判定为重大的必须选") },
      { name: "members", title: t("集体研判人员"), holds: "people", optional: true, hint: t("集体研判须三人以上") },
      reason,
    ],
  },
  {
    action: "control",
    title: t("采取或解除管控"),
    from: ALIVE,
    roles: [...OFFICE, "R1"],
    inputs: [{ name: "control", title: t("管控措施"), holds: "choice", choices: wordsOf("hazard", "control") }, reason],
  },
  {
    action: "extend",
    title: t("延期"),
    from: OPEN,
    roles: OFFICE,
    inputs: [
      { name: "deadline", title: t("新的整改时限"), holds: "day" },
      { ...reason, hint: t("写明延期期间的管控措施") },
    ],
  },
  {
    action: "list",
    title: t("挂牌督办"),
    from: ALIVE,
    roles: ["R3", "R4", "R6"],
    majorOnly: true,
    inputs: [
      { name: "level", title: t("挂牌级别"), holds: "choice", choices: listing },
      { name: "doc_no", title: t("文号"), holds: "line" },
      { name: "issuer", title: t("挂牌单位"), holds: "line" },
      { name: "deadline", title: t("督办时限"), holds: "day" },
      { name: "listed_on", title: t("文件日期"), holds: "day", optional: true, hint: t("补录时填写") },
    ],
  },
  {
    action: "delist",
    title: t("摘牌"),
    from: ALIVE,
    roles: ["R3", "R4", "R6"],
    majorOnly: true,
    inputs: [
      { name: "level", title: t("挂牌级别"), holds: "choice", choices: listing },
      { name: "doc_no", title: t("文号"), holds: "line" },
    ],
  },
  {
    action: "refer",
    title: t("移送部门"),
    from: OPEN,
    roles: OFFICE,
    inputs: [{ name: "unit", title: t("移送单位"), holds: "line" }, { name: "document", title: t("移送文书"), holds: "line" }, reason],
  },
  {
    action: "link_duplicate",
    title: t("合并重复"),
    from: OPEN,
    roles: OFFICE,
    inputs: [{ name: "survivor", title: t("保留哪一条"), holds: "hazard" }, reason],
    grave: true,
  },
  { action: "separate", title: t("取消合并"), from: [...ALIVE, "closed"], roles: OFFICE, inputs: [reason] },
  { action: "void", title: t("作废"), from: ALIVE, roles: [...FIELD, "R4"], inputs: [reason], grave: true },
];

/** The acts that make sense now. */
export function actsOf(state: string, roles: Role[], isMajor: boolean, isDuplicate: boolean): ActSpec[] {
  return ACTS.filter(
    (act) =>
      act.from.includes(state) &&
      act.roles.some((role) => roles.includes(role)) &&
      (!act.majorOnly || isMajor) &&
      (act.action !== "separate" || isDuplicate) &&
      (act.action !== "link_duplicate" || !isDuplicate),
  );
}

/** The name of the first input that must be filled and is not. */
export function firstGap(inputs: ActInput[], values: Record<string, unknown>): ActInput | undefined {
  return inputs.find(({ name, optional }) => !optional && isBlank(values[name]));
}

/** The act as the server takes it; what was left empty is left out. */
export function actOf(spec: ActSpec, values: Record<string, unknown>): Act {
  const filled = Object.entries(values).filter(([, value]) => !isBlank(value));
  return { action: spec.action, ...Object.fromEntries(filled) } as Act;
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "string" && value.trim() === "") || (Array.isArray(value) && value.length === 0);
}
