/**
 * A real server with a small invented subdistrict of its own: two villages, four places, inspectors, the office. The program is
 * named by PAICHA_TEST_BINARY. Every server has a new data folder and a free port, and dies with its test.
 */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const PASSWORD = "paicha-e2e-2026";
/** Password of everybody in the program's demo. */
export const DEMO_PASSWORD = "paicha-demo";
export const LINXI = "500299001001";
export const DONGLI = "500299001002";
const READY_MS = 20_000;

/** Logins, names and grants. */
const PEOPLE: [string, string, string, string[]][] = [
  ["inspector1", "演安一", "临溪社区", [`R1=${LINXI}`]],
  ["inspector2", "演安二", "临溪社区", [`R1=${LINXI}`, `R1=${DONGLI}`]],
  ["inspector3", "演安三", "临溪社区", [`R1=${LINXI}`]],
  ["inspector4", "演安四", "临溪社区", [`R1=${LINXI}`]],
  ["safety", "演应急", "演示街道应急办", ["R3=all"]],
  ["head1", "演和一", "临溪社区", [`R2=${LINXI}`]],
  ["leader", "演领导", "演示街道", ["R4=all"]],
  ["admin", "演管理", "", ["R10=all"]],
  ["auditor", "演审计", "演示街道纪工委", ["R11=all"]],
];

/** A running server. */
export class TestServer {
  private child: ChildProcess | null = null;
  log = "";
  /** Everybody's password. */
  password = PASSWORD;

  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Settings for serving, as `section.key=value`. */
  settings: string[] = [];

  /** Makes the data and starts the server. */
  static async start(settings: string[] = []): Promise<TestServer> {
    const server = new TestServer(await mkdtemp(join(tmpdir(), "paicha-e2e-")), await freePort());
    server.settings = settings;
    const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
    await server.run(["import", "areas", fixture("villages.geojson")]);
    await server.run(["import", "enterprises", fixture("places.csv")]);
    for (const [login, name, unit, grants] of PEOPLE) {
      await server.run(
        ["user", "add", login, "--name", name, "--unit", unit, "--password-stdin", ...grants.flatMap((grant) => ["--grant", grant])],
        `${PASSWORD}\n`,
      );
    }
    await server.serve();
    return server;
  }

  /** Starts the program on its own demo: the folder that PAICHA_TEST_DEMO names, or one made now, which takes two minutes. */
  static async startDemo(): Promise<TestServer> {
    const ready = process.env.PAICHA_TEST_DEMO;
    const server = new TestServer(ready ?? (await mkdtemp(join(tmpdir(), "paicha-demo-"))), await freePort());
    server.borrowed = ready !== undefined;
    server.password = DEMO_PASSWORD;
    if (!ready) await server.run(["demo", "--no-serve"]);
    await server.serve();
    return server;
  }

  /** The folder belongs to somebody else. */
  private borrowed = false;

  /** Runs one command of the program on this data. */
  run(args: string[], input = ""): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = execFile(binary(), ["--data", this.folder, ...args], { env: plainEnv() }, (error, stdout, stderr) => {
        if (error) reject(new Error(`paicha ${args.join(" ")}: ${stderr}${stdout}`));
        else resolve(stdout);
      });
      child.stdin?.end(input);
    });
  }

  /** Starts serving; after `stop` on the same port, as after a power cut. */
  async serve(): Promise<void> {
    const settings = this.settings.flatMap((setting) => ["--set", setting]);
    this.child = spawn(binary(), ["--data", this.folder, "--listen", `127.0.0.1:${this.port}`, ...settings, "serve"], {
      env: plainEnv(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const note = (text: Buffer): void => void (this.log += text.toString());
    this.child.stdout?.on("data", note);
    this.child.stderr?.on("data", note);
    const until = Date.now() + READY_MS;
    while (Date.now() < until) {
      const ready = await fetch(`${this.address}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the server did not become ready:\n${this.log}`);
  }

  /** Kills the server without a word. */
  async stop(): Promise<void> {
    const child = this.child;
    this.child = null;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** Kills the server and removes its data. */
  async end(): Promise<void> {
    await this.stop();
    if (!this.borrowed) await rm(this.folder, { recursive: true, force: true });
  }

  private readonly tokens = new Map<string, Promise<string>>();

  /** A token for a browser session of `login`, the same for the whole test: who signs in anew with every question is kept waiting. */
  async token(login: string, password = PASSWORD): Promise<string> {
    const kept = this.tokens.get(login) ?? this.signIn(login, password);
    this.tokens.set(login, kept);
    return kept;
  }

  private async signIn(login: string, password: string): Promise<string> {
    const answer = await fetch(`${this.address}/v1/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ login, password }),
    });
    if (!answer.ok) throw new Error(`${login} cannot sign in: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  /** What the server says to `login`, as it is. */
  async bytes(login: string, path: string): Promise<string> {
    const answer = await fetch(this.address + path, { headers: { authorization: `Bearer ${await this.token(login, this.password)}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.text();
  }

  /** What the server says to `login`. */
  async get<T>(login: string, path: string): Promise<T> {
    return JSON.parse(await this.bytes(login, path)) as T;
  }

  /** Asks the server to do something in the name of `login`. */
  async send(login: string, method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { authorization: `Bearer ${await this.token(login)}`, "content-type": "application/json" };
    const answer = await fetch(this.address + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}

/** The environment without settings of the program: it refuses names that it does not know. */
function plainEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PAICHA_")));
}

function binary(): string {
  const path = process.env.PAICHA_TEST_BINARY;
  if (!path) throw new Error("set PAICHA_TEST_BINARY to the paicha program");
  return path;
}

/** A port that nobody uses now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
