/** The office among itself: work handed over, accounts taken out of use and back, phones of others, and who did all that. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Desk } from "../src/desk";
import { Phone } from "../src/phone";
import { LINXI, TestServer } from "../src/server";
import type { HazardPage, RecordView, UserPage } from "../src/views";

let server: TestServer;
let office: Desk;
let giver: Phone;

beforeAll(async () => {
  server = await TestServer.start();
  office = await Desk.make(server.address);
  giver = await Phone.make(server.address);
});

afterAll(async () => {
  await giver?.end();
  await office?.end();
  await server?.end();
});

async function theHazard(): Promise<RecordView> {
  const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`);
  return server.get<RecordView>("safety", `/v1/hazards/${items[0]!.id}`);
}

async function choose(desk: Desk, label: string, option: RegExp): Promise<void> {
  await desk.page.getByRole("combobox", { name: label }).click();
  await desk.page.getByRole("listbox", { name: label }).getByRole("option", { name: option }).click();
}

it("the office sees an inspector's phone and what it still holds, and cannot take it out of use", async () => {
  await giver.signIn("inspector1");
  await giver.capture("一般", "配电箱门敞开");
  await giver.page.getByText("已上传").first().waitFor();
  await giver.goTo("隐患");
  await giver.page.getByRole("link", { name: /配电箱门敞开/ }).waitFor();
  await office.signIn("safety");
  await office.open("/devices");
  const row = office.page.getByRole("row", { name: /演安一/ });
  await row.getByText("无", { exact: true }).waitFor();
  expect(await row.getByRole("button", { name: /停用/ }).count()).toBe(0);
});

it("a hand-over without a reason says so; with one, hazard and role go over and the finder stays", async () => {
  const { page } = office;
  await office.open("/handover");
  await choose(office, "交接人", /演安一/);
  await page.getByRole("group", { name: "交接的村（社区）" }).getByText("临溪社区").waitFor();
  await choose(office, "接手人", /演安三/);
  await page.getByRole("button", { name: "交接" }).click();
  await page.getByRole("alert").getByText("请填写交接原因").waitFor();
  await page.getByLabel("交接原因").fill("调离岗位");
  await page.getByRole("button", { name: "交接" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "交接" }).click();
  await page.getByText("已交接：1条未销号隐患由演安三负责").waitFor();
  await office.shot("console-desk-handover-done");
  const hazard = await theHazard();
  const text = (name: string): string => hazard.fields.find((field) => field.name === name)?.text ?? "";
  expect([text("keeper"), text("finders")]).toEqual(["演安三", "演安一"]);
  // It was sent, and the village is not the giver's any more: not open there, and nothing of it waits.
  await giver.syncNow();
  await giver.goTo("隐患");
  await giver.page.getByText("手机上还没有隐患").waitFor();
});

it("who keeps the accounts chooses villages by name, and brings a disabled account back", async () => {
  const admin = await Desk.make(server.address);
  await admin.signIn("admin");
  await admin.open("/people");
  await admin.page.getByRole("button", { name: "办理演安四的账号" }).click();
  const dialog = admin.page.getByRole("dialog", { name: "演安四" });
  await dialog.getByText("排查员/网格员 · 临溪社区").waitFor();
  await dialog.getByRole("combobox", { name: "范围" }).click();
  await admin.page.getByRole("option", { name: "东篱村（500299001002）" }).waitFor();
  await admin.page.keyboard.press("Escape");
  await dialog.getByRole("button", { name: "停用账号" }).click();
  await admin.page.getByRole("dialog", { name: /停用/ }).getByRole("button", { name: "停用账号" }).click();
  await dialog.getByText(/已停用$/).waitFor();
  await dialog.getByRole("button", { name: "恢复账号" }).click();
  await admin.page.getByRole("dialog", { name: /恢复/ }).getByRole("button", { name: "恢复账号" }).click();
  await dialog.getByRole("button", { name: "停用账号" }).waitFor();
  const { items } = await server.get<UserPage & { items: { disabled_at: string | null }[] }>("admin", "/v1/users?limit=200");
  expect(items.find(({ login }) => login === "inspector4")).toMatchObject({ disabled_at: null });
  expect(admin.complaints).toEqual([]);
  await admin.end();
});

it("who audits reads all of it, by kind and by person", async () => {
  const auditor = await Desk.make(server.address);
  const { page } = auditor;
  await auditor.signIn("auditor");
  await auditor.open("/audit");
  await page.getByRole("row", { name: /恢复账号 演安四/ }).waitFor();
  await page.getByRole("row", { name: /演应急.*工作交接 演安一.*交给演安三，未销号隐患1条。调离岗位/ }).waitFor();
  await page.getByRole("button", { name: "只看演应急" }).first().click();
  await page.getByText("只看 演应急").waitFor();
  await page.getByRole("row", { name: /恢复账号/ }).waitFor({ state: "detached" });
  await choose(auditor, "操作", /^撤销角色$/);
  await page.getByRole("row", { name: /撤销角色 演安一.*临溪社区/ }).waitFor();
  await page.getByRole("row", { name: /工作交接 / }).waitFor({ state: "detached" });
  expect(await page.getByRole("row").count()).toBe(2);
  expect(auditor.complaints).toEqual([]);
  await auditor.end();
});

it("nothing was loaded from elsewhere and nothing complained", () => {
  expect(office.complaints).toEqual([]);
});
