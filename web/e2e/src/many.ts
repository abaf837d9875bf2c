/** A ledger full of hazards, handed in as a phone hands them in. */
import { canonicalJson } from "@paicha/shared/canonical";
import { opDigest } from "@paicha/shared/digest";
import { randomUUID } from "node:crypto";
import { LINXI, PASSWORD, type TestServer } from "./server";

/** Operations of one push; the most that the server takes. */
const AT_ONCE = 500;
const WORDS = ["配电箱门敞开", "灭火器过期", "疏散通道堆放杂物", "可燃气体探测器未接电", "焊接作业人员未持证上岗", "安全出口上锁"];
const FIRST_MS = Date.parse("2024-01-01T08:00:00+08:00");
/** Between two findings. */
const STEP_MS = 600_000;

/** Hands in so many hazards of one village in the name of `login`; tells how far it is every now and then. */
export async function fillLedger(server: TestServer, login: string, count: number, told: (done: number) => void): Promise<void> {
  const incarnation = randomUUID();
  let session = await enrol(server, login);
  for (let start = 0; start < count; start += AT_ONCE) {
    const ops = Array.from({ length: Math.min(AT_ONCE, count - start) }, (_, index) => operation(start + index + 1, session.user));
    const texts = ops.map(({ seq, id, text }) => `{"seq":${seq},"id":"${id}","digest":"${opDigest(text)}","op":${text}}`);
    const body = `{"proto":1,"device":"${session.device}","incarnation":"${incarnation}","ops":[${texts.join(",")}]}`;
    let answer = await push(server, session.token, body);
    if (answer.status === 401) {
      session = { ...(await enrol(server, login, session.device)) };
      answer = await push(server, session.token, body);
    }
    const told_ = (await answer.json()) as { results?: { status: string }[] };
    if (!answer.ok || told_.results?.some(({ status }) => status !== "applied")) throw new Error(JSON.stringify(told_).slice(0, 500));
    told(start + ops.length);
  }
}

interface Enrolled {
  token: string;
  user: string;
  device: string;
}

async function enrol(server: TestServer, login: string, device?: string): Promise<Enrolled> {
  const body = { login, password: PASSWORD, device: { id: device ?? null, label: "压测手机", model: "" } };
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`${server.address}/v1/auth/login`, init);
  if (!answer.ok) throw new Error(await answer.text());
  const { access_token, user, device: enrolled } = (await answer.json()) as { access_token: string; user: { id: string }; device: string };
  return { token: access_token, user: user.id, device: enrolled };
}

function push(server: TestServer, token: string, body: string): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return fetch(`${server.address}/v1/sync/push`, { method: "POST", headers, body });
}

function operation(seq: number, author: string): { seq: number; id: string; text: string } {
  const found = new Date(FIRST_MS + seq * STEP_MS).toISOString();
  const op = {
    type: "hazard",
    kind: "create",
    village: LINXI,
    record: randomUUID(),
    base_rev: 0,
    made_at: found,
    hlc: `${seq.toString(16).padStart(12, "0")}-0000`,
    author,
    authored_scope: 2,
    fields: {
      level: seq % 4 === 0 ? "suspected" : "general",
      description: `${WORDS[seq % WORDS.length]}（第${seq}处）`,
      position_text: "一楼东侧",
      found_at: found,
      finders: ["演安一"],
      origin: "village",
      no_fix_reason: "压测",
      no_photo_reason: "压测",
      control: "warned",
    },
  };
  return { seq, id: randomUUID(), text: canonicalJson(op as never) };
}
