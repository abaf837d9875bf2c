/**
 * Room for photos: how much the browser still grants, as far as it tells, a reserve for when it does not, and what can be given back. What a newcomer gets wrong: originals
 * stay on the phone after they were sent; only those that the server has whole may go, and only when the person says so.
 */
import { t } from "@paicha/shared/language";
import { isFull, keepReserve, writeRoomy } from "@paicha/shared/reserve";
import { freeSentPhotos, sentPhotoBytes } from "@paicha/shared/room";
import { sizeText } from "@paicha/shared/wording";
import { computed, ref } from "vue";
import { phone } from "./phone";

/** Bytes below which photos may soon not fit. */
const ROOM_LOW_BYTES = 200 << 20;
/** Part of the quota from which on a warning is shown. */
const ROOM_LOW_PART = 0.8;
/** Bytes below which the next picture may fail. */
const ROOM_OUT_BYTES = 20 << 20;

/** Bytes used and granted, if the browser says so. */
export const room = ref<{ used: number; quota: number } | null>(null);
/** The reserve is used up or could not be made: what is saved next may not fit. */
const spent = ref(false);
/** Bytes of originals that the server has whole. */
export const freeable = ref(0);

/** Whether there is too little room for more photos. */
export function isRoomLow(used: number, quota: number): boolean {
  return quota > 0 && (quota - used < ROOM_LOW_BYTES || used / quota > ROOM_LOW_PART);
}

/** Looks how much room there is. */
export async function noteRoom(): Promise<void> {
  const storage = navigator.storage as StorageManager | undefined;
  const estimate = await storage?.estimate?.();
  room.value = estimate ? { used: estimate.usage ?? 0, quota: estimate.quota ?? 0 } : null;
  freeable.value = await sentPhotoBytes(phone.store);
}

/** Makes the reserve, or finds that there is no room for it. Not right after it was used: what comes next needs that room more. */
export async function renewReserve(): Promise<void> {
  if (await phone.store.get("user")) spent.value = !(await keepReserve(phone.store));
}

/** Saves, in the reserve if the phone is full. */
export function roomy<T>(write: () => Promise<T>): Promise<T> {
  return writeRoomy(phone.store, write, () => (spent.value = true));
}

/** What to say of a save that failed: that the phone is full in words that help, anything else as it says itself. */
export function saveTrouble(error: unknown): string {
  if (isFull(error)) return t("手机存储满了，没有保存；填写的内容还在。请先连网上传，或清理已上传的照片");
  return error instanceof Error ? error.message : String(error);
}

/** What is typed while the phone is full stays on the screen only; the warning says that it is full. */
export function forgiveFull(error: unknown): void {
  if (!isFull(error)) throw error;
  spent.value = true;
}

export { isFull };

/** What to say of the room, and to do; `null` while there is enough. */
export const roomWarning = computed(() => {
  const now = room.value;
  const left = now ? Math.max(0, now.quota - now.used) : Infinity;
  if (!spent.value && !(now && isRoomLow(now.used, now.quota))) return null;
  const begin =
    spent.value || left < ROOM_OUT_BYTES ? t("手机存储满了，再拍可能存不下") : t("手机存储快满了（还能存约{size}）", { size: sizeText(left) });
  const help =
    freeable.value > 0
      ? t("可以清理手机上已上传的照片（约{size}）", { size: sizeText(freeable.value) })
      : t("请尽快连网上传照片，或删除手机上不用的文件");
  return t("{begin}。{help}", { begin, help });
});

/** Gives back what the server has whole. Answers how many photos went. */
export async function makeRoom(): Promise<number> {
  const freed = await freeSentPhotos(phone.store);
  await renewReserve();
  await noteRoom();
  return freed;
}
