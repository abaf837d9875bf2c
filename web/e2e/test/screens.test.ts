/** Every screen of the field app with the demo behind it, empty and full, in both text sizes: looked at by rules here, and by people in the pictures
 * that PAICHA_TEST_SCREENS collects. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { examine } from "../src/examine";
import { Phone } from "../src/phone";
import { DEMO_PASSWORD, TestServer } from "../src/server";

const DEMO_MS = 400_000;
/** Many screens, each with its rules. */
const LONG_MS = 180_000;
/** A place of the demo's first village. */
const IN_THE_VILLAGE = { latitude: 31.3681131, longitude: 107.9312971, accuracy: 8 };
let server: TestServer;
let phone: Phone;
const faults: string[] = [];

beforeAll(async () => {
  server = await TestServer.startDemo();
  phone = await Phone.make(server.address);
  await phone.context.setGeolocation(IN_THE_VILLAGE);
}, DEMO_MS);

afterAll(async () => {
  await phone?.end();
  await server?.end();
});

async function look(name: string): Promise<void> {
  await phone.page.waitForTimeout(400);
  await phone.shot(name);
  faults.push(...(await examine(phone.page, name)));
}

it("signing in and the empty screens", async () => {
  const { page } = phone;
  await page.getByRole("button", { name: "登录" }).waitFor();
  await look("01-sign-in");
  await page.getByPlaceholder("街道发给您的用户名").fill("inspector1");
  await page.getByPlaceholder("密码").fill("wrong");
  await page.getByRole("button", { name: "登录" }).click();
  await page.getByRole("alert").waitFor();
  await look("02-sign-in-wrong");
  await phone.signIn("inspector1", DEMO_PASSWORD);
  await phone.ready();
  await look("03-home-empty");
  await phone.goTo("上传");
  await look("04-uploads-empty");
  await phone.goTo("消息");
  await look("05-news-empty");
});

it("a finding from the camera to the saved card", async () => {
  const { page } = phone;
  await phone.goTo("首页");
  await phone.photograph();
  await look("06-camera");
  await page.getByRole("button", { name: /^下一步/ }).click();
  await page.getByRole("radio", { name: "一般" }).waitFor();
  await page.waitForTimeout(1_500);
  await look("07-finding");
  await page.getByRole("button", { name: "其他地点" }).click();
  await page.getByLabel("搜场所").waitFor();
  await look("08-places");
  await page.getByRole("button", { name: "取消" }).click();
  await page.getByRole("radio", { name: "重大（按判定标准）" }).click();
  await page.getByLabel("搜判定标准").waitFor();
  await look("09-criteria");
  await page
    .getByRole("button", { name: /特种作业人员未持证上岗/ })
    .first()
    .click();
  await page.getByRole("radio", { name: "停产停业" }).click();
  await page.waitForTimeout(500);
  await look("10-finding-major");
  await page.mouse.wheel(0, 2_000);
  await look("11-finding-major-end");
  await phone.context.setOffline(true);
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByText("待上传").first().waitFor();
  await look("12-home-unsent");
  await phone.goTo("上传");
  await look("13-uploads-unsent");
  await page
    .getByRole("link", { name: /特种作业/ })
    .first()
    .click();
  await page.getByText("填写的内容").waitFor();
  await look("14-work");
});

it("hazards, one hazard, changing it, and the news", async () => {
  const { page } = phone;
  await page.getByRole("button", { name: "返回" }).click();
  await phone.context.setOffline(false);
  await page.getByText("全部已上传").waitFor();
  await look("15-uploads-done");
  await page.goto(`${server.address}/app/hazards`);
  await page.getByText("未销号的隐患").waitFor();
  await look("16-hazards");
  await page
    .getByRole("link", { name: /燃气灶软管/ })
    .first()
    .click();
  await page.getByRole("button", { name: "修改" }).waitFor();
  await page.waitForTimeout(800);
  await look("17-hazard");
  await page.getByRole("button", { name: "修改" }).click();
  await page.getByLabel("整改时限").waitFor();
  await look("18-hazard-edit");
  await page.getByLabel("整改时限").fill("2027-03-01");
  await page.getByRole("radio", { name: "一般" }).last().click();
  await page.getByLabel("加备注").fill("已当面告知负责人");
  await page.getByRole("button", { name: "保存" }).click();
  await page.waitForTimeout(2_500);
  await look("19-hazard-changed");
  await page.getByRole("button", { name: "返回" }).click();
  await phone.goTo("消息");
  await page.waitForTimeout(500);
  await look("20-news");
});

