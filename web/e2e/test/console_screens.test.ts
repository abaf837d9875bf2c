/** Every page of the console with the demo behind it, at a desk and as narrow as a phone: looked at by rules here, and by people in the pictures that
 * PAICHA_TEST_SCREENS collects. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Desk } from "../src/desk";
import { examineDesk } from "../src/examine";
import { DEMO_PASSWORD, TestServer } from "../src/server";
import type { HazardPage } from "../src/views";

const DEMO_MS = 400_000;
const SIZES = [
  ["desk", { width: 1280, height: 800 }],
  ["narrow", { width: 390, height: 844 }],
] as const;
const VILLAGE = "500299001001";

let server: TestServer;
/** Name, address and what is there when the page is. */
let pages: [string, string, string | RegExp][];

beforeAll(async () => {
  server = await TestServer.startDemo();
  const [month] = new Date(Date.now() + 8 * 3_600_000).toISOString().split(/-\d\dT/);
  const hazard = (await server.get<HazardPage>("safety", "/v1/hazards?level=major_direct&limit=1")).items[0]!;
  const visit = (await server.get<{ items: { id: string }[] }>("safety", "/v1/inspections?limit=1")).items[0]!;
  const flags = await server.get<{ items: { record: string; record_kind: string }[] }>("safety", "/v1/flags?open=true&limit=200");
  const flagged = flags.items.find(({ record_kind }) => record_kind === "inspection")!;
  const form = `village=${VILLAGE}&month=${month}`;
  pages = [
    ["today", "/today", "最新发现"],
    ["ledger", "/hazards", /^YH-/],
    ["ledger-empty", "/hazards?text=没有这样的隐患", "没有符合条件的隐患"],
    ["hazard", `/hazards/${hazard.id}`, "办理过程"],
    ["hazard-missing", "/hazards/00000000-0000-7000-8000-000000000000", "重试"],
    ["map", "/map", /地图上 \d+ 处/],
    ["inspections", "/inspections", /^20\d\d年/],
    ["inspection", `/inspections/${visit.id}`, "办理过程"],
    ["appendix1", `/forms/appendix1?${form}`, "附件1："],
    ["appendix2", `/forms/appendix2?${form}`, "附件2："],
    ["figures", "/figures", "按场所行业"],
    ["catalogue", "/catalogue", "判定标准"],
    ["inspection-flags", `/inspections/${flagged.record}`, "真实性提示"],
    ["devices", "/devices", "手机"],
    ["handover", "/handover", "交接原因"],
    ["imports", "/imports", "导入"],
    ["nowhere", "/no-such-page", "没有这一页"],
  ];
}, DEMO_MS);

afterAll(async () => {
  await server?.end();
});

async function walk(login: string, wanted: [string, string, string | RegExp][]): Promise<string[]> {
  const faults: string[] = [];
  for (const [size, viewport] of SIZES) {
    const desk = await Desk.make(server.address, viewport);
    await desk.signIn(login, DEMO_PASSWORD);
    for (const [name, path, sign] of wanted) {
      await desk.open(path);
      await desk.page.getByRole("main").getByText(sign).first().waitFor();
      await desk.page.waitForTimeout(500);
      await desk.shot(`console-${size}-${name}`);
      faults.push(...(await examineDesk(desk.page, `${size} ${name}`)));
    }
    const expected = /hazards\/00000000-0000-7000-8000-000000000000/;
    faults.push(...desk.complaints.filter((text) => !expected.test(text)).map((text) => `${size}: ${text}`));
    await desk.end();
  }
  return faults;
}

it("no page of the office has a serious fault, scrolls sideways or complains", async () => {
  expect(await walk("safety", pages)).toEqual([]);
}, 240_000);

it("no page of who keeps the accounts has one", async () => {
  expect(await walk("admin", [["people", "/people", "新建账号"]])).toEqual([]);
});

it("no page of who audits has one", async () => {
  const audit: [string, string, string][] = [
    ["audit", "/audit", "登录"],
    ["audit-empty", "/audit?kind=session_closed", "没有符合条件的操作"],
  ];
  expect(await walk("auditor", audit)).toEqual([]);
});

it("a narrow window opens its menu by a button and closes it with Escape", async () => {
  const desk = await Desk.make(server.address, SIZES[1][1]);
  await desk.signIn("head1", DEMO_PASSWORD);
  const menu = desk.page.getByRole("navigation", { name: "主菜单" });
  await menu.waitFor({ state: "hidden" });
  await desk.page.getByRole("button", { name: "菜单" }).click();
  await menu.getByRole("link", { name: "隐患台账" }).waitFor();
  await desk.page.keyboard.press("Escape");
  await menu.waitFor({ state: "hidden" });
  await desk.end();
});
