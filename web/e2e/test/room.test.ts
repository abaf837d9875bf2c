/** A phone that is full: the photo that finds it so is saved in a reserve, the next is told of before, and what the server has can be cleared. */
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

it("the photo that finds the phone full is saved in the reserve, and the camera says so before the next", async () => {
  const { page } = phone;
  await phone.signIn("inspector1");
  await phone.ready();
  await phone.photograph();
  expect(await page.getByText(/手机存储/).count()).toBe(0);
  const photo = async (seed: number) => ({ name: "大.jpg", mimeType: "image/jpeg", buffer: await drawJpeg(page, seed, 3_000, 0.95) });
  await leaveRoom(100_000);
  const input = page.locator("input[type=file]").first();
  await input.setInputFiles(await photo(77));
  await page.getByRole("img", { name: "第2张照片" }).waitFor();
  await page.getByText("手机存储满了，再拍可能存不下。请尽快连网上传照片，或删除手机上不用的文件").waitFor();
  await phone.shot("room-low");

  await leaveRoom(100_000);
  await input.setInputFiles(await photo(78));
  await page.getByText("手机存储满了，这张照片没有保存。请先连网上传，或删除手机上不用的文件").waitFor();
  expect(await page.getByRole("img", { name: "第3张照片" }).count()).toBe(0);
  await phone.shot("room-none");
});

it("what was there before stays, and with room again nothing is said any more", async () => {
  const { page } = phone;
  await leaveRoom(PLENTY_BYTES);
  await page.getByRole("button", { name: "下一步（2）" }).click();
  await page.getByRole("radio", { name: "一般" }).click();
  await page.getByLabel("描述").fill("存得下的");
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByText("已上传").first().waitFor();
  await expect.poll(() => page.getByText(/手机存储满了/).count()).toBe(0);
  const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`);
  expect((await server.get<RecordView>("safety", `/v1/hazards/${items[0]!.id}`)).photos.stored).toBe(2);
});

it("originals that the server has whole are given back when the person wants it", async () => {
  const { page } = phone;
  // The phone believes the server's record of the photo, which comes with the next sync.
  await phone.syncNow();
  await phone.goTo("首页");
  await page.getByRole("link", { name: "设置" }).click();
  await page.getByRole("button", { name: /^清理已上传的照片/ }).click();
  await page.getByRole("button", { name: "清理", exact: true }).click();
  await page.getByText("已清理 2 张照片").waitFor();
  expect(await page.getByRole("button", { name: /^清理已上传的照片/ }).count()).toBe(0);
  await page.getByRole("button", { name: "返回" }).click();
  // Its picture now comes from the server.
  await page.getByRole("img", { name: "存得下的" }).waitFor();
  expect(phone.surprises).toEqual([]);
});