it(
  "a visit with its checklists on a narrow phone",
  async () => {
    const { page } = phone;
    await page.setViewportSize({ width: 360, height: 740 });
    await phone.goTo("首页");
    await look("30-home-narrow");
    await page.getByRole("link", { name: "检查表和抽查" }).click();
    await page.getByRole("button", { name: /^火灾防控/ }).waitFor();
    await page.waitForTimeout(1_000);
    await look("31-visit");
    await page.getByRole("button", { name: /^火灾防控/ }).click();
    const item = (name: string) => page.getByRole("radiogroup", { name }).first();
    await item("违规用火用电").getByRole("radio", { name: /^符合/ }).click();
    await item("占堵“生命通道”")
      .getByRole("radio", { name: /^不符合/ })
      .click();
    await page.getByRole("button", { name: "关闭相机" }).waitFor();
    await look("32-visit-camera");
    await page.getByRole("button", { name: "关闭相机" }).click();
    await page.getByRole("radio", { name: "一般" }).click();
    await look("33-visit-hazard");
    await page.getByRole("button", { name: "保存" }).click();
    await page.getByRole("button", { name: "看登记的隐患" }).waitFor();
    await item("占堵“生命通道”").scrollIntoViewIfNeeded();
    await look("34-visit-sheet");
    await page.getByText("加别的检查表").click();
    await page.getByText("处置建议").scrollIntoViewIfNeeded();
    await look("35-visit-end");
  },
  LONG_MS,
);

it(
  "a spot check, a visit that could not take place, and what was inspected",
  async () => {
    const { page } = phone;
    const item = (name: string) => page.getByRole("radiogroup", { name }).first();
    await page.getByRole("radio", { name: "抽查检查" }).click();
    await item("双方未签订安全生产协议").getByRole("radio", { name: "不符合" }).click();
    await item("员工不熟悉逃生出口").getByRole("radio", { name: "未查" }).click();
    await item("承包承租方未取得相应资质").scrollIntoViewIfNeeded();
    await look("36-visit-spot");
    await page.getByRole("radio", { name: "没能检查" }).click();
    await page.getByRole("radio", { name: "锁门" }).scrollIntoViewIfNeeded();
    await look("37-visit-blocked");
    await page.getByRole("radio", { name: "查了" }).click();
    await page.getByLabel("同行人员").fill("演示同行");
    await page.getByRole("button", { name: "发现隐患1处，提交" }).click();
    await page.getByText("提交后只能补充").waitFor();
    await look("38-visit-submit");
    await page.getByRole("button", { name: "提交", exact: true }).click();
    await page.getByRole("link", { name: "我的排查" }).click();
    await page
      .getByRole("link", { name: /抽查检查/ })
      .first()
      .waitFor();
    await look("39-inspections");
    await page
      .getByRole("link", { name: /抽查检查/ })
      .first()
      .click();
    await page.getByText("抽查内容").waitFor();
    await look("40-inspection");
    await page.mouse.wheel(0, 3_000);
    await look("41-inspection-end");
  },
  LONG_MS,
);

