/** A visit with a checklist, without signal: one item fails and becomes a finding, the tab is killed in the middle, and all of it arrives. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DAY_MS, isoDay } from "@paicha/shared/time";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Phone } from "../src/phone";
import { LINXI, TestServer } from "../src/server";
import type { HazardPage, InspectionPage, RecordView } from "../src/views";

/** The whole way opens a browser three times. */
const WHOLE_WAY_MS = 180_000;
let server: TestServer;
let phone: Phone;

/** A checklist that comes into force tomorrow. */
async function importTomorrows(): Promise<void> {
  const pack = {
    format: 1,
    code: "XX-2026",
    title: "演示检查表",
    doc_no: "演示1号",
    effective_from: isoDay(Date.now() + DAY_MS),
    effective_to: null,
    sector: null,
    kind: "checklist",
    source: "虚构",
    items_total: null,
    items: [{ code: "XX-2026-1", article: "明日起查的", text: "演示条文", status: "verified" }],
  };
  const file = join(server.folder, "XX-2026.json");
  await writeFile(file, JSON.stringify(pack));
  await server.stop();
  await server.run(["import", "standards", file]);
  await server.serve();
}

beforeAll(async () => {
  server = await TestServer.start();
  await importTomorrows();
  phone = await Phone.make(server.address);
});

afterAll(async () => {
  await phone?.end();
  await server?.end();
});

const shownBy = (view: RecordView): Record<string, string> => Object.fromEntries(view.fields.map(({ name, text }) => [name, text]));

/** Takes a picture with the camera that is open. */
async function shoot(): Promise<void> {
  const { page } = phone;
  await page.waitForFunction(() => (document.querySelector("video")?.videoWidth ?? 0) > 0);
  await page.getByText("已定位").waitFor();
  await page.getByRole("button", { name: "拍照" }).click();
  await page.getByRole("img", { name: "第1张照片" }).waitFor();
}

it(
  "a checklist made offline, its failed item and both photos survive a killed tab and arrive",
  async () => {
    const { page } = phone;
    await phone.signIn("inspector1");
    await phone.ready();
    await phone.context.setOffline(true);
    await page.getByRole("link", { name: "检查表和抽查" }).click();
    await page.getByRole("radio", { name: /演示云岫五金厂/, checked: true }).waitFor();
    await page.getByLabel("同行人员").fill("演安四");
    await page.getByRole("button", { name: "拍照" }).click();
    await shoot();
    await page.getByRole("button", { name: /^完成/ }).click();

    // A factory is asked for the notice's fire list and the criteria of its 行业领域; what does not concern it can be added.
    await page.getByRole("button", { name: /工贸企业重大事故隐患判定标准/ }).waitFor();
    await page.getByText("加别的检查表").waitFor();
    await page.getByRole("button", { name: /^火灾防控/ }).click();
    const item = (name: string) => phone.page.getByRole("radiogroup", { name });
    await item("违规用火用电").getByRole("radio", { name: /^符合/ }).click();
    await item("违规生产经营").getByRole("radio", { name: "不适用" }).click();
    await item("占堵“生命通道”")
      .getByRole("radio", { name: /^不符合/ })
      .click();
    await shoot();
    await page.getByRole("button", { name: /^下一步/ }).click();
    expect(await page.getByLabel("描述").inputValue()).toBe("占堵“生命通道”");

    // The tab dies over the open finding.
    await phone.reopen({ offline: true });
    await phone.page.getByText("有一次没做完的排查（演示云岫五金厂）").click();
    await phone.page.getByText("还没有选等级").waitFor();
    await phone.page.getByRole("button", { name: "没有发现隐患" }).waitFor({ state: "hidden" });
    await phone.page.getByRole("button", { name: /^火灾防控 1项不符合 3\/9/ }).click();
    await item("违规用火用电").getByRole("radio", { name: /^符合/, checked: true }).waitFor();
    await phone.page.getByRole("button", { name: "看登记的隐患" }).click();
    await phone.page.getByRole("img", { name: "第1张照片" }).waitFor();
    await phone.page.getByRole("radio", { name: "疑似重大，请上级核定" }).click();
    await phone.page.getByRole("radio", { name: "警示隔离" }).click();
    await phone.page.getByLabel("部位").fill("东侧楼梯间");
    await phone.page.getByRole("button", { name: "保存" }).click();
    await phone.page.getByRole("button", { name: "发现隐患1处，提交" }).click();
    await phone.page.getByRole("button", { name: "提交", exact: true }).click();
    await phone.page.getByText("待上传").first().waitFor();

    await phone.reopen({ offline: true });
    await phone.page.getByRole("link", { name: "检查表和抽查" }).waitFor();
    await phone.page.getByRole("link", { name: "我的排查" }).click();
    await phone.page.getByText("隐患1处").waitFor();
    await phone.page.getByText("待上传").waitFor();
    expect((await server.get<InspectionPage>("safety", `/v1/inspections?village=${LINXI}`)).items).toEqual([]);

    await phone.context.setOffline(false);
    await phone.page.getByText("已上传").waitFor();
    const inspections = await server.get<InspectionPage>("safety", `/v1/inspections?village=${LINXI}`);
    expect(inspections.items.map(({ kind, submitted }) => [kind, submitted])).toEqual([["patrol", true]]);
    const id = inspections.items[0]!.id;
    const visit = await server.get<RecordView>("safety", `/v1/inspections/${id}`);
    expect([visit.photos.declared, visit.photos.stored, visit.photos.owed]).toEqual([2, 2, 0]);
    expect(shownBy(visit)).toMatchObject({
      place: "演示云岫五金厂",
      inspectors: "演安一、演安四",
      "answer.JZ-2023-V1": "符合",
      "answer.JZ-2023-V4": "不适用",
      "answer.JZ-2023-V5": "不符合",
      checklist_version: "JZ-2023",
      fix: "纬度31.947500，经度108.664000（WGS-84，精度约8米）",
    });
    const hazards = await server.get<HazardPage>("safety", `/v1/hazards?inspection=${id}`);
    expect(hazards.items.map(({ level, description }) => [level, description])).toEqual([["suspected", "占堵“生命通道”"]]);
    const hazard = await server.get<RecordView>("safety", `/v1/hazards/${hazards.items[0]!.id}`);
    expect([hazard.photos.declared, hazard.photos.stored]).toEqual([1, 1]);
    expect(shownBy(hazard)).toMatchObject({ fire_violations: "占堵“生命通道”", position_text: "东侧楼梯间", finders: "演安一、演安四" });
  },
  WHOLE_WAY_MS,
);

