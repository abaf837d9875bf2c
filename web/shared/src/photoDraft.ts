/** A photo before it is saved, and how it becomes the declaration that goes with its record. Its bytes are never altered. */
import { photoDigest } from "./digest";
import { PHOTO_BYTES_MAX } from "./limits";
import type { Fix, PhotoAttach } from "./op";
import { FreezeError } from "./outbox";
import type { Draft, DraftPhoto } from "./save";
import { newId } from "./ids";
import { t } from "./language";
import { formatInstant } from "./time";
import { mediaType } from "./upload";

/** A photo as it was taken. */
export interface PhotoDraft {
  bytes: Blob;
  source: "camera_inapp" | "album" | "file";
  role: string;
  takenAt: number;
  fix: Fix | null;
}

/** The declaration of a photo; `at` is its place among those of the save, from 0, for the words of an error. */
async function describePhoto(photo: PhotoDraft, id: string, at: number): Promise<PhotoAttach> {
  const bytes = await photo.bytes.arrayBuffer();
  if (bytes.byteLength === 0 || bytes.byteLength > PHOTO_BYTES_MAX) {
    throw new FreezeError(
      t("第 {at} 张照片有 {bytes} 字节，应在 1 字节到 64 MiB 之间；尚未保存，请换一张照片", { at: at + 1, bytes: bytes.byteLength }),
    );
  }
  return {
    photo: id,
    sha256: await photoDigest(bytes),
    bytes: bytes.byteLength,
    mime: mediaType(new Uint8Array(bytes.slice(0, 16))),
    role: photo.role,
    taken_at: formatInstant(photo.takenAt),
    ...(photo.fix ? { fix: photo.fix } : {}),
    source: photo.source,
  };
}

/** A save in the making: its operations in order, and the photos whose bytes go with it. */
export interface Saving {
  drafts: Draft[];
  photos: DraftPhoto[];
}

/** Declares a photo on every one of some records; its bytes are kept once, with the first declaration. */
export async function attachPhoto(
  { drafts, photos }: Saving,
  photo: PhotoDraft,
  records: Omit<Draft, "body">[],
  urgency: number,
  now: number,
): Promise<void> {
  const attach = await describePhoto(photo, newId(now), photos.length);
  const { photo: id, sha256, mime } = attach;
  photos.push({ photo: id, draft: drafts.length, sha256, mime, bytes: photo.bytes, urgency });
  for (const record of records) drafts.push({ ...record, body: { kind: "photo.attach", ...attach } });
}
