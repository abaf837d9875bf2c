/**
 * Handing in: greet the server once per run, send one batch, write what the answer says, follow what it asks for. What a newcomer gets wrong:
 * when no answer comes, nothing is written; the same operations go out again and the server repeats its first answer.
 */
import { readAnswer } from "./answer";
import { doubled, halved, planBatch } from "./batch";
import { base64ToHex, utf8 } from "./digest";
import { ProblemError, TransportError } from "./errors";
import { enterEpoch, keepTime, oweAgainFrom } from "./history";
import { newRandomId } from "./ids";
import { judgeHello } from "./life";
import { PROTO, PUSH_OPS_MAX, SCHEMA } from "./limits";
import { tellRules } from "./news";
import { call, callJson, jsonPost, read, type Phone } from "./session";
import { readLife, type OutboxRow } from "./store";
import { beginLife, lifeFacts, listQueued, requeueFrom, writeAnswers } from "./storeOps";
import { dropDrained } from "./storeRecords";
import { formatInstant } from "./time";
import type { Greeting, PushResponse } from "./wire";

/** Hello asks at most this often before the numbers count as not fitting. */
const HELLOS_MAX = 3;
/** Version of this app, for people. */
export const APP_VERSION = "0.1.0";

/** What the phone remembers of the link only while it runs. */
export interface Link {
  greeted: boolean;
  opsMax: number;
}

/** A link of which nothing is known. */
export function newLink(): Link {
  return { greeted: false, opsMax: PUSH_OPS_MAX };
}

/** What one batch came to; `sent` is 0 when nothing was queued. */
export interface PushRound {
  sent: number;
  answered: number;
  newLife: boolean;
  waitS: number;
}

const IDLE: PushRound = { sent: 0, answered: 0, newLife: false, waitS: 0 };

/** Sends one batch, if anything is queued, and writes what the server said about it. Everything stays queued when this throws. */
export async function pushOnce(phone: Phone, link: Link): Promise<PushRound> {
  if (!link.greeted) {
    const newLife = await greet(phone);
    link.greeted = true;
    if (newLife) return { ...IDLE, newLife };
  }
  const queued = await listQueued(phone.store);
  const sizes = queued.map((row) => ({ seq: row.seq, group: { id: row.groupId, i: row.groupI, n: row.groupN }, bytes: utf8(row.text).length }));
  const batch = queued.slice(0, planBatch(sizes, link.opsMax));
  if (batch.length === 0) return IDLE;
  const sentAtUs = phone.env.monoUs();
  try {
    const response = await sendBatch(phone, batch);
    link.opsMax = doubled(link.opsMax, response.next_batch_max);
    return await takeAnswer(phone, batch, response, sentAtUs);
  } catch (error) {
    if (isRollback(error)) {
      await startNewLife(phone);
      return { ...IDLE, newLife: true };
    }
    if ((error instanceof TransportError && error.timedOut) || (error instanceof ProblemError && error.status === 413)) {
      link.opsMax = halved(link.opsMax);
    }
    throw error;
  }
}

function isRollback(error: unknown): boolean {
  return error instanceof ProblemError && error.code === "incarnation-rollback";
}

/** The envelope as text: frozen operations go in as they are, never parsed and written again. */
async function envelope({ store, env }: Phone, batch: OutboxRow[]): Promise<string> {
  const life = await readLife(store);
  const head = JSON.stringify({
    proto: PROTO,
    device: await store.get("device"),
    incarnation: life.incarnation,
    ...(life.parent ? { parent: life.parent } : {}),
    app: `paicha-field ${APP_VERSION}`,
    schema: SCHEMA,
    scope_version: (await store.get("scope_version")) ?? 0,
    clock: { wall: formatInstant(env.nowMs()), hlc: (await store.get("hlc")) ?? "", since_boot_ms: Math.floor(env.monoUs() / 1000) },
    pending_total: await store.outbox.where("state").equals("queued").count(),
  });
  const ops = batch.map((row) => pushedOp(row));
  return `${head.slice(0, -1)},"ops":[${ops.join(",")}]}`;
}

/** One operation on its way, with its frozen text spliced in. */
export function pushedOp(row: Pick<OutboxRow, "seq" | "opId" | "groupId" | "groupI" | "groupN" | "digest" | "text">): string {
  const around = { seq: row.seq, id: row.opId, group: { id: row.groupId, i: row.groupI, n: row.groupN }, digest: row.digest };
  return `${JSON.stringify(around).slice(0, -1)},"op":${row.text}}`;
}

