/** A desk: the console in real Chromium, from the program itself. Drawing without a graphics card, because the map needs WebGL. */
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { PASSWORD } from "./server";

const FLAGS = ["--no-sandbox", "--no-first-run", "--disable-quic", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

/** One browser window at a desk, or one as narrow as a phone. */
export class Desk {
  /** Everything the page complained about. */
  complaints: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly address: string,
  ) {
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  static async make(address: string, viewport = { width: 1280, height: 800 }): Promise<Desk> {
    const executablePath = process.env.PAICHA_TEST_CHROMIUM ?? "/usr/bin/chromium";
    const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
    const context = await browser.newContext({ viewport, locale: "zh-CN", timezoneId: "Asia/Shanghai", acceptDownloads: true });
    return new Desk(browser, context, await context.newPage(), address);
  }

  async signIn(login: string, password = PASSWORD): Promise<void> {
    const { page } = this;
    await page.goto(`${this.address}/`);
    await page.getByLabel("用户名").fill(login);
    await page.getByLabel("密码", { exact: true }).fill(password);
    await page.getByRole("button", { name: "登录" }).click();
    await page.getByRole("button", { name: "退出" }).waitFor();
  }

  /** Opens an address of the console. */
  async open(path: string): Promise<void> {
    await this.page.goto(this.address + path);
    await this.page.getByRole("heading", { level: 1 }).first().waitFor();
  }

  /** A picture of the page, into the folder that PAICHA_TEST_SCREENS names; without it, none. */
  async shot(name: string): Promise<void> {
    const folder = process.env.PAICHA_TEST_SCREENS;
    if (folder) await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  async end(): Promise<void> {
    await this.shot("last-desk").catch(() => undefined);
    await this.browser.close().catch(() => undefined);
  }
}
