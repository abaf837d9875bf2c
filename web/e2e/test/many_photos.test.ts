/** 200 photos waiting: captured without signal, the tab killed, reconnected. All arrive, the list stays usable, and no two originals are open at once. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Phone } from "../src/phone";
import { drawJpeg } from "../src/pictures";
import { LINXI, TestServer } from "../src/server";
import type { HazardPage, RecordView } from "../src/views";

const FINDINGS = 20;
const PHOTOS_EACH = 10;
const PHOTOS = FINDINGS * PHOTOS_EACH;
const SIDE_PX = 1_000;
/** What the page may grow by while the second half is sent, as a part of the bytes that go then. */
const GROWTH_PART_MAX = 0.5;
const TEST_MS = 900_000;

let server: TestServer;
let phone: Phone;
let folder: string;
const files: { path: string; sha256: string; bytes: number }[] = [];

beforeAll(async () => {
  server = await TestServer.start();
  phone = await Phone.make(server.address);
  folder = await mkdtemp(join(tmpdir(), "paicha-photos-"));
}, TEST_MS);

afterAll(async () => {
  await phone?.end();
  await server?.end();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Memory of the page's process that is its own, in bytes. */
async function pageMemory(): Promise<number> {
  let largest = 0;
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (!line.includes("--type=renderer") || !(await isOurs(pid))) continue;
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    largest = Math.max(largest, Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024);
  }
  return largest;
}

/** Whether a process descends from the browser of this phone. */
async function isOurs(pid: string): Promise<boolean> {
  for (let at = pid; at !== "0" && at !== "1";) {
    const stat = await readFile(`/proc/${at}/stat`, "utf8").catch(() => "");
    const parent = /\) \S (\d+)/.exec(stat)?.[1];
    if (!parent) return false;
    const line = await readFile(`/proc/${parent}/cmdline`, "utf8").catch(() => "");
    if (line.includes(phone.profile)) return true;
    at = parent;
  }
  return false;
}

it(
  "200 photos are taken without signal, ten to a finding",
  async () => {
    const { page } = phone;
    await phone.signIn("inspector1");
    await phone.ready();
    for (let n = 0; n < PHOTOS; n += 1) {
      const bytes = await drawJpeg(page, 1_000 + n, SIDE_PX, 0.95, true);
      const path = join(folder, `${String(n).padStart(3, "0")}.jpg`);
      await writeFile(path, bytes);
      files.push({ path, sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length });
    }
    expect(new Set(files.map(({ sha256 }) => sha256)).size).toBe(PHOTOS);
    await phone.context.setOffline(true);
    for (let finding = 0; finding < FINDINGS; finding += 1) {
      await page.getByRole("button", { name: "拍隐患" }).click();
      const some = files.slice(finding * PHOTOS_EACH, (finding + 1) * PHOTOS_EACH).map(({ path }) => path);
      await page.locator("input[type=file]").first().setInputFiles(some);
      await page.getByRole("button", { name: `下一步（${PHOTOS_EACH}）` }).click();
      await page.getByRole("radio", { name: "一般" }).click();
      await page.getByLabel("描述").fill(`第${finding + 1}处`);
      await page.getByRole("button", { name: "保存" }).click();
      await page.getByRole("button", { name: "拍隐患" }).waitFor();
    }
  },
  TEST_MS,
);

it("after the tab was killed everything still waits, and the list shows small pictures only", async () => {
  await phone.reopen({ offline: true });
  await phone.goTo("上传");
  const { page } = phone;
  await page.getByText(`还有 ${FINDINGS} 条内容、${PHOTOS} 张照片没传完`).waitFor();
  await expect.poll(() => page.getByText("待上传").count(), { timeout: 20_000 }).toBe(FINDINGS);
  for (let down = 0; down < 12; down += 1) {
    await page.mouse.wheel(0, 400);
    await page.waitForTimeout(150);
  }
  await expect.poll(() => page.locator("img.thumb").count()).toBeGreaterThan(10);
  const widths = await page.evaluate(() => [...document.images].map((image) => image.naturalWidth));
  expect(Math.max(...widths)).toBeLessThanOrEqual(220);
  await phone.shot("many-waiting");
});

it(
  "all of them arrive, the bar never goes back, and the page does not grow with them",
  async () => {
    const { page } = phone;
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    await page.evaluate(() => scrollTo(0, 0));
    const before = await pageMemory();
    const began = Date.now();
    await phone.context.setOffline(false);
    const used: number[] = [];
    const bar: number[] = [];
    const words = new Set<string>();
    while (!(await page.getByText("全部已上传").isVisible()) && Date.now() - began < TEST_MS - 60_000) {
      const now = await page.evaluate(() => ({
        part: document.querySelector("progress")?.value,
        words: [...document.querySelectorAll(".state")].map((state) => state.textContent ?? ""),
      }));
      if (now.part !== undefined) {
        bar.push(now.part);
        used.push(await pageMemory());
      }
      now.words.forEach((word) => words.add(word.replace(/\d+/g, "n")));
      if (bar.length === 40) await phone.shot("many-sending");
      await page.waitForTimeout(200);
    }
    const seconds = Math.round((Date.now() - began) / 1_000);
    const mb = (bytes: number): string => (bytes / (1 << 20)).toFixed(0);
    console.log(
      `${PHOTOS} photos, ${mb(total)} MB in ${seconds} s; page ${mb(before)} MB before, ${used
        .filter((_, at) => at % Math.ceil(used.length / 20) === 0)
        .map(mb)
        .join(" ")} MB while sending`,
    );
    expect(await page.getByText("全部已上传").isVisible()).toBe(true);
    expect(bar.filter((part, at) => at > 0 && part < bar[at - 1]!)).toEqual([]);
    expect([...words].every((word) => /^(待上传|上传中|已上传|照片未传完\(n\/n\)|已传 n%)$/.test(word))).toBe(true);
    // A page that kept what it sent would grow by half of the whole in the second half of the way.
    const half = bar.findIndex((part) => part >= 0.5);
    const [first, second] = [Math.max(...used.slice(0, half)), Math.max(...used.slice(half))];
    expect(second - first).toBeLessThan((total / 2) * GROWTH_PART_MAX);

    const token = await server.token("safety");
    const ask = async <T>(path: string): Promise<T> => {
      const answer = await fetch(server.address + path, { headers: { authorization: `Bearer ${token}` } });
      return (await answer.json()) as T;
    };
    const { items } = await ask<HazardPage>(`/v1/hazards?village=${LINXI}&limit=100`);
    expect(items).toHaveLength(FINDINGS);
    const stored = new Set<string>();
    for (const { id } of items) {
      const { photos } = await ask<RecordView>(`/v1/hazards/${id}`);
      expect([photos.declared, photos.stored, photos.owed]).toEqual([PHOTOS_EACH, PHOTOS_EACH, 0]);
      for (const { attached } of photos.items) stored.add((await ask<{ sha256: string }>(`/v1/operations/${attached.op}/bytes`)).sha256);
    }
    expect([...stored].sort()).toEqual(files.map(({ sha256 }) => sha256).sort());
    expect(phone.surprises).toEqual([]);
  },
  TEST_MS,
);
