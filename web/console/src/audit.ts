/** What the audit log knows, as server/src/usecases/write_audit.rs has it, and where to look at what it was about. */
import type { AuditItem } from "./api/types";

/** Kinds with their words, in the order in which people choose one. */
export const DEEDS: [string, string][] = [
  ["sign_in", "登录"],
  ["sign_in_failed", "登录失败"],
  ["sign_out", "退出"],
  ["session_closed", "会话异常关闭"],
  ["user_created", "新建账号"],
  ["user_disabled", "停用账号"],
  ["user_enabled", "恢复账号"],
  ["password_set", "重设密码"],
  ["grant_given", "授予角色"],
  ["grant_revoked", "撤销角色"],
  ["handed_over", "工作交接"],
  ["device_enrolled", "登记手机"],
  ["device_revoked", "停用手机"],
  ["hazard_act", "办理隐患"],
  ["inspection_act", "办理排查记录"],
  ["task_act", "派发任务"],
  ["form_act", "办理报表"],
  ["admitted", "纳入存疑内容"],
  ["import", "导入"],
  ["export", "导出"],
];

/** The page of what an entry is about; nothing where there is none. */
export function subjectLink({ subject_kind: kind, subject }: Pick<AuditItem, "subject_kind" | "subject">): string | undefined {
  if (kind === "hazard") return `/hazards/${subject}`;
  return kind === "inspection" ? `/inspections/${subject}` : undefined;
}
