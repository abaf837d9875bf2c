/** An inspector captures without signal, the tab is killed, and everything reaches the office: the whole way of one finding. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { HERE, Phone } from "../src/phone";
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

it("a finding captured offline in five taps survives a killed tab and arrives with its photo", async () => {
  await phone.signIn("inspector1");
  await phone.ready();
  await phone.context.setOffline(true);
  await phone.photograph();

  let taps = 0;
  const tap = async (name: string | RegExp, role: "button" | "radio" = "button"): Promise<void> => {
    taps += 1;
    await phone.page.getByRole(role, { name }).first().click();
  };
  await tap(/^下一步/);
  await phone.page.getByRole("radio", { name: /演示云岫五金厂/ }).waitFor();

  // The tab dies over the open form.
  await phone.reopen({ offline: true });
  await phone.page.getByText("有一条没填完的隐患").click();
  await phone.page.getByRole("img", { name: "第1张照片" }).waitFor();
  expect(await phone.page.getByRole("radio", { name: /演示云岫五金厂/ }).getAttribute("aria-checked")).toBe("true");

  await tap("疑似重大，请上级核定", "radio");
  await tap("警示隔离", "radio");
  await tap("占堵“生命通道”");
  await tap("保存");
  expect(taps).toBe(5);
  await phone.page.getByText("待上传").first().waitFor();

  await phone.reopen({ offline: true });
  await phone.page.getByText("待上传").first().waitFor();
  expect((await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`)).items).toEqual([]);

  await phone.context.setOffline(false);
  await phone.page.getByText("已上传").first().waitFor();
  const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`);
  expect(items.map(({ level, description }) => [level, description])).toEqual([["suspected", "占堵“生命通道”"]]);
  const { photos, fields } = await server.get<RecordView>("safety", `/v1/hazards/${items[0]!.id}`);
  expect([photos.declared, photos.stored, photos.owed]).toEqual([1, 1, 0]);
  const shown = Object.fromEntries(fields.map(({ name, text }) => [name, text]));
  expect([shown.place, shown.control, shown.fix]).toEqual(["演示云岫五金厂", "警示隔离", "纬度31.947500，经度108.664000（WGS-84，精度约8米）"]);
  const attach = await server.bytes("safety", `/v1/operations/${photos.items[0]!.attached.op}/bytes`);
  expect(JSON.parse(attach)).toMatchObject({ kind: "photo.attach", mime: "image/jpeg", source: "camera_inapp", role: "before" });
  expect(phone.surprises).toEqual([]);
});

it("a major finding by a criterion takes five taps too", async () => {
  await phone.goTo("首页");
  await phone.photograph();
  let taps = 0;
  const tap = async (name: string | RegExp, role: "button" | "radio" = "button"): Promise<void> => {
    taps += 1;
    await phone.page.getByRole(role, { name }).first().click();
  };
  await tap(/^下一步/);
  await phone.page.getByRole("radio", { name: /演示云岫五金厂/ }).waitFor();
  await tap("重大（按判定标准）", "radio");
  await tap(/特种作业人员未持证上岗/);
  await tap("停产停业", "radio");
  await tap("保存");
  expect(taps).toBe(5);
  const majors = (): Promise<HazardPage> => server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}&level=major_direct`);
  await expect.poll(async () => (await majors()).items.length, { timeout: 20_000 }).toBe(1);
  const { items } = await majors();
  const { fields } = await server.get<RecordView>("safety", `/v1/hazards/${items[0]!.id}`);
  expect(fields.find(({ name }) => name === "criterion_ids")?.shown).toHaveLength(1);
});

it("two open tabs keep their own findings, and what a closed one left is taken up again", async () => {
  const { page: first, context } = phone;
  await phone.goTo("首页");
  await phone.photograph();
  const second = await context.newPage();
  await second.goto(`${server.address}/app/`);
  await second.getByRole("button", { name: "拍隐患" }).waitFor();
  expect(await second.getByText("有一条没填完的隐患").count()).toBe(0);
  phone.page = second;
  await phone.capture("一般", "第二个窗口里的隐患");
  phone.page = first;
  await first.getByRole("img", { name: "第1张照片" }).waitFor();

  await phone.reopen({ offline: false });
  await phone.page.getByText("有一条没填完的隐患").click();
  await phone.page.getByRole("img", { name: "第1张照片" }).waitFor();
  await phone.page.getByRole("radio", { name: "一般" }).click();
  await phone.page.getByLabel("描述").fill("第一个窗口里的隐患");
  await phone.page.getByRole("button", { name: "保存" }).click();
  const found = async (): Promise<(string | null)[]> => {
    const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}&level=general`);
    return items.map(({ description }) => description).sort();
  };
  await expect.poll(found, { timeout: 20_000 }).toEqual(["第一个窗口里的隐患", "第二个窗口里的隐患"]);
  expect(await phone.page.getByText("有一条没填完的隐患").count()).toBe(0);
});

it("a finding is where its photo was taken, not where its form was finished", async () => {
  await phone.photograph();
  await phone.context.setGeolocation({ latitude: 31.9, longitude: 108.6, accuracy: 3 });
  await phone.page.getByRole("button", { name: /^下一步/ }).click();
  await phone.page.getByRole("radio", { name: "一般" }).click();
  await phone.page.getByLabel("描述").fill("回到办公室才填完");
  await phone.page.getByRole("button", { name: "保存" }).click();
  await phone.context.setGeolocation(HERE);
  const fix = async (): Promise<unknown> => {
    const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}&level=general&text=${encodeURIComponent("回到办公室")}`);
    if (!items[0]) return null;
    const { fields } = await server.get<RecordView>("safety", `/v1/hazards/${items[0].id}`);
    return fields.find(({ name }) => name === "fix")?.text;
  };
  await expect.poll(fix, { timeout: 20_000 }).toBe("纬度31.947500，经度108.664000（WGS-84，精度约8米）");
});
