/**
 * Chinese that English screens still show. Whatever the server sent is data (names, descriptions, sentences that it composes) and may be Chinese;
 * so may the terms that the English has in brackets. Everything else, and every text of which there is English, is a fault.
 */
import type { BrowserContext, Page, Response } from "playwright-core";
import { ENGLISH as CONSOLE_ENGLISH } from "../../console/src/english/index";
import { ENGLISH as FIELD_ENGLISH } from "../../field/src/english/index";

const CHINESE = /[\p{Script=Han}]+/gu;
const ALL = { ...FIELD_ENGLISH, ...CONSOLE_ENGLISH };
/** Terms in brackets, as `Appendix 1 (附件1)`. */
const TERMS = Object.values(ALL).join(" ");
/** Texts with English that are also what somebody may have written as data: a remark, a name, a unit. */
const ALSO_DATA = ["无", "企业", "街道领导"];
/** The sheets of the notice as they print, and the name of the language itself. */
const CHINESE_PARTS = ".paper-wrap, [lang='zh-CN']";

/** What the server said to the pages of a browser. */
export class ServerSaid {
  private texts: string[] = [];

  constructor(context: BrowserContext) {
    context.on("response", (response) => void this.take(response));
  }

  private async take(response: Response): Promise<void> {
    if (!/\/v1\//.test(response.url()) || !/json/.test(response.headers()["content-type"] ?? "")) return;
    this.texts.push(await response.text().catch(() => ""));
  }

  /** What somebody typed is data as well. */
  typed(...texts: string[]): void {
    this.texts.push(...texts);
  }

  has(text: string): boolean {
    return this.texts.some((said) => said.includes(text));
  }
}

/** Chinese words of the interface that the page shows, each with its sentence. */
export async function chineseLeft(page: Page, said: ServerSaid): Promise<string[]> {
  const shown = await page.evaluate((parts) => {
    const texts: string[] = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement;
      if (!element || element.closest(parts) || element.closest("script, style, noscript") || element.getClientRects().length === 0) continue;
      if (node instanceof Element) texts.push(...["aria-label", "placeholder", "title", "alt"].map((name) => node.getAttribute(name) ?? ""));
      else texts.push(node.textContent ?? "");
    }
    return texts.map((text) => text.trim()).filter((text) => /\p{Script=Han}/u.test(text));
  }, CHINESE_PARTS);
  return [...new Set(shown)].filter((text) => {
    if (text in ALL && !ALSO_DATA.includes(text)) return true;
    return (text.match(CHINESE) ?? []).some((words) => !said.has(words) && !TERMS.includes(words));
  });
}
