/** Somebody at a desk asks an inspector to make a visit; the phone shows it, the visit made without signal answers it, and the desk sees which. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Desk } from "../src/desk";
import { Phone } from "../src/phone";
import { TestServer } from "../src/server";

let server: TestServer;
let head: Desk;
let phone: Phone;

beforeAll(async () => {
  server = await TestServer.start();
  head = await Desk.make(server.address);
  phone = await Phone.make(server.address);
  await head.signIn("head1");
  await phone.signIn("inspector1");
});

afterAll(async () => {
  await phone?.end();
  await head?.end();
  await server?.end();
});

async function choose(label: string, option: RegExp): Promise<void> {
  // What is chosen lies over the box, so the keyboard opens it.
  await head.page.getByRole("combobox", { name: label }).press("ArrowDown");
  await head.page.getByRole("listbox", { name: label }).getByRole("option", { name: option }).click();
}

const todo = () => phone.page.getByRole("region", { name: "待办" });

async function home(): Promise<void> {
  await phone.syncNow();
  await phone.goTo("首页");
}

it("a visit is asked for in the village of who asks, and reaches the phone", async () => {
  const { page } = head;
  await head.open("/tasks");
  await page.getByText("没有符合条件的任务").waitFor();
  await page.getByRole("button", { name: "派发排查任务" }).click();
  await page.getByRole("button", { name: "派发", exact: true }).click();
  await page.getByRole("alert").getByText("请选择场所").waitFor();
  await choose("场所", /演示云岫五金厂/);
  await choose("排查类型", /^专项排查$/);
  await choose("承办人", /演安一/);
  await page.getByLabel("工作要求").fill("重点看喷漆间通风和用电");
  await head.shot("console-desk-task-new");
  await page.getByRole("button", { name: "派发", exact: true }).click();
  await page.getByRole("row", { name: /未完成 专项排查：演示云岫五金厂.*演安一/ }).waitFor();
  await home();
  await todo()
    .getByRole("button", { name: /专项排查：演示云岫五金厂.*重点看喷漆间通风和用电.*演和一派发/ })
    .waitFor();
  await phone.shot("field-tasks");
});

it("the phone makes that visit without signal, filled in, and the task is done at once there and later at the desk", async () => {
  const { page } = phone;
  await phone.ready();
  await phone.context.setOffline(true);
  await todo()
    .getByRole("button", { name: /专项排查/ })
    .click();
  await page.getByText("所派任务：专项排查：演示云岫五金厂").waitFor();
  await page.getByRole("radio", { name: /演示云岫五金厂/, checked: true }).waitFor();
  await page.getByRole("radio", { name: "专项排查", checked: true }).waitFor();
  await phone.shot("field-task-visit");
  // Who only looks in leaves nothing behind, and the task stays.
  await page.getByRole("button", { name: "返回" }).click();
  await todo()
    .getByRole("button", { name: /专项排查/ })
    .click();
  await page.getByRole("radio", { name: "对方不同意拍照" }).click();
  await page.getByRole("button", { name: "没有发现隐患，提交" }).click();
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByText("待上传").first().waitFor();
  await todo().waitFor({ state: "detached" });
  await head.page.getByRole("row", { name: /未完成 专项排查/ }).waitFor();
  await phone.context.setOffline(false);
  await page.getByText("已上传").first().waitFor();
  await head.page.getByRole("row", { name: /已完成 专项排查：演示云岫五金厂/ }).waitFor();
  await head.shot("console-desk-tasks");
  await head.page.getByRole("link", { name: /演安一/ }).click();
  await head.page.getByRole("heading", { name: "专项排查：演示云岫五金厂" }).waitFor();
});

it("one for the whole village is taken back with a reason and leaves the phone", async () => {
  const { page } = head;
  await head.open("/tasks");
  await page.getByRole("button", { name: "派发排查任务" }).click();
  await page.getByText("其他地点", { exact: true }).click();
  await page.getByRole("textbox", { name: "其他地点" }).fill("沟口集市");
  await page.getByRole("button", { name: "派发", exact: true }).click();
  await page.getByRole("row", { name: /日常排查：沟口集市.*全村（社区）排查员/ }).waitFor();
  await home();
  await todo()
    .getByRole("button", { name: /日常排查：沟口集市.*全村（社区）排查员 · 演和一派发/ })
    .waitFor();
  await page.getByRole("button", { name: "取消：日常排查：沟口集市" }).click();
  await page.getByRole("button", { name: "取消任务" }).click();
  await page.getByRole("alert").getByText("请填写取消的原因").waitFor();
  await page.getByLabel("取消的原因").fill("集市改期");
  await page.getByRole("button", { name: "取消任务" }).click();
  await page.getByRole("row", { name: /已取消 日常排查：沟口集市.*集市改期/ }).waitFor();
  await home();
  await todo().waitFor({ state: "detached" });
});

it("what is due is sent to who answers for it, once, and leads to the hazard", async () => {
  const { page } = head;
  await phone.capture("疑似重大，请上级核定", "喷漆间没有通风", "警示隔离");
  await phone.page.getByText("已上传").first().waitFor();
  await head.open("/today");
  await page.getByRole("button", { name: /^提醒：隐患YH.*请尽快核定/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "发提醒" }).click();
  await page.getByText(/已提醒演安一/).waitFor();
  await head.shot("console-desk-reminded");
  await home();
  const reminder = todo().getByRole("button", { name: /隐患YH.*为疑似重大，请尽快核定/ });
  await reminder.waitFor();
  await phone.shot("field-reminder");
  await reminder.click();
  await phone.page.getByText("喷漆间没有通风").waitFor();
});

it("nothing complained", () => {
  expect([...head.complaints, ...phone.surprises]).toEqual([]);
});
