/** What the audit log knows, as server/src/usecases/write_audit.rs has it, and where to look at what it was about. */
import { t, zh } from "@paicha/shared/language";
import type { AuditItem } from "./api/types";

/** Kinds with their words, in the order in which people choose one. */
export const DEEDS: [string, string][] = [
  ["sign_in", t("登录")],
  ["sign_in_failed", t("登录失败")],
  ["sign_out", t("退出")],
  ["session_closed", t("会话异常关闭")],
  ["user_created", t("新建账号")],
  ["user_disabled", t("停用账号")],
  ["user_enabled", t("恢复账号")],
  ["password_set", t("重设密码")],
  ["grant_given", t("授予角色")],
  ["grant_revoked", t("撤销角色")],
  ["handed_over", t("工作交接")],
  ["device_enrolled", t("登记手机")],
  ["device_revoked", t("停用手机")],
  ["hazard_act", t("办理隐患")],
  ["inspection_act", t("办理排查记录")],
  ["task_act", t("派发任务")],
  ["form_act", t("办理报表")],
  ["admitted", t("纳入存疑内容")],
  ["import", t("导入")],
  ["export", t("导出")],
];

/** Where somebody signed in, as the server writes it. */
const PLACES = new Map([
  [zh("手机"), t("手机#device")],
  [zh("浏览器"), t("浏览器")],
]);

/** What an entry says beside its kind; most of it is what people wrote. */
export function detailText(detail: string): string {
  return PLACES.get(detail) ?? detail;
}

/** The page of what an entry is about; nothing where there is none. */
export function subjectLink({ subject_kind: kind, subject }: Pick<AuditItem, "subject_kind" | "subject">): string | undefined {
  if (kind === "hazard") return `/hazards/${subject}`;
  return kind === "inspection" ? `/inspections/${subject}` : undefined;
}
