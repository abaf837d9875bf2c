/** 五落实 on the phone: what is missing is said, everything is saved without signal, and the step stands on the server once nothing is missing. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Phone } from "../src/phone";
import { LINXI, TestServer } from "../src/server";
import type { HazardPage, RecordView } from "../src/views";

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

async function shownOnServer(description: string): Promise<Record<string, unknown>> {
  const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`);
  const hazard = items.find((one) => one.description === description)!;
  const { fields } = await server.get<RecordView>("safety", `/v1/hazards/${hazard.id}`);
  return Object.fromEntries(fields.map(({ name, shown }) => [name, shown]));
}

async function openHazard(description: string): Promise<void> {
  await phone.goTo("隐患");
  await phone.page.getByRole("link", { name: new RegExp(description) }).click();
}

it("a 一般 hazard gets its five without signal, over a killed tab, and goes on to 整改中", async () => {
  const { page } = phone;
  await phone.signIn("inspector1");
  await phone.ready();
  await phone.capture("一般", "灭火器过期");
  await page.getByText("已上传").first().waitFor();
  await phone.context.setOffline(true);
  await openHazard("灭火器过期");
  await page.getByText("还差：责任人、措施、资金、时限、应急预案，补齐后才能进入整改").waitFor();
  await page.getByRole("link", { name: "五落实、下达整改" }).click();
  await page.getByLabel("姓名").first().fill("演甲");
  await page.getByLabel("整改时限").fill("2027-01-20");
  await page.getByLabel("责任单位").fill("演示云岫五金厂");
  await page.getByText("还差：措施、资金、应急预案，补齐后才能进入整改").waitFor();

  // The tab dies over the form: no letter is lost.
  const there = page.url();
  await phone.reopen({ offline: true });
  await phone.page.goto(there);
  await phone.page.getByText("还差：措施、资金、应急预案，补齐后才能进入整改").waitFor();
  await phone.shot("five");
  await phone.page.getByRole("button", { name: "下达整改" }).click();
  await phone.page.waitForURL("**/app/");

  await openHazard("灭火器过期");
  await phone.page.getByText("一般 · 待落实五项").waitFor();
  await phone.page.getByRole("link", { name: "五落实", exact: true }).click();
  const confirm = phone.page.getByRole("button", { name: "确认五落实" });
  await confirm.waitFor();
  expect(await confirm.isDisabled()).toBe(true);
  await phone.page.getByLabel("措施").first().fill("更换灭火器");
  await phone.page.getByLabel("金额（元）").fill("1200.50");
  await phone.page.getByRole("radio", { name: "企业" }).click();
  await phone.page.getByLabel("预案").fill("值守人员持灭火毯");
  expect(await confirm.isDisabled()).toBe(false);
  await confirm.click();
  await phone.page.getByText("一般 · 整改中").waitFor();

  await phone.context.setOffline(false);
  await expect.poll(async () => (await shownOnServer("灭火器过期")).state, { timeout: 20_000 }).toBe("fixing");
  expect(await shownOnServer("灭火器过期")).toMatchObject({
    "plan.owner": "演甲",
    "plan.measures": "更换灭火器",
    "plan.funds_fen": 120_050,
    "plan.funds_source": "enterprise",
    "plan.contingency": "值守人员持灭火毯",
    deadline: "2027-01-20",
    responsible_unit: "演示云岫五金厂",
  });
  expect(phone.surprises).toEqual([]);
});

it("a 疑似重大 hazard needs names and reports too, and what looks safer is only asked for", async () => {
  const { page } = phone;
  await page.getByRole("button", { name: "返回" }).click();
  await phone.goTo("首页");
  await phone.capture("疑似重大，请上级核定", "燃气管道腐蚀", "停产停业");
  await page.getByText("已上传").first().waitFor();
  await phone.context.setOffline(true);
  await openHazard("燃气管道腐蚀");
  await page.getByRole("link", { name: "五落实、下达整改" }).click();
  await page.getByText(/排查责任人、治理责任人、管控责任人、报监管部门，补齐后才能进入整改/).waitFor();
  for (const [label, value] of [
    ["姓名", "演甲"],
    ["措施", "更换管道"],
    ["金额（元）", "30000"],
    ["预案", "切断气源"],
  ] as const) {
    await page.getByLabel(label).first().fill(value);
  }
  await page.getByLabel("整改时限").fill("2026-12-20");
  for (const at of [0, 1, 2]) await page.getByLabel("村（社区）").nth(at).fill(`演安${at}`);
  await page.getByLabel("已报监管部门").check();
  await page.getByLabel("部门", { exact: true }).fill("县应急局");
  await page.getByLabel("已报职代会").check();
  await page.getByRole("radio", { name: "职代会" }).click();
  await page.getByText("五项、责任人和报告都有了").waitFor();
  await page.getByRole("button", { name: "下达整改" }).click();
  await page.getByText("疑似重大 · 待落实五项").waitFor();
  await page.getByRole("link", { name: "五落实", exact: true }).click();
  await page.getByRole("button", { name: "确认五落实" }).click();
  await page.getByText("办理为“整改中”需街道核定，已提交申请").first().waitFor();
  await page.getByText("疑似重大 · 待落实五项").waitFor();
  await page.getByRole("heading", { name: "申请中" }).waitFor();

  await page.getByRole("button", { name: "修改" }).click();
  await page.getByLabel("整改时限").fill("2027-06-01");
  await page.getByRole("radio", { name: "一般" }).click();
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByText("时限改晚、降为一般隐患需街道核定，已提交申请").waitFor();
  await page.getByText("“整改时限”改为“2027年6月1日”需街道核定，已提交申请").waitFor();
  await page.getByText("“等级”改为“一般”需街道核定，已提交申请").waitFor();
  await page.getByText("疑似重大 · 待落实五项").waitFor();
  await phone.shot("five-asked");

  await phone.context.setOffline(false);
  await page.getByText("停产停业").first().waitFor();
  const dual = "dual.regulator_unit";
  await expect.poll(async () => (await shownOnServer("燃气管道腐蚀"))[dual], { timeout: 20_000 }).toBe("县应急局");
  expect(await shownOnServer("燃气管道腐蚀")).toMatchObject({
    state: "plan",
    level: "suspected",
    deadline: "2026-12-20",
    "resp.treat.village": "演安1",
    "dual.workers_body": "congress",
  });
  // The office agrees to the step, and the phone shows it.
  const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}&level=suspected`);
  const waiting = (await server.get<RecordView>("safety", `/v1/hazards/${items[0]!.id}`)).pending;
  const step = waiting.find(({ field }) => field === "state")!;
  const act = { action: "decide", op: step.op, verdict: "approve", reason: "同意" };
  const { rev } = await server.get<{ rev: number }>("safety", `/v1/hazards/${items[0]!.id}`);
  await server.send("safety", "POST", `/v1/hazards/${items[0]!.id}/acts`, { request: crypto.randomUUID(), base_rev: rev, act });
  await page.getByRole("button", { name: "返回" }).click();
  await phone.syncNow();
  await openHazard("燃气管道腐蚀");
  await page.getByText("疑似重大 · 整改中").waitFor();
  expect(phone.surprises).toEqual([]);
});