async function sendBatch(phone: Phone, batch: OutboxRow[]): Promise<PushResponse> {
  const text = await envelope(phone, batch);
  const packed = await gzip(text);
  const init = packed ? jsonPost(packed, { "content-encoding": "gzip" }) : jsonPost(text);
  return read<PushResponse>(await call(phone, "/v1/sync/push", init));
}

/** The gzipped text; `null` in browsers that cannot. */
async function gzip(text: string): Promise<ArrayBuffer | null> {
  if (typeof CompressionStream === "undefined") return null;
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** Writes everything an answer means in one transaction. */
async function takeAnswer({ store, env }: Phone, batch: OutboxRow[], response: PushResponse, sentAtUs: number): Promise<PushRound> {
  const sent = batch.map((row) => ({ id: row.opId, seq: row.seq }));
  return store.transaction("rw", store.tables, async () => {
    const { lastSeq } = await readLife(store);
    const { answers, next } = readAnswer(sent, lastSeq, response);
    let newLife = await enterEpoch(store, response.epoch, env.nowMs());
    await writeAnswers(store, answers);
    await tellRules(store, answers, env.nowMs());
    if (next.step === "resend_from") await oweAgainFrom(store, next.seq, env.nowMs());
    if (next.step === "resend_from") newLife = !(await requeueFrom(store, next.seq)) || newLife;
    if (next.step === "new_life") newLife = true;
    if (newLife) await beginLife(store, newRandomId());
    await keepTime(store, env, response, sentAtUs);
    await dropDrained(store);
    return { sent: batch.length, answered: answers.length, newLife, waitS: next.step === "wait" ? next.seconds : 0 };
  });
}

/** Greets the server with this life's last number, so that a restored database is noticed before it sends anything. Answers whether a new
 * life began. */
async function greet(phone: Phone): Promise<boolean> {
  let named: number | undefined;
  for (let hello = 0; hello < HELLOS_MAX; hello += 1) {
    const { facts, named: about } = await lifeFacts(phone.store, named);
    if (!about) {
      // Nothing was ever saved in this life, or its numbers have a hole.
      if (facts.lastSeq === 0) return false;
      break;
    }
    const answer = await sayHello(phone, about);
    if (!answer) break;
    const fits = await hasDigest(phone, answer);
    if (fits === false) break;
    // Where the server named no digest, it compared only the operation that was asked about.
    const verdict = judgeHello(facts, fits === null ? about.seq : answer.consumed_to, answer.consumed_to);
    if (verdict.step === "agreed") return false;
    if (verdict.step === "new_life") break;
    if (verdict.step === "ask_about") named = verdict.seq;
    else if (await phone.store.transaction("rw", phone.store.tables, async () => resendFrom(phone, verdict.seq))) return false;
    else break;
  }
  await startNewLife(phone);
  return true;
}

/** Queues lost operations again, and with them the photos that may be lost too. Answers whether all of them are there. */
async function resendFrom({ store, env }: Phone, seq: number): Promise<boolean> {
  await oweAgainFrom(store, seq, env.nowMs());
  return requeueFrom(store, seq);
}

/** The server's answer, or `null` when it says that the database went back in time. */
async function sayHello(phone: Phone, about: { seq: number; digest: string }): Promise<Greeting | null> {
  const { incarnation, parent } = await readLife(phone.store);
  try {
    return await callJson<Greeting>(phone, "/v1/sync/hello", {
      device: await phone.store.get("device"),
      incarnation,
      parent,
      last_seq: about.seq,
      digests: { [about.seq]: base64ToHex(about.digest) },
    });
  } catch (error) {
    if (isRollback(error)) return null;
    throw error;
  }
}

/** Whether the operation that the server consumed last has the same digest here; `null` when there is nothing to compare. */
async function hasDigest(phone: Phone, { consumed_to: seq, digest }: Greeting): Promise<boolean | null> {
  if (!digest || seq <= 0) return null;
  const { named } = await lifeFacts(phone.store, seq);
  return named !== null && base64ToHex(named.digest) === digest;
}

async function startNewLife({ store }: Phone): Promise<void> {
  await store.transaction("rw", store.meta, store.outbox, async () => beginLife(store, newRandomId()));
}
