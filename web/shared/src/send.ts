/**
 * Photos over tus 1.0 by tus-js-client, one at a time, most urgent first. The address of an upload is kept as soon as the server names it, so
 * a killed tab resumes at the byte the server has. What a newcomer gets wrong: the offset in the database is only for showing progress;
 * every run asks the server, because only its word counts.
 */
import { Upload, type DetailedError } from "tus-js-client";
import { SignedOutError, TransportError } from "./errors";
import { httpStackHere } from "./fetchStack";
import { UPLOAD_CHUNK_BYTES } from "./limits";
import { accessToken, distrustToken, type Phone } from "./session";
import type { PhotoRow } from "./store";
import { judgeUploadError, orderUploads, type UploadEnd } from "./upload";

/** Waits between attempts at the same piece. */
const RETRY_DELAYS_MS = [0, 1_000, 4_000];

/** What sending came to. */
export interface SendRound {
  stored: number;
  postponed: number;
  paused: boolean;
}

/** Sends every photo whose declaration the server has. `mayGoOn` is asked before every photo and after every piece. */
export async function sendPhotos(phone: Phone, mayGoOn: () => boolean, onProgress: () => void): Promise<SendRound> {
  const round: SendRound = { stored: 0, postponed: 0, paused: false };
  for (const photo of orderUploads(await sendable(phone))) {
    if (!mayGoOn()) return { ...round, paused: true };
    const end = await sendOne(phone, photo, mayGoOn, onProgress);
    if (end.is === "unreachable") throw new TransportError(false);
    if (end.is === "signed_out") throw new SignedOutError();
    if (end.is === "paused") return { ...round, paused: true };
    if (end.is === "stored") round.stored += 1;
    else round.postponed += 1;
    onProgress();
  }
  return round;
}

async function sendable({ store }: Phone): Promise<PhotoRow[]> {
  const owed = await store.photos.where("owed").equals(1).toArray();
  const ops = await store.outbox
    .where("opId")
    .anyOf(owed.map((photo) => photo.opId))
    .toArray();
  const declared = new Set(ops.filter((op) => op.state !== "queued").map((op) => op.opId));
  return owed.filter((photo) => declared.has(photo.opId));
}

async function sendOne(phone: Phone, photo: PhotoRow, mayGoOn: () => boolean, onProgress: () => void): Promise<UploadEnd> {
  const first = await attempt(phone, photo, mayGoOn, onProgress);
  if (first.is !== "signed_out") return first;
  // The token ended on the way: renew it once. If the session is over, renewing says so.
  await distrustToken(phone);
  await accessToken(phone);
  return attempt(phone, (await phone.store.photos.get(photo.photo)) ?? photo, mayGoOn, onProgress);
}

async function attempt(phone: Phone, photo: PhotoRow, mayGoOn: () => boolean, onProgress: () => void): Promise<UploadEnd> {
  const { store } = phone;
  const row = await store.photoBytes.get(photo.photo);
  if (!row || !(await isWhole(row.bytes, photo.length))) return { is: "postponed" };
  return new Promise((resolve) => {
    const note = (changes: Partial<PhotoRow>): void => {
      void store.photos.update(photo.photo, changes).then(onProgress);
    };
    const upload: Upload = new Upload(row.bytes, {
      ...httpStackHere(),
      endpoint: "/v1/uploads",
      uploadUrl: photo.uploadUrl,
      uploadSize: photo.length,
      chunkSize: UPLOAD_CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      storeFingerprintForResuming: false,
      metadata: { photo: photo.photo, sha256: photo.sha256, record: photo.record },
      onBeforeRequest: async (request) => request.setHeader("authorization", `Bearer ${await accessToken(phone)}`),
      onShouldRetry: (error) => isWorthRepeating(statusOf(error)),
      onUploadUrlAvailable: () => note({ uploadUrl: upload.url }),
      onChunkComplete: (_size, sent) => {
        note({ sent });
        if (!mayGoOn()) void upload.abort().then(() => resolve({ is: "paused" }));
      },
      onSuccess: () => {
        const done = store.photos.update(photo.photo, { sent: photo.length, owed: 0, storedAt: phone.env.nowMs() });
        void done.then(() => resolve({ is: "stored" }));
      },
      onError: (error) => resolve(error instanceof SignedOutError ? { is: "signed_out" } : judgeUploadError(statusOf(error))),
    });
    upload.start();
  });
}

/** Whether the browser still has all of a photo: one that was lost or cut in its store must not look like a line that is down, which ends the round. */
async function isWhole(bytes: Blob, length: number): Promise<boolean> {
  if (bytes.size !== length) return false;
  const ends = [bytes.slice(0, 1), bytes.slice(-1)].map((end) => end.arrayBuffer());
  return Promise.all(ends).then(
    () => true,
    () => false,
  );
}

function statusOf(error: Error): number | null {
  const status = (error as DetailedError).originalResponse?.getStatus() ?? 0;
  return status === 0 ? null : status;
}

/** Offsets that differ and busy servers are settled by asking again; an ended session and a refusal are not. */
function isWorthRepeating(status: number | null): boolean {
  return status === null || status === 409 || status === 423 || status === 429 || status === 460 || status >= 500;
}
