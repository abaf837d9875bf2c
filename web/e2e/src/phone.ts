/**
 * A phone: real Chromium with a fake camera, a set position and a profile of its own on disk, so that it can be killed and opened again. The app
 * comes from the program itself, policy and all.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { PASSWORD } from "./server";

/** Where the phone stands unless a test says otherwise: the gate of 演示云岫五金厂. */
export const HERE = { latitude: 31.9475, longitude: 108.664, accuracy: 8 };

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  // Phones say what kind of network they use; on a desk that is off unless asked for.
  "--enable-blink-features=NetInfoDownlinkMax",
];

/** Where the items of the main menu lead, under /app/. */
const TAB_PATHS = { 首页: "", 隐患: "hazards", 上传: "uploads", 消息: "news" };

/** One phone. */
export class Phone {
  context!: BrowserContext;
  page!: Page;
  /** Everything the page complained about. */
  complaints: string[] = [];

  private constructor(
    /** Its folder on disk. */
    readonly profile: string,
    private readonly address: string,
  ) {}

  static async make(address: string): Promise<Phone> {
    const phone = new Phone(await mkdtemp(join(tmpdir(), "paicha-phone-")), address);
    await phone.open();
    return phone;
  }

  private async launch(): Promise<void> {
    this.context = await chromium.launchPersistentContext(this.profile, {
      executablePath: process.env.PAICHA_TEST_CHROMIUM ?? "/usr/bin/chromium",
      headless: true,
      args: FLAGS,
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      locale: "zh-CN",
      timezoneId: "Asia/Shanghai",
      geolocation: HERE,
      permissions: ["geolocation", "camera"],
      acceptDownloads: true,
    });
    this.page = this.context.pages()[0] ?? (await this.context.newPage());
    this.page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(`${message.text()} ${message.location().url}`);
    });
    this.page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  /** Opens the browser on its profile. */
  async open(): Promise<void> {
    await this.launch();
    await this.page.goto(`${this.address}/app/`);
  }

  /** Kills the browser and opens it again on the same profile; without network only the service worker can answer. */
  async reopen({ offline }: { offline: boolean }): Promise<void> {
    await this.context.close();
    await this.launch();
    await this.context.setOffline(offline);
    await this.page.goto(`${this.address}/app/`);
  }

  /** What the page complained about, apart from the network that a test took away, sessions that it ended, and what tus settles by asking. */
  get surprises(): string[] {
    const expected = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|status of (401|500|502|503|504)|status of 409 .*\/v1\/uploads\//;
    return this.complaints.filter((text) => !expected.test(text));
  }

  async signIn(login: string, password = PASSWORD): Promise<void> {
    const { page } = this;
    await page.getByPlaceholder("街道发给您的用户名").fill(login);
    await page.getByPlaceholder("密码").fill(password);
    await page.getByRole("button", { name: "登录" }).click();
    await page.getByRole("button", { name: "拍隐患" }).waitFor();
  }

  /** Waits until the app would start without network. */
  async ready(): Promise<void> {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await this.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await this.page.getByText("上次同步：").waitFor();
  }

  /** Takes a photo with the fake camera, up to the open form. */
  async photograph(): Promise<void> {
    const { page } = this;
    await page.getByRole("button", { name: "拍隐患" }).click();
    await page.getByText("已定位").waitFor();
    await page.waitForFunction(() => (document.querySelector("video")?.videoWidth ?? 0) > 0);
    await page.getByRole("button", { name: "拍照" }).click();
    await page.getByRole("img", { name: "第1张照片" }).waitFor();
  }

  /** Captures a whole finding with one photo. */
  async capture(level: string, description: string, control?: string): Promise<void> {
    const { page } = this;
    await this.photograph();
    await page.getByRole("button", { name: /^下一步/ }).click();
    await page.getByRole("radio", { name: /演示云岫五金厂/ }).waitFor();
    await page.getByRole("radio", { name: level }).click();
    if (control) await page.getByRole("radio", { name: control }).click();
    await page.getByLabel("描述").fill(description);
    await page.getByRole("button", { name: "保存" }).click();
    await page.getByRole("button", { name: "拍隐患" }).waitFor();
  }

  /** Goes to another place of the app by its main menu. */
  async goTo(tab: keyof typeof TAB_PATHS): Promise<void> {
    await this.page.getByRole("navigation").getByRole("link", { name: tab }).click();
    await this.page.waitForURL(`**/app/${TAB_PATHS[tab]}`);
  }

  /** Presses 立即同步 and waits until nothing runs. */
  async syncNow(): Promise<void> {
    await this.goTo("上传");
    await this.page.getByRole("button", { name: "立即同步" }).click();
    await this.page.getByRole("button", { name: "立即同步" }).waitFor();
  }

  /** A picture of the screen, into the folder that PAICHA_TEST_SCREENS names; without it, none. */
  async shot(name: string): Promise<void> {
    const folder = process.env.PAICHA_TEST_SCREENS;
    if (folder) await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  async end(): Promise<void> {
    await this.shot("last").catch(() => undefined);
    await this.context.close().catch(() => undefined);
    await rm(this.profile, { recursive: true, force: true });
  }
}
