/** What happens to work on a phone whose session ended, or whose village was taken away, while it had no signal: nothing is lost. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { Phone } from "../src/phone";
import { LINXI, TestServer } from "../src/server";
import type { HazardPage, UserPage } from "../src/views";

const NEW_PASSWORD = "paicha-e2e-renewed";
let server: TestServer;
let phone: Phone;

beforeAll(async () => {
  server = await TestServer.start();
});

afterAll(async () => {
  await server?.end();
});

beforeEach(async () => {
  phone = await Phone.make(server.address);
});

afterEach(() => phone.end());

async function userId(login: string): Promise<string> {
  const { items } = await server.get<UserPage>("admin", "/v1/users");
  return items.find((user) => user.login === login)!.id;
}

it("a session that ended offline keeps the outbox, lets people go on, and drains after the next sign-in", async () => {
  await phone.signIn("inspector1");
  await phone.ready();
  await phone.context.setOffline(true);
  await phone.capture("一般", "灭火器失效");
  await server.send("admin", "POST", `/v1/users/${await userId("inspector1")}/password`, { password: NEW_PASSWORD });

  await phone.context.setOffline(false);
  await phone.page.getByText("登录已过期").waitFor();
  await phone.page.getByText("待上传").first().waitFor();
  await phone.capture("一般", "线路私拉乱接");
  expect((await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`)).items).toEqual([]);

  await phone.page.getByText("登录已过期").click();
  await phone.page.getByText("没有上传，都还在").waitFor();
  await phone.signIn("inspector1", NEW_PASSWORD);
  await expect.poll(async () => (await phone.page.getByText("已上传").all()).length).toBe(2);
  const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`);
  expect(items.map((item) => item.description).sort()).toEqual(["灭火器失效", "线路私拉乱接"]);
  expect(phone.surprises).toEqual([]);
});

it("a village taken away offline takes the work already done there and only then leaves the phone", async () => {
  await phone.signIn("inspector2");
  await phone.ready();
  await phone.context.setOffline(true);
  await phone.capture("一般", "通道堆物");
  await server.send("admin", "DELETE", `/v1/users/${await userId("inspector2")}/grants/R1/${LINXI}`);

  await phone.context.setOffline(false);
  await phone.page.getByText("已上传").first().waitFor();
  const { items } = await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`);
  expect(items.map((item) => item.description)).toContain("通道堆物");
  await phone.page.getByRole("link", { name: "设置" }).click();
  await phone.page.getByText("1 个场所").waitFor();
  await phone.page.getByText("东篱村").waitFor();
  expect(await phone.page.getByText("临溪社区").count()).toBe(1);
  expect(phone.surprises).toEqual([]);
});

it("another inspector who signs in on a shared phone hands in the first one's work under the first one's name", async () => {
  await phone.signIn("inspector3");
  await phone.ready();
  await phone.context.setOffline(true);
  await phone.capture("一般", "共用手机上的隐患");
  await phone.page.getByRole("link", { name: "设置" }).click();
  await phone.page.getByRole("button", { name: "退出登录" }).click();
  await phone.page.getByRole("button", { name: "退出", exact: true }).click();
  await phone.page.getByText("没有上传，都还在").waitFor();
  // Whoever picks the phone up now reads nothing.
  expect(await phone.page.getByText("先不登录").count()).toBe(0);
  await phone.page.goto(`${server.address}/app/hazards`).catch(() => undefined);
  await phone.page.getByPlaceholder("街道发给您的用户名").waitFor();
  expect(await phone.page.getByText("共用手机上的隐患").count()).toBe(0);
  await phone.context.setOffline(false);
  await phone.signIn("inspector4");
  const handedIn = async (): Promise<HazardPage["items"]> => (await server.get<HazardPage>("safety", `/v1/hazards?village=${LINXI}`)).items;
  await expect.poll(async () => (await handedIn()).map(({ description }) => description), { timeout: 20_000 }).toContain("共用手机上的隐患");
  const items = await handedIn();
  expect(await phone.page.getByText("有一条没填完的隐患").count()).toBe(0);
  const hazard = items.find((item) => item.description === "共用手机上的隐患")!;
  const view = await server.get<{ fields: { name: string; text: string }[] }>("safety", `/v1/hazards/${hazard.id}`);
  expect(view.fields.find(({ name }) => name === "finders")?.text).toBe("演安三");
});
