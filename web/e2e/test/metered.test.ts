/** Photos wait on the phone's own data, records still go; both by themselves, with the network of a real browser. */
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

/** Puts the page on another kind of network by Chromium's own emulation, which takes a kind only together with a speed, and forgets it when
 * the service worker starts; so it is told until the page sees it. */
async function useNetwork(connectionType: "cellular4g" | "wifi"): Promise<void> {
  const session = await phone.context.newCDPSession(phone.page);
  await session.send("Network.enable");
  const speed = { latency: 20, downloadThroughput: 4e6, uploadThroughput: 4e6 };
  const seen = async (): Promise<string> => {
    await session.send("Network.overrideNetworkState", { offline: false, ...speed, latency: (speed.latency += 1), connectionType });
    await phone.page.waitForTimeout(300);
    return phone.page.evaluate(() => (navigator as unknown as { connection: { type: string } }).connection.type);
  };
  await expect.poll(seen, { timeout: 20_000 }).toBe(connectionType.replace("4g", ""));
}

async function photosOnServer(): Promise<RecordView["photos"] | null> {
  const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`);
  if (!items[0]) return null;
  return (await server.get<RecordView>("safety", `/v1/hazards/${items[0].id}`)).photos;
}

it("on the phone's own data the record arrives, its photo waits for WLAN and then goes by itself", async () => {
  const { page } = phone;
  await phone.signIn("inspector1");
  await phone.ready();
  await useNetwork("cellular4g");
  await phone.goTo("上传");
  await page.getByRole("switch", { name: "用手机流量时不传照片" }).click();
  await page.getByText("现在是手机流量").waitFor();
  await phone.goTo("首页");
  await phone.capture("一般", "流量下拍的");
  await page.getByText("照片等待WLAN(0/1)").waitFor();
  await expect.poll(async () => (await photosOnServer())?.declared, { timeout: 20_000 }).toBe(1);
  await phone.syncNow();
  await page.getByText("等待WLAN：现在用的是手机流量").waitFor();
  await phone.shot("metered");
  expect((await photosOnServer())?.stored).toBe(0);

  await useNetwork("wifi");
  await page.getByText("全部已上传").waitFor({ timeout: 20_000 });
  expect((await photosOnServer())?.stored).toBe(1);
});

it("a pause outlives the tab, and ends by one tap", async () => {
  const { page } = phone;
  await phone.context.setOffline(true);
  await phone.goTo("首页");
  await phone.capture("一般", "先暂停");
  await phone.goTo("上传");
  await page.getByRole("button", { name: "暂停传照片" }).click();
  await phone.reopen({ offline: false });
  await phone.page.getByText("照片已暂停(0/1)").waitFor();
  await phone.goTo("上传");
  await phone.page.getByText("已暂停传照片，填写的内容照常上传").waitFor();
  await phone.page.getByRole("button", { name: "继续传照片" }).click();
  await phone.page.getByText("全部已上传").waitFor({ timeout: 20_000 });
  expect(phone.surprises).toEqual([]);
});

it("the service worker hands in what waits when nobody looks at the app", async () => {
  const { page, context } = phone;
  await phone.goTo("首页");
  await context.setOffline(true);
  await phone.capture("一般", "关了程序");
  await page.getByText("待上传").first().waitFor();
  // Another page of this browser stays; the app's own is gone.
  const other = await context.newPage();
  await page.close();
  await context.setOffline(false);
  const browser = await context.newCDPSession(other);
  const registration = new Promise<string>((resolve) => {
    browser.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const ours = registrations.find(({ scopeURL }) => scopeURL.endsWith("/app/"));
      if (ours) resolve(ours.registrationId);
    });
  });
  await browser.send("ServiceWorker.enable");
  const registrationId = await registration;
  const arrived = async (): Promise<unknown> => {
    // As the browser does while the worker says that something is left.
    await browser.send("ServiceWorker.dispatchSyncEvent", { origin: server.address, registrationId, tag: "paicha-outbox", lastChance: false });
    const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`);
    const one = items.find(({ description }) => description === "关了程序");
    return one && (await server.get<RecordView>("safety", `/v1/hazards/${one.id}`)).photos.stored;
  };
  await expect.poll(arrived, { timeout: 30_000 }).toBe(1);
});
