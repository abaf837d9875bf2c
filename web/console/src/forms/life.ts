/** What may be done with a form where it stands. The server's own rules (sync-protocol/src/form.rs) decide; these only choose the buttons. */
import { t } from "@paicha/shared/language";
import { addressOf, sendJson } from "../api/client";
import { RequestError } from "../api/problem";
import type { FormCheck, FormView, Me } from "../api/types";
import { may, type Right } from "../rights";

/** Which of the two forms. */
export type FormKind = "appendix1" | "appendix2";

/** Something to do with a form. */
export interface FormDeed {
  action: "submit" | "return" | "lock" | "request_correction" | "approve_correction" | "refuse_correction";
  /** The button. */
  title: string;
  /** What it does, in a sentence. */
  about: string;
  needs: Right;
  /** Whether a reason must be given. */
  reason: boolean;
  /** Whether the checks stand against it. */
  checked: boolean;
  /** How weighty the button is. */
  tone: "primary" | "default";
}

const DEEDS: FormDeed[] = [
  {
    action: "submit",
    title: t("提交"),
    about: t("按现在的记录提交本月表格。提交后到达的内容计入下月；街道锁定前可由街道退回修改。"),
    needs: "submitForm",
    reason: false,
    checked: true,
    tone: "primary",
  },
  {
    action: "lock",
    title: t("锁定上报"),
    about: t("锁定的是提交时的内容，不是现在的记录。锁定后如需修改，要申请更正并由另一位领导批准。"),
    needs: "lockForm",
    reason: false,
    checked: true,
    tone: "primary",
  },
  {
    action: "return",
    title: t("退回修改"),
    about: t("退回后由村（社区）修改并重新提交。"),
    needs: "lockForm",
    reason: true,
    checked: false,
    tone: "default",
  },
  {
    action: "request_correction",
    title: t("申请更正"),
    about: t("按现在的记录重新计算，由另一位街道领导批准后成为新的一版；原来的版本仍可下载。"),
    needs: "lockForm",
    reason: true,
    checked: true,
    tone: "default",
  },
  {
    action: "approve_correction",
    title: t("批准更正"),
    about: t("批准后，更正的内容成为新的一版。申请人不能自己批准。"),
    needs: "approveCorrection",
    reason: true,
    checked: false,
    tone: "primary",
  },
  {
    action: "refuse_correction",
    title: t("不同意更正"),
    about: t("不同意的，原来的版本继续有效。"),
    needs: "approveCorrection",
    reason: true,
    checked: false,
    tone: "default",
  },
];

/** What the person may do with the form now. */
export function deedsOf(life: FormView, me: Me | null | undefined): FormDeed[] {
  return DEEDS.filter((deed) => may(me, deed.needs, life.area) && isPossible(deed.action, life));
}

function isPossible(action: FormDeed["action"], life: FormView): boolean {
  const locked = life.state === "street_locked";
  switch (action) {
    case "submit":
      return life.state === "draft" || life.state === "street_returned";
    case "lock":
    case "return":
      return life.state === "village_submitted";
    case "request_correction":
      return locked && !life.correction_waits;
    case "approve_correction":
    case "refuse_correction":
      return locked && life.correction_waits;
  }
}

/** How a check stands: settled by nobody here, to be explained, or for the subdistrict to override. */
export function standOf(check: FormCheck, me: Me | null | undefined, area: string): "hard" | "explain" | "override" {
  if (!check.hard) return "explain";
  return check.may_override && may(me, "lockForm", area) ? "override" : "hard";
}

/** What is sent: the deed, why, and explanations by check. */
export interface FormActWords {
  action: FormDeed["action"];
  reason: string | null;
  explained: Record<string, string>;
}

/** Does it. */
export function actOnForm(form: FormKind, village: string, month: string, act: FormActWords): Promise<FormView> {
  return sendJson("POST", addressOf("/v1/forms/{form}/life", { form }, { village, month }), act);
}

/** Checks that stand against it by the server's refusal. A correction is checked as the records stand now, so these may be others than the page shows. */
export function blockedBy(error: unknown): FormCheck[] {
  return error instanceof RequestError ? error.checks : [];
}
