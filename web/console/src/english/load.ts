/** Fetches the English of the console, a chunk of its own. */
import type { Catalogue } from "@paicha/shared/language";

export async function loadEnglish(): Promise<Catalogue> {
  return (await import("./index")).ENGLISH;
}