it("the page of the visit shows what the server has, and takes an addition", async () => {
  const { page } = phone;
  await page.getByRole("link", { name: /演示云岫五金厂/ }).click();
  await page.getByRole("link", { name: /占堵“生命通道” 疑似重大 · 已登记/ }).waitFor();
  await expect.poll(() => page.getByRole("img", { name: /张照片$/ }).count()).toBe(2);
  await page.getByLabel("补充说明").fill("已电话告知负责人");
  await page.getByRole("button", { name: "保存补充" }).click();
  await page.getByText(/补充“备注”：已电话告知负责人/).waitFor();
});

it("a visit that could not take place says why and is no 无", async () => {
  const { page } = phone;
  await page.goto(`${server.address}/app/inspection`);
  await page.getByRole("radio", { name: /演示云岫五金厂/, checked: true }).waitFor();
  await page.getByRole("radio", { name: "没能检查" }).click();
  await page.getByRole("button", { name: "未能检查，提交" }).click();
  await page.getByText("请选没能检查的原因").waitFor();
  await page.getByRole("radio", { name: "锁门" }).click();
  await page.getByRole("radio", { name: "未能进入现场" }).click();
  await page.getByRole("button", { name: "未能检查，提交" }).click();
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByRole("link", { name: /未能检查（锁门）/ }).waitFor();
  const all = async (): Promise<InspectionPage> => server.get<InspectionPage>("safety", `/v1/inspections?village=${LINXI}`);
  await expect.poll(async () => (await all()).items.length, { timeout: 20_000 }).toBe(2);
  const views = await Promise.all((await all()).items.map(({ id }) => server.get<RecordView>("safety", `/v1/inspections/${id}`)));
  const blocked = views.map(shownBy).find((fields) => fields.blocked_reason);
  expect([blocked?.blocked_reason, blocked?.no_photo_reason, blocked?.summary]).toEqual(["锁门", "未能进入现场", undefined]);
});

it("what the rules ask about a visit is told on its page, and the answer arrives", async () => {
  const { page } = phone;
  await phone.syncNow();
  await phone.goTo("首页");
  await page.getByRole("link", { name: "我的排查" }).click();
  await page.getByRole("link", { name: /未能检查：锁门/ }).click();
  await page.getByText(/没有照片，请说明/).waitFor();
  await page.getByLabel("情况说明").fill("锁门，门外没有可拍的");
  await page.getByRole("button", { name: "保存说明" }).click();
  await page.getByText("您的说明：锁门，门外没有可拍的").waitFor();
  const answered = async (): Promise<string[]> => {
    const { items } = await server.get<InspectionPage>("safety", `/v1/inspections?village=${LINXI}`);
    const views = await Promise.all(items.map(({ id }) => server.get<RecordView>("safety", `/v1/inspections/${id}`)));
    return views.flatMap(({ fields }) => fields.filter(({ name }) => name.startsWith("explanation.")).map(({ text }) => text));
  };
  await expect.poll(answered, { timeout: 20_000 }).toEqual(["锁门，门外没有可拍的"]);
  expect(phone.surprises).toEqual([]);
});

it("a checklist that comes into force while the phone is without signal is there on its day and not before", async () => {
  const { page } = phone;
  const tomorrows = page.getByRole("button", { name: /^明日起查的/ });
  await phone.context.setOffline(true);
  await page.goto(`${server.address}/app/inspection`);
  await page.getByRole("button", { name: /^火灾防控/ }).waitFor();
  expect(await tomorrows.count()).toBe(0);
  await page.getByRole("button", { name: "返回" }).click();
  await page.clock.setSystemTime(Date.now() + DAY_MS);
  await page.goto(`${server.address}/app/inspection`);
  await tomorrows.waitFor();
});
