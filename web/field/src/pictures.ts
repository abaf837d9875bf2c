/** Pictures to look at: the bytes on this phone if it has them, else a kept copy, else the server's while there is signal. */
import { call } from "@paicha/shared/session";
import { phone } from "./phone";

/** The picture of a photo; `null` where there is none to be had. */
export async function loadPicture(photo: string, size: "thumbnail" | "preview"): Promise<Blob | null> {
  const own = (await phone.store.photoBytes.get(photo)) ?? (await phone.store.previews.get(photo));
  if (own) return own.bytes;
  try {
    return await (await call(phone, `/v1/photos/${photo}/${size}`, { method: "GET" })).blob();
  } catch {
    return null;
  }
}
