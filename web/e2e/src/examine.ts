/** What every screen must fulfil: no serious fault that axe finds, nothing to scroll sideways, everything that a thumb hits 44 px high and wide. */
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

interface AxeResults {
  violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
}

/** The faults of the screen that is open, in words. */
export async function examine(page: Page, name: string): Promise<string[]> {
  return [...(await axeFaults(page)), ...(await layoutFaults(page))].map((fault) => `${name}: ${fault}`);
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

async function layoutFaults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const faults: string[] = [];
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) faults.push(`${wide} px to scroll sideways`);
    for (const element of document.querySelectorAll("a, button, input:not([type=file]), textarea, [role=switch]")) {
      const { width, height } = element.getBoundingClientRect();
      const holder = element.closest("label, .van-cell")?.getBoundingClientRect();
      const [w, h] = [Math.max(width, holder?.width ?? 0), Math.max(height, holder?.height ?? 0)];
      if (width > 0 && (w < 43.5 || h < 43.5)) faults.push(`${Math.round(w)}x${Math.round(h)} px: ${element.outerHTML.slice(0, 120)}`);
    }
    return faults;
  });
}
