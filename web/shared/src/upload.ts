/**
 * Photos on their way: which goes first and what the end of an attempt means. The wire is tus 1.0, spoken by tus-js-client. Photos of major
 * hazards first, then the newest, because those are what a supervisor waits for. What a newcomer gets wrong: no answer ever gives a photo
 * up; the worst one only ends the attempt, and the next sync begins with it again.
 */

/** How urgent a photo is; smaller goes first: a hazard that is or may be major, a general one, the inspection only. */
export const URGENCY = { major: 0, general: 1, other: 2 } as const;

/** The urgency of a hazard of this level. */
export function urgencyOf(level: string): number {
  return level === "general" ? URGENCY.general : URGENCY.major;
}

/** A photo whose bytes the server does not have yet. */
export interface OwedPhoto {
  photo: string;
  urgency: number;
  madeAt: number;
}

/** Photos in the order in which they are sent. */
export function orderUploads<T extends OwedPhoto>(photos: T[]): T[] {
  return [...photos].sort((a, b) => a.urgency - b.urgency || b.madeAt - a.madeAt || (a.photo < b.photo ? -1 : 1));
}

/** How an attempt at one photo ended. */
export type UploadEnd =
  /** The server has all of it. */
  | { is: "stored" }
  /** Left for the next sync; the others go on. */
  | { is: "postponed" }
  /** Nobody answers: leave all photos. */
  | { is: "unreachable" }
  /** The session ended: leave all photos, sign in. */
  | { is: "signed_out" }
  /** The person, or the kind of network, said stop. */
  | { is: "paused" };

/** What the last answer to an upload means; `null` when none came. */
export function judgeUploadError(status: number | null): UploadEnd {
  if (status === null) return { is: "unreachable" };
  if (status === 401) return { is: "signed_out" };
  return status >= 500 && status !== 507 ? { is: "unreachable" } : { is: "postponed" };
}

/** The media type that the first bytes tell; the name of a file tells nothing. */
export function mediaType(head: Uint8Array): string {
  const text = (from: number, to: number): string => String.fromCharCode(...head.slice(from, to));
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return "image/jpeg";
  if (head[0] === 0x89 && text(1, 4) === "PNG") return "image/png";
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return "image/webp";
  if (text(4, 11) === "ftyphei" || text(4, 11) === "ftyphev") return "image/heic";
  if (text(4, 12) === "ftypmif1") return "image/heif";
  return "application/octet-stream";
}
