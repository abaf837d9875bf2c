/** From the repair to the review at the site: photos from the viewpoint of before, no signal, and both sides beside each other in the console. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Desk } from "../src/desk";
import { Phone } from "../src/phone";
import { drawJpeg } from "../src/pictures";
import { LINXI, TestServer } from "../src/server";
import type { HazardPage, RecordView } from "../src/views";

let server: TestServer;
let first: Phone;
let second: Phone;
let desk: Desk;

beforeAll(async () => {
  server = await TestServer.start();
  [first, second] = [await Phone.make(server.address), await Phone.make(server.address)];
  desk = await Desk.make(server.address);
});

afterAll(async () => {
  await first?.end();
  await second?.end();
  await desk?.end();
  await server?.end();
});

interface Hazard extends RecordView {
  rev: number;
  state: string;
  roles: string[];
}

async function onServer(description: string): Promise<Hazard> {
  const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`);
  const { id } = items.find((one) => one.description === description)!;
  const record = await server.get<RecordView & { rev: number }>("safety", `/v1/hazards/${id}`);
  const roles = record.photos.items.map((photo) => (photo as unknown as { role: string }).role).sort();
  return { ...record, state: String(record.fields.find(({ name }) => name === "state")?.shown), roles };
}

async function act(description: string, what: object, login = "safety"): Promise<void> {
  const { id, rev } = await onServer(description);
  await server.send(login, "POST", `/v1/hazards/${id}/acts`, { request: crypto.randomUUID(), base_rev: rev, act: what });
}

async function goHome({ page }: Phone): Promise<void> {
  await page.goto(`${server.address}/app/`);
  await page.getByRole("button", { name: "拍隐患" }).waitFor();
}

/** A finding with a drawn picture from the album, handed in and brought to 整改中 by the office. */
async function findAndOrder(level: string, description: string, seed: number): Promise<void> {
  const { page } = first;
  await goHome(first);
  await page.getByRole("button", { name: "拍隐患" }).click();
  await page.getByText("已定位").waitFor();
  await page
    .locator("input[type=file]")
    .first()
    .setInputFiles({ name: "前.jpg", mimeType: "image/jpeg", buffer: await drawJpeg(page, seed) });
  await page.getByRole("button", { name: /^下一步/ }).click();
  await page.getByRole("radio", { name: level }).click();
  if (level !== "一般") await page.getByRole("radio", { name: "停产停业" }).click();
  await page.getByLabel("描述").fill(description);
  await page.getByRole("button", { name: "保存" }).click();
  await expect.poll(async () => (await onServer(description).catch(() => null))?.photos.stored, { timeout: 20_000 }).toBe(1);
  const five = { "plan.owner": "演甲", "plan.measures": "更换", "plan.funds_fen": 1, deadline: "2027-03-01", "plan.contingency": "停用" };
  const names = Object.fromEntries(["find", "treat", "control"].map((stage) => [`resp.${stage}.village`, "演安一"]));
  await act(description, { action: "settle", fields: { ...five, ...names, "dual.regulator_at": "2026-11-20T00:00:00Z" }, reason: "录入" });
  await act(description, { action: "order", deadline: "2027-03-01", responsible_unit: "五金厂", reason: "下达" });
  await act(description, { action: "confirm_five", reason: "齐全" }, "head1");
  const { pending } = await onServer(description);
  // What is not 一般 needs the office's word too.
  for (const { op } of pending) await act(description, { action: "decide", op, verdict: "approve", reason: "同意" });
  expect((await onServer(description)).state).toBe("fixing");
}

async function openHazard(phone: Phone, description: string): Promise<void> {
  await phone.goTo("隐患");
  await phone.page.getByRole("link", { name: new RegExp(description) }).click();
}

