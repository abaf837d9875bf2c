/** Two phones, one hazard, no signal: the rule decides, and the phone whose value lost hears of it with both values. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Phone } from "../src/phone";
import { LINXI, TestServer } from "../src/server";
import type { HazardPage, RecordView } from "../src/views";

let server: TestServer;
let first: Phone;
let second: Phone;

beforeAll(async () => {
  server = await TestServer.start();
  [first, second] = [await Phone.make(server.address), await Phone.make(server.address)];
});

afterAll(async () => {
  await first?.end();
  await second?.end();
  await server?.end();
});

async function setDeadline(phone: Phone, day: string): Promise<void> {
  await phone.goTo("隐患");
  await phone.page.getByRole("link", { name: /配电箱门敞开/ }).click();
  await phone.page.getByRole("button", { name: "修改" }).click();
  await phone.page.getByLabel("整改时限").fill(day);
  await phone.page.getByRole("button", { name: "保存" }).click();
  await phone.page.getByText("2026年12月").first().waitFor();
  await phone.page.getByRole("button", { name: "返回" }).click();
}

it("the earlier deadline stands, and the phone that wrote the later one is told both", async () => {
  await first.signIn("inspector1");
  await first.capture("一般", "配电箱门敞开");
  await first.page.getByText("已上传").first().waitFor();
  await second.signIn("inspector2");
  await second.ready();
  await first.ready();
  await first.context.setOffline(true);
  await second.context.setOffline(true);
  await setDeadline(first, "2026-12-20");
  await setDeadline(second, "2026-12-30");

  await first.context.setOffline(false);
  await first.syncNow();
  await second.context.setOffline(false);
  await second.syncNow();
  await second.goTo("消息");
  await second.page.getByText("两人同时填写了“整改时限”（您填“2026年12月30日”），已按较早的“2026年12月20日”执行").waitFor();
  await second.page.getByText(/两人同时填写了/).click();
  await second.page.getByText("两人填的不一样").waitFor();

  const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`);
  const { fields } = await server.get<RecordView>("safety", `/v1/hazards/${items[0]!.id}`);
  const deadline = fields.find(({ name }) => name === "deadline");
  expect([deadline?.shown, deadline?.disputed]).toEqual(["2026-12-20", true]);
  expect([...first.surprises, ...second.surprises]).toEqual([]);
});

it("what somebody else changed is told to who was here before", async () => {
  await second.page.getByRole("button", { name: "返回" }).click();
  await second.goTo("隐患");
  await second.page.getByRole("link", { name: /配电箱门敞开/ }).click();
  await second.page.getByRole("button", { name: "修改" }).click();
  await second.page.getByRole("radio", { name: "疑似重大" }).click();
  await second.page.getByRole("button", { name: "保存" }).click();
  await second.page.getByText("疑似重大 · 已登记").waitFor();
  await second.page.getByRole("button", { name: "返回" }).click();
  await second.syncNow();
  await first.syncNow();
  await first.goTo("消息");
  await first.page.getByText("有人把“等级”由“一般”改为“疑似重大”").waitFor();
});
