/**
 * The language of the interface. Chinese stands in the source and is the key: `t("还有{n}张照片没传完", { n })`. English comes from a catalogue that is
 * loaded before anything else of an app, and only when it was chosen; a text that it lacks stays Chinese. Where one Chinese word is two in English,
 * what follows `#` in the key says which: `t("排查#name")`. What a newcomer gets wrong: a language
 * is chosen by starting the app anew, so a constant may call `t` when its module is read.
 */

/** The languages of the interface. */
export type Language = "zh" | "en";

/** English by Chinese. `{n}` stands for a value, `{n|photo|photos}` for the one or the other word by the number `n`. */
export type Catalogue = Record<string, string>;

type Values = Record<string, string | number | null | undefined>;

const STORAGE_KEY = "paicha-language";
const PLACEHOLDER = /\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g;
const CONTEXT = /#\w+$/;
const TAGS: Record<Language, string> = { zh: "zh-CN", en: "en" };

let catalogue: Catalogue | null = null;

/** The language that is spoken now; also Chinese where the catalogue could not be loaded. */
export function language(): Language {
  return catalogue ? "en" : "zh";
}

/** The text in the language of the interface, with its values. */
export function t(text: string, values: Values = {}): string {
  return (catalogue?.[text] ?? text.replace(CONTEXT, "")).replace(PLACEHOLDER, (whole, name: string, one?: string, other?: string) => {
    if (!(name in values)) return whole;
    if (one !== undefined) return (Number(values[name]) === 1 ? one : other) ?? "";
    return String(values[name] ?? "");
  });
}

/** A text that is kept in records or compared in Chinese and shown by `t`, so that it must have its English. */
export function key(text: string): string {
  return text;
}

/** A text that is Chinese in every language: it goes into a record, or stands on an official paper. */
export function zh(text: string): string {
  return text;
}

/** The language that this device chose. */
export function chosenLanguage(): Language {
  try {
    return localStorage.getItem(STORAGE_KEY) === "en" ? "en" : "zh";
  } catch {
    return "zh";
  }
}

/** Speaks the chosen language from now on. */
export async function speakChosen(loadEnglish: () => Promise<Catalogue>): Promise<void> {
  // Without its catalogue (a first visit that breaks off) the app starts in Chinese.
  if (chosenLanguage() === "en") speak(await loadEnglish().catch(() => null));
  document.documentElement.lang = TAGS[language()];
}

/** Speaks by a catalogue; `null` is Chinese. */
export function speak(words: Catalogue | null): void {
  catalogue = words;
}

/** Remembers the language and starts the app anew. The catalogue is fetched first, so that nobody is sent to a page that cannot speak. */
export async function chooseLanguage(wanted: Language, loadEnglish: () => Promise<Catalogue>): Promise<void> {
  if (wanted === "en") await loadEnglish();
  localStorage.setItem(STORAGE_KEY, wanted);
  location.reload();
}
