/** Villages and subdistricts in the person's reach, asked for once per session. */
import { computed, shallowRef } from "vue";
import { get } from "./api/client";
import { me } from "./api/session";
import type { Village } from "./api/types";
import { may } from "./rights";

/** All of them, in order of code. */
export const villages = shallowRef<Omit<Village, "photos_owed">[]>([]);

/** The subdistrict, where the person reaches a whole one. */
export const office = computed(() => villages.value.find(({ parent }) => !parent && villages.value.some((one) => one.parent !== null)));

/** Asks again. Who only keeps the accounts reads the names and nothing else. */
export async function loadVillages(): Promise<void> {
  if (may(me.value, "readFindings")) villages.value = (await get("/v1/villages")).items;
  else if (may(me.value, "manageUsers")) villages.value = (await get("/v1/areas")).items;
}

/** What people call an area; its code where it is not in reach. */
export function villageName(code: string): string {
  return villages.value.find(({ id }) => id === code)?.name ?? code;
}