it("五落实, repair and review of hazards, on a narrow phone", async () => {
  const { page } = phone;
  await page.setViewportSize({ width: 360, height: 740 });
  const open = async (filter: string, state: string, way: string | RegExp): Promise<void> => {
    await page.goto(`${server.address}/app/hazards`);
    await page.getByRole("radio", { name: filter }).click();
    await page
      .getByRole("link", { name: new RegExp(state) })
      .first()
      .click();
    await page.getByRole("link", { name: way, exact: true }).waitFor();
  };
  await open("重大和疑似", "待落实五项", "五落实");
  await look("51-hazard-plan");
  await page.getByRole("link", { name: "五落实", exact: true }).click();
  await page.getByText("双报告").waitFor();
  await look("52-five");
  await page.getByLabel("已报监管部门").check();
  await page.getByLabel("已报职代会").check();
  await page.getByText("报告内容").click();
  await page.getByText("双报告").scrollIntoViewIfNeeded();
  await look("53-five-reports");
  await page.getByRole("heading", { name: "治理责任人" }).scrollIntoViewIfNeeded();
  await look("54-five-names");
  await page.goto(page.url().replace(/five$/, "repair"));
  await page.getByRole("heading", { name: "整改情况" }).waitFor();
  await look("55-repair");
  await open("待复查", "待复查", "复查");
  await page.getByRole("link", { name: "复查", exact: true }).click();
  await page.getByRole("radio", { name: "真改" }).waitFor();
  await look("56-review");
  await page.getByRole("button", { name: "拍整改后" }).click();
  await page.getByText(/对上再拍|没有整改前的照片/).waitFor();
  await page.waitForFunction(() => (document.querySelector("video")?.videoWidth ?? 0) > 0);
  await look("57-review-camera");
  await page.getByRole("button", { name: "拍照" }).click();
  await page.getByRole("img", { name: "整改后第1张照片" }).waitFor();
  await page.getByRole("button", { name: /^完成/ }).click();
  await page.getByRole("radio", { name: "部分整改" }).click();
  await look("58-review-partial");
  await page.getByRole("radio", { name: "真改" }).click();
  await page.getByRole("button", { name: "隐患已消除" }).click();
  await look("59-review-real");
  await phone.context.setOffline(true);
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByRole("button", { name: "修改" }).waitFor();
  await look("60-hazard-reviewed");
  await page.goto(`${server.address}/app/`);
  await look("61-home-reviewed");
  await page
    .getByRole("link", { name: /^复查（真改）/ })
    .first()
    .click();
  await page.getByText("填写的内容").waitFor();
  await look("62-work-review");
  await phone.context.setOffline(false);
  await page.goto(`${server.address}/app/`);
  await page.setViewportSize({ width: 390, height: 844 });
});

it("settings and large text", async () => {
  const { page } = phone;
  await phone.goTo("首页");
  await page.getByRole("link", { name: "设置", exact: true }).click();
  await look("21-settings");
  await page.getByRole("switch", { name: "大字" }).click();
  await look("22-settings-large");
  await page.getByRole("button", { name: "返回" }).click();
  await look("23-home-large");
  await phone.goTo("隐患");
  await look("24-hazards-large");
  await page.goto(`${server.address}/app/finding`);
  await page.getByRole("radio", { name: "一般" }).waitFor();
  await page.waitForTimeout(800);
  await look("25-finding-large");
  await page.goto(`${server.address}/app/inspection`);
  await page.getByRole("button", { name: /^火灾防控/ }).click();
  await look("42-visit-large");
  await page.goto(`${server.address}/app/inspections`);
  await page
    .getByRole("link", { name: /抽查检查/ })
    .first()
    .waitFor();
  await look("43-inspections-large");
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`${server.address}/app/hazards`);
  await page.getByRole("radio", { name: "重大和疑似" }).click();
  await page
    .getByRole("link", { name: /待落实五项/ })
    .first()
    .click();
  await page.getByRole("link", { name: "五落实", exact: true }).click();
  await page.getByText("双报告").waitFor();
  await look("63-five-large");
  await page.goto(`${server.address}/app/settings`);
  await page.getByText("手机存储").waitFor();
  await look("64-settings-narrow-large");
});

it("no screen has a serious fault, scrolls sideways or has a target below 44 px", () => {
  expect(faults).toEqual([]);
  expect(phone.surprises).toEqual([]);
});
