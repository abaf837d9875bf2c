/** Where the English of this app lies: in a chunk of its own, which the service worker keeps for a start without signal. */
import type { Catalogue } from "@paicha/shared/language";

export async function loadEnglish(): Promise<Catalogue> {
  return (await import("./english/index")).ENGLISH;
}
