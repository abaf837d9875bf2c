/** What a first visit of the field app costs, whether it can be installed, and how long it takes on a slow line with a slow processor. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { chromium, type Browser, type CDPSession, type Page } from "playwright-core";
import { TestServer } from "../src/server";

/** Compressed bytes of the first load, as the issue promises. */
const FIRST_LOAD_BYTES_MAX = 250_000;
/** Before a stranger can type: the page, its script and its style; six files come at once over HTTP/1.1. */
const START_FILES_MAX = 5;
const START_BYTES_MAX = 130_000;
const SMALL_BYTES = 2_000;
/** Lighthouse's slow 4G, and a processor a quarter as fast. Measured and printed; a test does not judge times. */
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: (1.6 * 1024 * 1024) / 8, uploadThroughput: (750 * 1024) / 8 };
const SLOWER_CPU = 4;

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await TestServer.start();
  browser = await chromium.launch({ executablePath: process.env.PAICHA_TEST_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
});

afterAll(async () => {
  await browser?.close();
  await server?.end();
});

/** A page of a browser that has never been here. */
async function stranger(): Promise<{ page: Page; cdp: CDPSession }> {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "zh-CN" })).newPage();
  return { page, cdp: await page.context().newCDPSession(page) };
}

it("the first load of the field app is small", async () => {
  const { page, cdp } = await stranger();
  const bytes = new Map<string, number>();
  const names = new Map<string, string>();
  await cdp.send("Network.enable");
  cdp.on("Network.responseReceived", ({ requestId, response }) => names.set(requestId, response.url));
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => bytes.set(requestId, encodedDataLength));
  await page.goto(`${server.address}/app/`);
  await page.getByRole("button", { name: "登录" }).waitFor();
  await page.waitForLoadState("networkidle");
  const total = [...bytes.values()].reduce((sum, one) => sum + one, 0);
  console.log(`first load: ${bytes.size} files, ${Math.round(total / 1_000)} kB compressed`);
  expect(total).toBeLessThan(FIRST_LOAD_BYTES_MAX);
  expect([...names.values()].filter((url) => !url.startsWith(server.address) && !url.startsWith("data:"))).toEqual([]);
});

it("what stands before the first screen is few files, as small as they can be", async () => {
  const { page, cdp } = await stranger();
  const needed = new Map<string, { bytes: number; encoding: string }>();
  const asked = new Map<string, { url: string; encoding: string }>();
  await cdp.send("Network.enable");
  cdp.on("Network.responseReceived", ({ requestId, response }) => {
    const header = Object.entries(response.headers).find(([name]) => name.toLowerCase() === "content-encoding");
    asked.set(requestId, { url: new URL(response.url).pathname, encoding: header?.[1] ?? "" });
  });
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const { url, encoding } = asked.get(requestId) ?? { url: "", encoding: "" };
    if (/^\/app\/$|\.(js|css)$/.test(url)) needed.set(url, { bytes: encodedDataLength, encoding });
  });
  await page.goto(`${server.address}/app/`, { waitUntil: "load" });
  await page.getByRole("button", { name: "登录" }).waitFor();
  const before = await page.evaluate(() => {
    const drawn = performance.getEntriesByName("first-contentful-paint")[0]!.startTime;
    const files = performance.getEntriesByType("resource").filter(({ startTime }) => startTime < drawn);
    return files.map(({ name }) => new URL(name).pathname);
  });
  const start = [...needed].filter(([url]) => url === "/app/" || before.includes(url));
  const bytes = start.reduce((sum, [, one]) => sum + one.bytes, 0);
  console.log(`before the first screen: ${start.map(([url]) => url).join(" ")}, ${Math.round(bytes / 1_000)} kB`);
  expect(start.length).toBeLessThanOrEqual(START_FILES_MAX);
  expect(bytes).toBeLessThan(START_BYTES_MAX);
  // What fits into a packet or two goes as it is.
  expect(start.filter(([, one]) => one.bytes > SMALL_BYTES && one.encoding !== "br")).toEqual([]);
});

it("the field app can be installed", async () => {
  const { page, cdp } = await stranger();
  await page.goto(`${server.address}/app/`);
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  const { errors, data } = await cdp.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  const manifest = JSON.parse(data ?? "{}") as { name: string; display: string; start_url: string; icons: { sizes: string; purpose?: string }[] };
  expect([manifest.display, manifest.start_url]).toEqual(["standalone", "/app/"]);
  expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(["192x192", "512x512"]));
  const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
  // A private window can never install anything; that is all it may complain of.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito")).toEqual([]);
});

it("a slow line and a slow processor are measured", async () => {
  const { page, cdp } = await stranger();
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", SLOW_4G);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: SLOWER_CPU });
  const start = Date.now();
  await page.goto(`${server.address}/app/`, { waitUntil: "commit" });
  await page.getByPlaceholder("街道发给您的用户名").fill("inspector1");
  console.log(`slow 4G, processor ${SLOWER_CPU} times slower: could type after ${Date.now() - start} ms`);
  await page.reload({ waitUntil: "commit" });
});
