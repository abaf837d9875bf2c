/** A phone that cannot send: its file goes to the office by hand, is imported at the console, and nothing doubles when the phone comes online. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Desk } from "../src/desk";
import { Phone } from "../src/phone";
import { LINXI, TestServer } from "../src/server";
import type { HazardPage, RecordView } from "../src/views";

let server: TestServer;
let phone: Phone;
let office: Desk;
let file: string;

beforeAll(async () => {
  server = await TestServer.start();
  phone = await Phone.make(server.address);
  office = await Desk.make(server.address);
});

afterAll(async () => {
  await office?.end();
  await phone?.end();
  await server?.end();
});

async function theHazards(): Promise<HazardPage["items"]> {
  return (await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`)).items;
}

it("a phone without signal puts its finding and the photo into a file", async () => {
  const { page } = phone;
  await phone.signIn("inspector1");
  await phone.ready();
  await phone.context.setOffline(true);
  await phone.capture("一般", "配电箱门敞开");
  await phone.goTo("上传");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "存成文件（救援文件）" }).click()]);
  file = (await download.path())!;
  expect(await theHazards()).toEqual([]);
});

it("the office sees whose file it is before anything is stored, and then takes it in", async () => {
  const { page } = office;
  await office.signIn("safety");
  await office.open("/imports");
  const rescue = page.locator("section").filter({ has: page.getByRole("heading", { name: "手机救援文件" }) });
  await rescue.getByLabel("选择救援文件").setInputFiles({ name: "不是.zip", mimeType: "application/zip", buffer: Buffer.from("not a zip") });
  await rescue
    .getByRole("alert")
    .getByText(/不是 ZIP 文件.*什么也没有导入/)
    .waitFor();
  await office.shot("console-desk-rescue-refused");
  await rescue.getByLabel("选择救援文件").setInputFiles(file);
  await rescue.getByText("预览：还没有导入，确认后将").waitFor();
  await rescue.getByText(/^演安一的手机/).waitFor();
  await rescue.getByText(/^内容 1 条（\d 项操作）：将收下 1 条$/).waitFor();
  await rescue.getByText(/^照片 1 张（[1-9]\d* KB）$/).waitFor();
  await office.shot("console-desk-rescue-preview");
  expect(await theHazards()).toEqual([]);
  await rescue.getByRole("button", { name: "确认导入" }).click();
  await rescue.getByText(/新收下 1 条$/).waitFor();
  await rescue.getByText("照片 1 张：新存入 1 张").waitFor();
  await office.shot("console-desk-rescue-done");
});

it("the hazard is in the ledger with its picture, in the inspector's name", async () => {
  const [hazard] = await theHazards();
  const { fields, photos } = await server.get<RecordView>("safety", `/v1/hazards/${hazard!.id}`);
  expect([photos.declared, photos.stored]).toEqual([1, 1]);
  expect(fields.find(({ name }) => name === "finders")?.text).toBe("演安一");
  await office.open(`/hazards/${hazard!.id}`);
  await office.page.getByText("配电箱门敞开").first().waitFor();
  const picture = office.page.locator("main img").first();
  await picture.waitFor();
  await office.page.waitForFunction(() => (document.querySelector("main img") as HTMLImageElement | null)?.naturalWidth ?? 0);
});

it("nothing doubles when the phone comes online, and it says that everything is handed in", async () => {
  await phone.context.setOffline(false);
  await phone.page.getByText("全部已上传").waitFor({ timeout: 60_000 });
  await phone.goTo("首页");
  await phone.page.getByText("已上传").first().waitFor();
  expect((await theHazards()).length).toBe(1);
  await office.open("/imports");
  const rescue = office.page.locator("section").filter({ has: office.page.getByRole("heading", { name: "手机救援文件" }) });
  await rescue.getByLabel("选择救援文件").setInputFiles(file);
  await rescue.getByRole("button", { name: "确认导入" }).click();
  await rescue.getByText("照片 1 张：新存入 0 张，服务器上已有 1 张").waitFor();
  expect((await theHazards()).length).toBe(1);
});
