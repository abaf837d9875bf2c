/**
 * What a screen needs before it is shown to somebody who is signed in: what was being entered is restored, so that no screen shows an empty form over
 * it, and the slot that the screen is about is open. Loaded after the first screen of a stranger, who has entered nothing.
 */
import type { RouteLocationNormalized } from "vue-router";
import { findingSlot, openSlot, restoreDraft, takeUpOwnDraft } from "./draft";
import { restoreVisit, siteSlot, slotOf, takeUpOwnVisit } from "./visit";

let restored: Promise<unknown> | undefined;

/** Restores what was entered, once. */
function restore(): Promise<unknown> {
  restored ??= Promise.all([restoreDraft(), restoreVisit()]);
  return restored;
}

/** What a screen shows is there before it. */
export async function openScreen(to: RouteLocationNormalized): Promise<void> {
  await restore();
  const { hazard } = to.params;
  await openSlot(!to.meta.visit ? findingSlot() : typeof hazard === "string" ? slotOf(hazard) : siteSlot());
}

/** Somebody signed in: what they left is theirs to go on with, and what another left is not. */
export async function takeUpOwnWork(): Promise<void> {
  if (restored) await Promise.all([takeUpOwnDraft(), takeUpOwnVisit()]);
  else await restore();
}
