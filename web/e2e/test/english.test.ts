/** Both apps in English: every main view at a desk, narrow, and on a small phone with large text; nothing Chinese but data, no serious fault, no draft lost. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Desk } from "../src/desk";
import { chineseLeft, ServerSaid } from "../src/english";
import { examine, examineDesk } from "../src/examine";
import { Phone } from "../src/phone";
import { DEMO_PASSWORD, TestServer } from "../src/server";
import type { HazardPage } from "../src/views";

const DEMO_MS = 400_000;
const LONG_MS = 240_000;
const PAGES_MS = 420_000;
const IN_THE_VILLAGE = { latitude: 31.3681131, longitude: 107.9312971, accuracy: 8 };
const VILLAGE = "500299001001";
const SIZES = [
  ["desk", { width: 1280, height: 800 }],
  ["narrow", { width: 390, height: 844 }],
] as const;

let server: TestServer;
let phone: Phone;
let said: ServerSaid;
const faults: string[] = [];

beforeAll(async () => {
  server = await TestServer.startDemo();
  phone = await Phone.make(server.address);
  said = new ServerSaid(phone.context);
  await phone.context.setGeolocation(IN_THE_VILLAGE);
}, DEMO_MS);

afterAll(async () => {
  await phone?.end();
  await server?.end();
});

async function look(name: string): Promise<void> {
  const { page } = phone;
  await page.waitForTimeout(400);
  await phone.shot(`en-${name}`);
  faults.push(...(await examine(page, name)));
  faults.push(...(await chineseLeft(page, said)).map((text) => `${name}: ${text}`));
}

/** Opens a screen and looks at it. */
async function see(name: string, path: string, sign: string | RegExp): Promise<void> {
  await phone.page.goto(`${server.address}/app${path}`);
  await phone.page.getByText(sign).first().waitFor();
  await look(name);
}

