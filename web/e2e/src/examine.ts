/**
 * What every screen must fulfil: no serious fault that axe finds, nothing to scroll sideways; on the phone everything that a thumb hits 44 px
 * high and wide.
 */
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

interface AxeResults {
  violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
}

/** The faults of the phone's screen that is open, in words. */
export async function examine(page: Page, name: string): Promise<string[]> {
  return [...(await examineDesk(page, name)), ...(await smallTargets(page)).map((fault) => `${name}: ${fault}`)];
}

/** The faults of the console's page that is open, in words. */
export async function examineDesk(page: Page, name: string): Promise<string[]> {
  return [...(await axeFaults(page)), ...(await sidewaysFaults(page))].map((fault) => `${name}: ${fault}`);
}

async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axePath, "utf8"));
  const results = await page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe;
    return axe.run();
  });
  const grave = results.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return grave.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary.replaceAll("\n", " ")}`),
  );
}

async function sidewaysFaults(page: Page): Promise<string[]> {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return wide > 0 ? [`${wide} px to scroll sideways`] : [];
}

async function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const faults: string[] = [];
    for (const element of document.querySelectorAll("a, button, input:not([type=file]), textarea, [role=switch]")) {
      const { width, height } = element.getBoundingClientRect();
      const holder = element.closest("label, .van-cell")?.getBoundingClientRect();
      const [w, h] = [Math.max(width, holder?.width ?? 0), Math.max(height, holder?.height ?? 0)];
      if (width > 0 && (w < 43.5 || h < 43.5)) faults.push(`${Math.round(w)}x${Math.round(h)} px: ${element.outerHTML.slice(0, 120)}`);
    }
    return faults;
  });
}
