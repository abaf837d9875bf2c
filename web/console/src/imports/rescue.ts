/**
 * A phone's rescue file: what is in it, before it is imported, and the import. What a newcomer gets wrong: a preview needs the operations only, so
 * a file of gigabytes crosses the network once.
 */
import { t, zh } from "@paicha/shared/language";
import { unzip, zip } from "@paicha/shared/zip";
import { addressOf } from "../api/client";
import type { RescueImported } from "../api/types";
import { upload } from "../api/upload";

const OPS = "ops.json";

/** What a file holds, and what would become of it. */
export interface RescuePreview {
  lines: string[];
  report: RescueImported;
}

/** Asks what is in a file. Nothing is stored. */
export async function previewRescue(file: File): Promise<RescuePreview> {
  const entries = (await unzip(file)) ?? [];
  const ops = entries.find(({ name }) => name === OPS);
  const photos = entries.filter(({ name }) => /^photos\/[0-9a-f]{64}$/.test(name));
  // Anything strange goes to the server as it is, which says what is wrong with it.
  const known = ops && photos.length + 1 === entries.length;
  const report = await sendRescue(known ? await zip([ops]) : file, file.name, true, () => undefined);
  if (!known) return { lines: report.lines, report };
  const bytes = photos.reduce((sum, photo) => sum + photo.bytes.size, 0);
  const lines = report.lines.filter((line) => !line.startsWith(zh("照片 ")));
  if (photos.length > 0) lines.splice(2, 0, t("照片 {n} 张（{size}）", { n: photos.length, size: size(bytes) }));
  return { lines, report };
}

/** Imports a file. */
export function importRescue(file: File, onProgress: (sent: number) => void): Promise<RescueImported> {
  return sendRescue(file, file.name, false, onProgress);
}

function sendRescue(file: Blob, name: string, dryRun: boolean, onProgress: (sent: number) => void): Promise<RescueImported> {
  return upload(addressOf("/v1/imports/rescue", {}, { name, dry_run: dryRun }), file, onProgress);
}

function size(bytes: number): string {
  return bytes < 1 << 20 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`;
}
