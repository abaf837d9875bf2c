/** Vant's own words in English. */
import { Locale } from "vant/es/locale";
import english from "vant/es/locale/lang/en-US";

export function useEnglishParts(): void {
  Locale.use("en-US", english);
}