/** Takes the photo of after, with the one of before over the live picture. */
async function photographOver(phone: Phone): Promise<void> {
  const { page } = phone;
  await page.getByRole("button", { name: "拍整改后" }).click();
  await page.getByRole("img", { name: "整改前的照片" }).waitFor();
  await page.waitForFunction(() => (document.querySelector("video")?.videoWidth ?? 0) > 0);
  const ghost = page.getByRole("img", { name: "整改前的照片" });
  expect(await ghost.evaluate((image) => getComputedStyle(image).opacity)).toBe("0.5");
  expect(await ghost.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(100);
  await page.getByLabel("整改前照片的深浅").fill("30");
  expect(await ghost.evaluate((image) => getComputedStyle(image).opacity)).toBe("0.3");
  await page.getByRole("button", { name: "拍照" }).click();
  await page.getByRole("img", { name: "整改后第1张照片" }).waitFor();
  await phone.shot("review-camera");
  await page.getByRole("button", { name: /^完成/ }).click();
}

it("a repair is handed in with a photo, and another phone has the picture of before with it", async () => {
  await first.signIn("inspector1");
  await first.ready();
  await findAndOrder("一般", "配电箱门敞开", 11);
  await first.syncNow();
  await first.context.setOffline(true);
  await openHazard(first, "配电箱门敞开");
  await first.page.getByText("一般 · 整改中").waitFor();
  await first.page.getByRole("link", { name: "申请复查" }).click();
  await photographOver(first);
  await first.page.getByLabel("情况").fill("门已修好并上锁");
  await first.page.getByLabel("资金（元）").fill("80");
  await first.page.getByLabel("代谁填报").fill("演甲");
  await first.page.getByRole("button", { name: "申请复查" }).click();
  await first.page.getByText("一般 · 待复查").waitFor();
  await first.context.setOffline(false);
  await expect.poll(async () => (await onServer("配电箱门敞开")).state, { timeout: 20_000 }).toBe("verify");
  await expect.poll(async () => (await onServer("配电箱门敞开")).photos.owed, { timeout: 20_000 }).toBe(0);
});

it("a review without signal survives a killed tab and is accepted, both sides beside each other", async () => {
  await second.signIn("inspector2");
  await second.ready();
  await second.syncNow();
  await second.page.waitForTimeout(1_000);
  await second.context.setOffline(true);
  await openHazard(second, "配电箱门敞开");
  await second.page.getByRole("link", { name: "复查", exact: true }).click();
  await photographOver(second);
  await second.page.getByRole("radio", { name: "真改" }).click();

  const there = second.page.url();
  await second.reopen({ offline: true });
  await second.page.goto(there);
  await second.page.getByRole("img", { name: "整改后第1张照片" }).waitFor();
  expect(await second.page.getByRole("radio", { name: "真改" }).getAttribute("aria-checked")).toBe("true");
  await second.page.getByText("保存后为“已完成整改”").waitFor();
  await second.page.getByRole("button", { name: "已按要求整改到位" }).click();
  await second.shot("review");
  await second.page.getByRole("button", { name: "保存" }).click();
  await second.page.waitForURL("**/app/");
  await openHazard(second, "配电箱门敞开");
  await second.page.getByText("一般 · 已完成整改").waitFor();

  await second.context.setOffline(false);
  await expect.poll(async () => (await onServer("配电箱门敞开")).state, { timeout: 20_000 }).toBe("accepted");
  await expect.poll(async () => (await onServer("配电箱门敞开")).photos.owed, { timeout: 30_000 }).toBe(0);
  const hazard = await onServer("配电箱门敞开");
  expect(hazard.roles).toEqual(["after", "after", "before"]);

  await desk.signIn("safety");
  await desk.open(`/hazards/${hazard.id}`);
  for (const side of ["整改前", "整改后"]) {
    const picture = desk.page.getByRole("img", { name: new RegExp(`^${side}照片`) }).first();
    await expect.poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth), { timeout: 20_000 }).toBeGreaterThan(100);
  }
  await desk.shot("review-console");

  // Whose repair it was sees the review of the other, with its picture.
  await goHome(first);
  await first.syncNow();
  await openHazard(first, "配电箱门敞开");
  await first.page.getByRole("region", { name: "申请复查" }).getByText("门已修好并上锁").waitFor();
  const review = first.page.getByRole("region", { name: "复查：真改" });
  await review.getByText(/已按要求整改到位/).waitFor();
  await review.getByText(/演安二/).waitFor();
  await review.getByRole("img", { name: "复查：真改第1张照片" }).waitFor();
  await review.scrollIntoViewIfNeeded();
  await first.shot("hazard-rounds");
  expect([...first.surprises, ...second.surprises]).toEqual([]);
});

it("真改 of a 疑似重大 hazard is only asked for, and 假改 stands at once", async () => {
  await findAndOrder("疑似重大，请上级核定", "燃气管道腐蚀", 12);
  await act("燃气管道腐蚀", { action: "request_review", work_done: "已更换", on_behalf_of: "演甲" });
  await goHome(second);
  await second.syncNow();
  await second.context.setOffline(true);
  await openHazard(second, "燃气管道腐蚀");
  await second.page.getByRole("link", { name: "复查", exact: true }).click();
  await photographOver(second);
  await second.page.getByRole("radio", { name: "真改" }).click();
  await second.page.getByText("重大隐患复查合格需街道核定，保存后提交申请").waitFor();
  await second.page.getByRole("button", { name: "隐患已消除" }).click();
  await second.page.getByRole("button", { name: "保存" }).click();
  await second.page.getByText("复查合格需街道核定，已提交申请").first().waitFor();
  await second.page.getByText("疑似重大 · 待复查").waitFor();
  await second.page.getByText("办理为“已完成整改”需街道核定，已提交申请").waitFor();
  await second.context.setOffline(false);
  await expect.poll(async () => (await onServer("燃气管道腐蚀")).pending.map(({ field }) => field), { timeout: 20_000 }).toContain("state");
  expect((await onServer("燃气管道腐蚀")).state).toBe("verify");

  await goHome(first);
  await first.syncNow();
  await openHazard(first, "燃气管道腐蚀");
  await first.page.getByText("办理为“已完成整改”需街道核定，已提交申请").waitFor();
  await first.page.getByRole("link", { name: "复查", exact: true }).click();
  await first.page.getByRole("radio", { name: "假改" }).click();
  await first.page.getByText("保存后为“整改中”").waitFor();
  await first.page.getByRole("button", { name: "弄虚作假，未真正整改" }).click();
  await first.page.getByRole("button", { name: "保存" }).click();
  await first.page.getByText("疑似重大 · 整改中").waitFor();
  await expect.poll(async () => (await onServer("燃气管道腐蚀")).state, { timeout: 20_000 }).toBe("fixing");
});
