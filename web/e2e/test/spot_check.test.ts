/** A spot check on the phone changes the numbers of 附件2: the enterprise counts once, in every line of which an atom is 不符合. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Phone } from "../src/phone";
import { LINXI, TestServer } from "../src/server";
import type { Appendix2, InspectionPage, RecordView } from "../src/views";

let server: TestServer;
let phone: Phone;
let other: Phone;

beforeAll(async () => {
  server = await TestServer.start();
  phone = await Phone.make(server.address);
});

afterAll(async () => {
  await other?.end();
  await phone?.end();
  await server?.end();
});

/** The form that counts what happened until the end of this month: the one of the next. */
async function appendix2(): Promise<Appendix2["form"]> {
  const shanghai = new Date(Date.now() + 8 * 3_600_000);
  const next = new Date(Date.UTC(shanghai.getUTCFullYear(), shanghai.getUTCMonth() + 1, 1)).toISOString().slice(0, 7);
  return (await server.get<Appendix2>("safety", `/v1/forms/appendix2?village=${LINXI}&month=${next}&format=json`)).form;
}

const partTwo = (form: Appendix2["form"]): number[] => [1, 2, 3, 4, 5, 6, 7, 8].map((line) => form.numbers[`2.${line}`]!);

it("a spot check of two people counts in 附件2, line by line", async () => {
  expect(partTwo(await appendix2())).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  const { page } = phone;
  await phone.signIn("inspector1");
  await phone.ready();
  await phone.context.setOffline(true);
  await page.getByRole("link", { name: "检查表和抽查" }).click();
  await page.getByRole("radio", { name: /演示云岫五金厂/, checked: true }).waitFor();
  await page.getByRole("radio", { name: "抽查检查" }).click();
  const answer = async (label: string, word: string | RegExp): Promise<void> => {
    await page.getByRole("radiogroup", { name: label }).getByRole("radio", { name: word }).click();
  };
  await answer("未带队检查", "不符合");
  await answer("未制定职责清单", /^符合/);
  await answer("承包承租方未取得相应资质", "不符合");
  await answer("双方未签订安全生产协议", "不符合");
  await page.getByRole("textbox", { name: "情况" }).last().fill("2处外租场地没有协议");
  await answer("未按规定开展应急演练", "不适用");
  await answer("员工不熟悉逃生出口", "未查");
  await page.getByRole("textbox", { name: "原因" }).fill("当班员工都在外运货");
  await page.getByRole("radio", { name: "对方不同意拍照" }).click();

  await page.getByRole("button", { name: "没有发现隐患，提交" }).click();
  await page.getByText("抽查检查至少2人").waitFor();
  await page.getByLabel("同行人员").fill("演安四");
  await page.getByRole("button", { name: "没有发现隐患，提交" }).click();
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByRole("link", { name: /^抽查检查：没有发现隐患/ }).waitFor();

  await phone.context.setOffline(false);
  await page.getByText("已上传").first().waitFor();
  const form = await appendix2();
  expect(partTwo(form)).toEqual([1, 0, 1, 0, 0, 0, 1, 0]);
  // Lines with something that nobody looked at are told apart from 0.
  expect(form.unchecked).toEqual({ 2: 1, 5: 1, 6: 1, 7: 1, 8: 1 });

  await page.getByRole("link", { name: "我的排查" }).click();
  await page.getByRole("link", { name: /演示云岫五金厂 抽查检查/ }).click();
  await expect.poll(() => page.getByText("计入附件2").count()).toBe(2);
  await page.getByText("双方未签订安全生产协议：不符合（2处外租场地没有协议）").waitFor();
  const inspections = await server.get<InspectionPage>("safety", `/v1/inspections?village=${LINXI}`);
  expect(inspections.items.map(({ kind }) => kind)).toEqual(["spot"]);
  expect(phone.surprises).toEqual([]);
});

it("a second phone at the same place joins its visit to the first, and the enterprise still counts once", async () => {
  other = await Phone.make(server.address);
  await other.signIn("inspector4");
  await other.ready();
  const { page } = other;
  await page.getByRole("link", { name: "检查表和抽查" }).click();
  await page.getByRole("radio", { name: /演示云岫五金厂/, checked: true }).waitFor();
  await page.getByRole("radio", { name: "抽查检查" }).click();
  await page.getByLabel("同行人员").fill("演安一");
  await page.getByRole("button", { name: /演安一、演安四 抽查检查/ }).click();
  await page.getByRole("radiogroup", { name: "未依法配足安全管理人员" }).getByRole("radio", { name: "不符合" }).click();
  await page.getByRole("radio", { name: "对方不同意拍照" }).click();
  await page.getByRole("button", { name: "没有发现隐患，提交" }).click();
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await expect.poll(async () => partTwo(await appendix2()), { timeout: 20_000 }).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
  const { items } = await server.get<InspectionPage>("safety", `/v1/inspections?village=${LINXI}`);
  const views = await Promise.all(items.map(({ id }) => server.get<RecordView>("safety", `/v1/inspections/${id}`)));
  const joined = views.flatMap(({ fields }) => fields.filter(({ name }) => name === "joint_visit").map(({ shown }) => shown));
  expect(joined).toEqual([[items.find(({ id }) => !views.find((view) => view.id === id)?.fields.some(({ name }) => name === "joint_visit"))!.id]]);
  expect(other.surprises).toEqual([]);
});
