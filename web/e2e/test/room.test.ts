/** Little room on the phone: said in the camera before it hurts, a photo that does not fit says so, and what the server has can be cleared. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Phone } from "../src/phone";
import { drawJpeg } from "../src/pictures";
import { LINXI, TestServer } from "../src/server";
import type { HazardPage, RecordView } from "../src/views";

const PLENTY_BYTES = 4 << 30;
let server: TestServer;
let phone: Phone;

beforeAll(async () => {
  server = await TestServer.start();
  phone = await Phone.make(server.address);
});

afterAll(async () => {
  await phone?.end();
  await server?.end();
});

/** Gives the app so much room more than it uses now. */
async function leaveRoom(bytes: number): Promise<void> {
  const session = await phone.context.newCDPSession(phone.page);
  const { usage } = await session.send("Storage.getUsageAndQuota", { origin: server.address });
  await session.send("Storage.overrideQuotaForOrigin", { origin: server.address, quotaSize: usage + bytes });
}

it("the camera says that there is little room, and what to do", async () => {
  const { page } = phone;
  await phone.signIn("inspector1");
  await phone.ready();
  await leaveRoom(PLENTY_BYTES);
  await phone.photograph();
  expect(await page.getByText(/手机存储/).count()).toBe(0);
  await page.getByRole("button", { name: "关闭相机" }).click();
  await leaveRoom(100 << 20);
  await page.getByText("有一条没填完的隐患").waitFor();
  await page.getByRole("button", { name: "拍隐患" }).click();
  await page.getByText(/手机存储快满了（还能存约[\d.]+ MB）。请尽快连网上传照片/).waitFor();
  await phone.shot("room-low");
});

it("a photo that does not fit says so, and what was there before stays", async () => {
  const { page } = phone;
  const photo = { name: "大.jpg", mimeType: "image/jpeg", buffer: await drawJpeg(page, 77, 3_000, 0.95) };
  await leaveRoom(100_000);
  await page.locator("input[type=file]").first().setInputFiles(photo);
  await page.getByText("手机存储满了，这张照片没有保存。请先连网上传，或删除手机上不用的文件").waitFor();
  await phone.shot("room-none");
  await leaveRoom(PLENTY_BYTES);
  await page.getByRole("button", { name: "下一步（1）" }).click();
  await page.getByRole("radio", { name: "一般" }).click();
  await page.getByLabel("描述").fill("存得下的");
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByText("已上传").first().waitFor();
  const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`);
  expect((await server.get<RecordView>("safety", `/v1/hazards/${items[0]!.id}`)).photos.stored).toBe(1);
});

it("originals that the server has whole are given back when the person wants it", async () => {
  const { page } = phone;
  // The phone believes the server's record of the photo, which comes with the next sync.
  await phone.syncNow();
  await phone.goTo("首页");
  await page.getByRole("link", { name: "设置" }).click();
  await page.getByRole("button", { name: /^清理已上传的照片/ }).click();
  await page.getByRole("button", { name: "清理", exact: true }).click();
  await page.getByText("已清理 1 张照片").waitFor();
  expect(await page.getByRole("button", { name: /^清理已上传的照片/ }).count()).toBe(0);
  await page.getByRole("button", { name: "返回" }).click();
  // Its picture now comes from the server.
  await page.getByRole("img", { name: "存得下的" }).waitFor();
  expect(phone.surprises).toEqual([]);
});
