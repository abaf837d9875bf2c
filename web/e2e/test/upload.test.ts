/** A photo whose upload is cut goes on where the server stands; what cannot go at all can be carried to the office in a file. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Phone } from "../src/phone";
import { LINXI, TestServer } from "../src/server";
import type { HazardPage, RecordView } from "../src/views";

const PHOTO_BYTES = 24 << 20;
const CHUNK_BYTES = 512 << 10;
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

/** Bytes that no two photos share, with the head of a JPEG. */
function bigPhoto(): Buffer {
  const bytes = Buffer.alloc(PHOTO_BYTES);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE((at * 2654435761) >>> 0, at);
  bytes.set([0xff, 0xd8, 0xff, 0xe0]);
  return bytes;
}

it("an upload cut by a dead server resumes, and no byte goes twice beyond one chunk", async () => {
  const { page } = phone;
  await phone.signIn("inspector1");
  await phone.ready();
  await phone.context.setOffline(true);
  await page.getByRole("button", { name: "拍隐患" }).click();
  await page.locator("input[type=file]").first().setInputFiles({ name: "大.jpg", mimeType: "image/jpeg", buffer: bigPhoto() });
  await page.getByRole("button", { name: /^下一步/ }).click();
  await page.getByRole("radio", { name: "一般" }).click();
  await page.getByLabel("描述").fill("大照片");
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByText("待上传").first().waitFor();

  let sent = 0;
  page.on("request", (request) => {
    if (request.method() === "PATCH") sent += Number(request.headers()["content-length"] ?? CHUNK_BYTES);
  });
  await phone.goTo("上传");
  await phone.context.setOffline(false);
  await page
    .getByText(/^已传 [1-9]\d*%$/)
    .or(page.getByText(/照片未传完\(0\/1\)/))
    .first()
    .waitFor();
  await page.waitForFunction(() => ((document.querySelector("progress") as HTMLProgressElement | null)?.value ?? 0) > 0.1);
  await server.stop();
  await page.getByText("照片未传完(0/1)").first().waitFor();
  await server.serve();
  await page.getByRole("button", { name: "立即同步" }).click({ timeout: 60_000 });
  await page.getByText("全部已上传").waitFor({ timeout: 60_000 });
  expect(sent).toBeGreaterThanOrEqual(PHOTO_BYTES);
  expect(sent).toBeLessThanOrEqual(PHOTO_BYTES + CHUNK_BYTES);
  const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`);
  const { photos } = await server.get<RecordView>("safety", `/v1/hazards/${items[0]!.id}`);
  expect([photos.declared, photos.stored]).toEqual([1, 1]);
});

it("a rescue file holds what the server has not got", async () => {
  const { page } = phone;
  await phone.goTo("首页");
  await phone.context.setOffline(true);
  await phone.capture("一般", "要交手机了");
  await phone.goTo("上传");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "存成文件（救援文件）" }).click()]);
  expect(download.suggestedFilename()).toMatch(/^paicha-rescue-\d{12}\.zip$/);
  const file = await readFile((await download.path())!);
  expect(file.readUInt32LE(0)).toBe(0x04034b50);
  expect(file.includes("要交手机了")).toBe(true);
  expect(file.includes("photos/")).toBe(true);
  await phone.context.setOffline(false);
  await page.getByText("全部已上传").waitFor();
});