it("a phone is told English on its first page and stays so", async () => {
  const { page } = phone;
  await page.getByRole("radio", { name: "English" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("en");
  await look("01-sign-in");
  await page.getByPlaceholder("User name from the subdistrict").fill("inspector1");
  await page.getByPlaceholder("Password").fill(DEMO_PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Photograph a hazard" }).waitFor();
  await page.getByText("Last sync:").waitFor();
  await look("02-home");
});

it(
  "every screen is English, also on a small phone with large text",
  async () => {
    const { page } = phone;
    const visit = (await server.get<{ items: { id: string }[] }>("inspector1", "/v1/inspections?limit=1")).items[0]!;
    for (const size of ["", "-large"]) {
      if (size) {
        await page.setViewportSize({ width: 360, height: 740 });
        await page.getByRole("switch", { name: "Large text" }).click();
      }
      await see(`03-home${size}`, "/", "Photograph a hazard");
      await see(`04-finding${size}`, "/finding", "Suspected major, to be judged");
      await page.getByRole("radio", { name: "Major (by criteria)" }).click();
      await page.getByLabel("Search criteria").waitFor();
      await look(`05-criteria${size}`);
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByText("Controls on site").waitFor();
      await look(`06-finding-major${size}`);
      await see(`07-visit${size}`, "/inspection", "Photos of the site");
      await page.getByRole("radio", { name: "Spot check" }).click();
      await look(`08-visit-spot${size}`);
      await page.getByText("Handling and remarks").scrollIntoViewIfNeeded();
      await look(`09-visit-end${size}`);
      await see(`10-inspections${size}`, "/inspections", "My inspections");
      await see(`11-inspection${size}`, `/inspections/${visit.id}`, "What was entered");
      await see(`12-hazards${size}`, "/hazards", "Open hazards");
      await page
        .getByRole("link", { name: /Five pending/ })
        .first()
        .click();
      await page.getByRole("button", { name: "Change" }).waitFor();
      await page.waitForTimeout(500);
      await look(`13-hazard${size}`);
      await page.getByRole("link", { name: "The five (五落实)" }).click();
      await page.getByText("Dual report").first().waitFor();
      await look(`14-five${size}`);
      await see(`15-hazards-review${size}`, "/hazards", "To review");
      await page.getByRole("radio", { name: "To review" }).click();
      await page
        .getByRole("link", { name: /To review/ })
        .first()
        .click();
      await page.getByRole("link", { name: "Review", exact: true }).click();
      await page.getByText("Review opinion").waitFor();
      await page.getByRole("radio", { name: "Partly rectified" }).click();
      await look(`16-review${size}`);
      await see(`17-uploads${size}`, "/uploads", "Sync now");
      await see(`18-news${size}`, "/news", "News");
      await see(`19-settings${size}`, "/settings", "Storage of the phone");
    }
  },
  LONG_MS,
);

it("a phone set to English starts in English without signal, and a draft outlives the change of language", async () => {
  const { page } = phone;
  await page.goto(`${server.address}/app/finding`);
  await page.getByLabel("Description").fill("演示：楼梯间堆放纸箱");
  said.typed("演示：楼梯间堆放纸箱");
  await page.goto(`${server.address}/app/settings`);
  await page.getByRole("radio", { name: "中文" }).click();
  await page.getByRole("heading", { name: "设置" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("zh-CN");
  await page.getByRole("radio", { name: "English" }).click();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await phone.reopen({ offline: true });
  await phone.page.getByText("There is an unfinished hazard").waitFor();
  expect(await phone.page.evaluate(() => document.documentElement.lang)).toBe("en");
  await phone.page.goto(`${server.address}/app/finding`);
  expect(await phone.page.getByLabel("Description").inputValue()).toBe("演示：楼梯间堆放纸箱");
  await look("20-finding-offline");
  await phone.page.getByRole("radio", { name: "General" }).first().click();
  await phone.page.getByRole("button", { name: "Save" }).click();
  await phone.page.getByText("To upload").first().waitFor();
  await look("21-home-unsent");
  await phone.page.getByRole("navigation").getByRole("link", { name: "Uploads" }).click();
  await phone.page.getByText("1 entry and 0 photos to upload").waitFor();
  await look("22-uploads-unsent");
  await phone.page
    .getByRole("link", { name: /楼梯间堆放纸箱/ })
    .first()
    .click();
  await phone.page.getByText("What was entered").waitFor();
  // The reason that the app writes into the record for a finding without a picture.
  said.typed("未拍照");
  await look("23-work");
  await phone.page.goto(`${server.address}/app/camera`);
  await phone.page.getByText("Position found").waitFor();
  await look("24-camera");
});

it("no screen of the phone is Chinese or has a serious fault", () => {
  expect(faults).toEqual([]);
  expect(phone.surprises).toEqual([]);
});

async function walk(login: string, pages: [string, string][]): Promise<string[]> {
  const found: string[] = [];
  for (const [size, viewport] of SIZES) {
    const desk = await Desk.make(server.address, viewport);
    const told = new ServerSaid(desk.context);
    const { page } = desk;
    await page.goto(`${server.address}/`);
    await page.getByRole("button", { name: "English" }).click();
    await page.getByLabel("User name").fill(login);
    await page.getByLabel("Password", { exact: true }).fill(DEMO_PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    for (const [name, path] of pages) {
      await desk.open(path);
      await page.waitForLoadState("networkidle").catch(() => undefined);
      await page.waitForTimeout(700);
      await desk.shot(`en-console-${size}-${name}`);
      found.push(...(await examineDesk(page, `${size} ${name}`)));
      found.push(...(await chineseLeft(page, told)).map((text) => `${size} ${name}: ${text}`));
      expect(await page.evaluate(() => document.documentElement.lang)).toBe("en");
    }
    await desk.end();
  }
  return found;
}

it(
  "every page of the console is English at a desk and narrow",
  async () => {
    const [month] = new Date(Date.now() + 8 * 3_600_000).toISOString().split(/-\d\dT/);
    const hazard = (await server.get<HazardPage>("safety", "/v1/hazards?level=major_direct&limit=1")).items[0]!;
    const visit = (await server.get<{ items: { id: string }[] }>("safety", "/v1/inspections?limit=1")).items[0]!;
    const form = `village=${VILLAGE}&month=${month}`;
    const office: [string, string][] = [
      ["today", "/today"],
      ["ledger", "/hazards"],
      ["ledger-empty", "/hazards?text=nothing"],
      ["hazard", `/hazards/${hazard.id}`],
      ["map", "/map"],
      ["inspections", "/inspections"],
      ["inspection", `/inspections/${visit.id}`],
      ["appendix1", `/forms/appendix1?${form}`],
      ["appendix2", `/forms/appendix2?${form}`],
      ["figures", "/figures"],
      ["catalogue", "/catalogue"],
      ["devices", "/devices"],
      ["handover", "/handover"],
      ["imports", "/imports"],
      ["nowhere", "/no-such-page"],
    ];
    expect(await walk("safety", office)).toEqual([]);
    expect(await walk("admin", [["people", "/people"]])).toEqual([]);
    expect(await walk("auditor", [["audit", "/audit"]])).toEqual([]);
  },
  PAGES_MS,
);

it("the console asks before a change of language loses what was typed", async () => {
  const desk = await Desk.make(server.address);
  await desk.signIn("safety", DEMO_PASSWORD);
  await desk.open("/handover");
  await desk.page.getByLabel("交接原因").fill("演示：调整包片");
  await desk.page.getByRole("button", { name: "English" }).click();
  await desk.page.getByRole("button", { name: "留在这里" }).click();
  expect(await desk.page.getByLabel("交接原因").inputValue()).toBe("演示：调整包片");
  await desk.page.getByRole("button", { name: "English" }).click();
  await desk.page.getByRole("button", { name: "换语言" }).click();
  await desk.page.getByRole("heading", { name: "Hand-over" }).waitFor();
  await desk.end();
});
