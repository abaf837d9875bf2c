/**
 * Room that is kept in reserve, so that the photo which finds the phone full is saved all the same and the person is told before the next one. What
 * a newcomer gets wrong: browsers do not tell how much room is left (Chromium says "10 GB more than you use", whatever the disk says), so
 * only a write that fails tells it, and then it is too late without a reserve.
 */
import type { Store } from "./store";

/** Room for some photos as the camera makes them. */
export const RESERVE_BYTES = 12 << 20;
const KEY = "reserve";
const CHUNK_BYTES = 64 << 10;

/** Whether an error says that there is no room. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && /Quota/.test(`${error.name} ${error.message}`);
}

/** Makes the reserve if it is not there. Answers whether it is there now. */
export async function keepReserve(store: Store, bytes = RESERVE_BYTES): Promise<boolean> {
  if ((await store.reserve.where("key").equals(KEY).count()) > 0) return true;
  const chunk = crypto.getRandomValues(new Uint8Array(CHUNK_BYTES));
  try {
    await store.reserve.put({ key: KEY, bytes: new Blob(Array.from({ length: bytes / CHUNK_BYTES }, () => chunk)) });
    return true;
  } catch (error) {
    if (isFull(error)) return false;
    throw error;
  }
}

/** Writes, and once more in the room of the reserve if there is none else. `onSpent` hears when that was needed. */
export async function writeRoomy<T>(store: Store, write: () => Promise<T>, onSpent: () => void): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isFull(error) || (await store.reserve.count()) === 0) throw error;
    await store.reserve.clear();
    onSpent();
    return write();
  }
}
