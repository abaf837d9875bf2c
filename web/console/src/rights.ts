/**
 * What a role may ask for, so that nobody is shown a page that will say no. The server's own table (server/src/auth/permissions.rs) decides;
 * this one only spares people a walk.
 */
import { t } from "@paicha/shared/language";
import type { Me, Role } from "./api/types";

const TABLE = {
  readFindings: ["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R11"],
  act: ["R1", "R2", "R3", "R4", "R5", "R6"],
  assignTasks: ["R2", "R3", "R4", "R5"],
  readForms: ["R1", "R2", "R3", "R4", "R5", "R6", "R11"],
  submitForm: ["R2", "R3"],
  lockForm: ["R3"],
  approveCorrection: ["R4"],
  readReviews: ["R2", "R3", "R4", "R11"],
  review: ["R3", "R4"],
  manageUsers: ["R10"],
  handOver: ["R3"],
  readAudit: ["R11"],
  importAreas: ["R3"],
  importEnterprises: ["R3"],
  importPeople: ["R10"],
  importRescue: ["R3"],
} as const satisfies Record<string, readonly Role[]>;

/** Something a role may or may not do. */
export type Right = keyof typeof TABLE;

/** Whether any role of the person opens this; with `village`, whether it does so there. */
export function may(me: Me | null | undefined, right: Right, village?: string): boolean {
  const roles: readonly Role[] = TABLE[right];
  return (me?.roles ?? []).some(({ role, everywhere, villages }) => {
    if (!roles.includes(role)) return false;
    return village === undefined || everywhere || villages.some(({ code }) => code === village);
  });
}

/** Roles with their names, as sync-protocol/src/role.rs has them; nobody signs in as R9. */
export const ROLE_TITLES: [Role, string][] = [
  ["R1", t("排查员/网格员")],
  ["R2", t("村（社区）负责人")],
  ["R3", t("街道专班/应急办")],
  ["R4", t("街道领导")],
  ["R5", t("行业站所/科室")],
  ["R6", t("县级（县安委办/部门）")],
  ["R7", t("企业主要负责人/安全员/员工")],
  ["R8", t("专家/第三方")],
  ["R10", t("系统管理员")],
  ["R11", t("审计/纪检")],
];

/** The name of a role. */
export function roleTitle(role: string): string {
  return ROLE_TITLES.find(([code]) => code === role)?.[1] ?? role;
}

/** The person's role codes. */
export function rolesOf(me: Me | null | undefined): Role[] {
  return (me?.roles ?? []).map(({ role }) => role);
}
