/**
 * What a role may ask for, so that nobody is shown a page that will say no. The server's own table (server/src/auth/permissions.rs) decides;
 * this one only spares people a walk.
 */
import type { Me, Role } from "./api/types";

const TABLE = {
  readFindings: ["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R11"],
  act: ["R1", "R2", "R3", "R4", "R5", "R6"],
  readForms: ["R1", "R2", "R3", "R4", "R5", "R6", "R11"],
  submitForm: ["R2", "R3"],
  lockForm: ["R3"],
  approveCorrection: ["R4"],
  readReviews: ["R2", "R3", "R4", "R11"],
  review: ["R3", "R4"],
  manageUsers: ["R10"],
  importAreas: ["R3"],
  importEnterprises: ["R3"],
  importPeople: ["R10"],
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

/** The person's role codes. */
export function rolesOf(me: Me | null | undefined): Role[] {
  return (me?.roles ?? []).map(({ role }) => role);
}
