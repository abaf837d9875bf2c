/** Room on the phone: originals that the server has whole are given back when the person wants it, and nothing else is. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Phone } from "../src/phone";
import { TestServer } from "../src/server";

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

it("only what the server has whole is cleared, and its picture then comes from there", async () => {
  const { page } = phone;
  await phone.signIn("inspector1");
  await phone.ready();
  await phone.capture("一般", "传完的");
  await page.getByText("已上传").first().waitFor();
  // The phone believes the server's record of the photo, which comes with the next sync.
  await phone.syncNow();
  await phone.context.setOffline(true);
  await phone.goTo("首页");
  await phone.capture("一般", "没传的");
  await page.getByRole("link", { name: "设置", exact: true }).click();
  await page.getByRole("button", { name: /^清理已上传的照片/ }).click();
  await page.getByRole("button", { name: "清理", exact: true }).click();
  await page.getByText("已清理 1 张照片").waitFor();
  await phone.context.setOffline(false);
  await page.getByRole("button", { name: "返回" }).click();
  await page.getByRole("img", { name: "传完的" }).waitFor();
  await page.getByRole("img", { name: "没传的" }).waitFor();
  expect(phone.surprises).toEqual([]);
});
