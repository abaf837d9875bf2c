/** A monthly form at the desk: handed in as a 零报告, locked, corrected by two people; every revision stays a file. Then people by import. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Desk } from "../src/desk";
import { LINXI, TestServer } from "../src/server";

const FORM = `/forms/appendix2?month=2023-06&village=${LINXI}`;
/** Every workbook and document is a ZIP archive. */
const ZIP_MARK = "PK";

let server: TestServer;
let office: Desk;
let leader: Desk;
let admin: Desk;

beforeAll(async () => {
  server = await TestServer.start();
  [office, leader, admin] = [await Desk.make(server.address), await Desk.make(server.address), await Desk.make(server.address)];
  await office.signIn("safety");
  await leader.signIn("leader");
  await admin.signIn("admin");
});

afterAll(async () => {
  for (const desk of [office, leader, admin]) await desk?.end();
  await server?.end();
});

/** Opens the dialog of a deed and presses its button again. */
async function press(page: Page, deed: string): Promise<void> {
  const dialog = page.getByRole("dialog", { name: deed });
  if (!(await dialog.isVisible())) await page.getByRole("button", { name: deed, exact: true }).click();
  await dialog.getByRole("button", { name: deed, exact: true }).click();
}

async function confirmZero(page: Page): Promise<void> {
  await page.getByRole("dialog").getByText("确认零报告", { exact: false }).first().click();
}

/** Presses a button that downloads; gives the file's name and how it begins. */
async function downloaded(page: Page, button: string): Promise<{ name: string; start: string }> {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: button, exact: true }).first().click()]);
  const bytes = await readFile(await file.path());
  return { name: file.suggestedFilename(), start: bytes.subarray(0, 2).toString("latin1") };
}

it("a form without findings is handed in only when 零报告 is confirmed", async () => {
  const { page } = office;
  await office.open(FORM);
  await page.getByText("暂定：按现在的记录计算").waitFor();
  await press(page, "提交");
  await page.getByText("请确认零报告", { exact: true }).waitFor();
  await confirmZero(page);
  await press(page, "提交");
  await page.getByText("已提交，待街道锁定").waitFor();
});

it("what was handed in is locked and exported", async () => {
  const { page } = office;
  await press(page, "锁定上报");
  await page.getByText("已报街道，如需修改请申请更正").waitFor();
  await page.getByText("第1版，已锁定").waitFor();
  for (const kind of ["Excel", "Word"]) {
    const { name, start } = await downloaded(page, kind);
    expect([name.includes("附件2"), start]).toEqual([true, ZIP_MARK]);
  }
  await office.shot("console-form-locked");
});

it("a correction needs a reason, the checks of today, and a second person", async () => {
  const { page } = office;
  await press(page, "申请更正");
  await page.getByText("请填写原因", { exact: true }).waitFor();
  await page.getByLabel("原因（必填）").fill("漏报一家");
  await press(page, "申请更正");
  // The server names the checks of what the correction would say.
  await page.getByText("W1 本月无重大隐患").waitFor();
  await confirmZero(page);
  await press(page, "申请更正");
  await page.getByText("有一份更正等待街道领导批准").waitFor();
  await leader.open(FORM);
  await leader.page.getByRole("button", { name: "批准更正", exact: true }).click();
  await leader.page.getByLabel("原因（必填）").fill("情况属实");
  await press(leader.page, "批准更正");
  await leader.page.getByRole("link", { name: "第2版" }).waitFor();
  const correction = await downloaded(leader.page, "更正说明");
  expect([correction.name.includes("更正说明"), correction.start]).toEqual([true, ZIP_MARK]);
  await leader.page.getByRole("link", { name: "第1版" }).click();
  await leader.page.getByText("第1版，已锁定").waitFor();
});

it("every number leads to the records behind it", async () => {
  const { page } = office;
  await office.open(FORM);
  const links = page.locator(".printed a");
  await links.first().waitFor();
  expect(await links.count()).toBe(14);
  await links.nth(2).click();
  await page.getByRole("heading", { level: 1, name: "一.3 排查发现的重大事故隐患（个）" }).waitFor();
  await page.getByText("这个数是0，没有记录。").waitFor();
});

it("an import says what to mend and stores nothing, then tells the passwords once, and they work", async () => {
  const { page } = admin;
  await admin.open("/imports");
  const table = (village: string): { name: string; mimeType: string; buffer: Buffer } => ({
    name: "人员.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(`姓名,电话,角色,所属村（社区）,登录名\n演新人,13900000001,排查员,${village},newcomer\n`),
  });
  const file = page.locator("input[type=file]");
  await file.setInputFiles(table("没有的村"));
  await page.getByRole("cell", { name: "第2行" }).waitFor();
  expect(await page.getByRole("button", { name: "确认导入" }).count()).toBe(0);
  await file.setInputFiles(table("临溪社区"));
  await page.getByText("新建账号 1").waitFor();
  await page.getByRole("button", { name: "确认导入" }).click();
  const password = await page.locator("code").first().innerText();
  await page.getByRole("link", { name: "人员和权限" }).click();
  await page.getByRole("button", { name: "已保存，离开" }).click();
  await page.getByRole("button", { name: "办理演新人的账号" }).waitFor();
  const newcomer = await Desk.make(server.address);
  try {
    await newcomer.signIn("newcomer", password);
    await newcomer.page.getByText("演新人").waitFor();
  } finally {
    await newcomer.end();
  }
});

it("nothing was complained about but what the server refused on purpose", () => {
  const surprises = [office, leader, admin].flatMap(({ complaints }) => complaints).filter((text) => !/status of 422/.test(text));
  expect(surprises).toEqual([]);
});
