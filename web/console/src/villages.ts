/** Villages and subdistricts in the person's reach, asked for once per session. */
import { computed, shallowRef } from "vue";
import { get } from "./api/client";
import type { Village } from "./api/types";

/** All of them, in order of code. */
export const villages = shallowRef<Village[]>([]);

/** The subdistrict, where the person reaches a whole one. */
export const office = computed(() => villages.value.find(({ parent }) => !parent && villages.value.some((one) => one.parent !== null)));

/** Asks again. */
export async function loadVillages(): Promise<void> {
  villages.value = (await get("/v1/villages")).items;
}

/** What people call an area; its code where it is not in reach. */
export function villageName(code: string): string {
  return villages.value.find(({ id }) => id === code)?.name ?? code;
}
