/** The pure core decides as the reference client does; the tables are those of `client/src/pure`. */
import { describe, expect, it } from "vitest";
import { readAnswer } from "../src/answer";
import { doubled, halved, planBatch, type QueuedOp } from "../src/batch";
import { canonicalJson } from "../src/canonical";
import { checkTerm, toHex } from "../src/digest";
import { observe, tick } from "../src/hlc";
import { newId } from "../src/ids";
import { judgeHello } from "../src/life";
import { freezeOp } from "../src/op";
import { freezeSave, renumber } from "../src/outbox";
import { matchesCheck, planPage } from "../src/page";
import { BACKOFF_CAP_MS, waitMs } from "../src/retry";
import { judgeUploadError, mediaType, orderUploads, URGENCY, urgencyOf } from "../src/upload";
import type { OpResult, Stopped } from "../src/wire";
import { HAZARD, page, patchOp, pushResponse, uuid, VILLAGE } from "./data";

function freeze(count: number, textLength: number) {
  const ops = Array.from({ length: count }, () => patchOp("字".repeat(textLength)));
  return freezeSave(uuid(9), 41, ops, { ops: ops.map((_, at) => uuid(at)), groups: ops.map((_, at) => uuid(1000 + at)) });
}

function groupSizes(frozen: ReturnType<typeof freeze>): number[] {
  const sizes = new Map<string, number>();
  for (const { group } of frozen) sizes.set(group.id, (sizes.get(group.id) ?? 0) + 1);
  return [...sizes.values()];
}

describe("a save", () => {
  it("is numbered without a gap", () => {
    expect(freeze(3, 1).map((op) => op.seq)).toEqual([41, 42, 43]);
  });

  it("holds at most twenty operations and 256 KiB in a group", () => {
    expect(groupSizes(freeze(20, 1))).toEqual([20]);
    expect(groupSizes(freeze(21, 1))).toEqual([20, 1]);
    expect(groupSizes(freeze(9, 15_000))).toEqual([5, 4]);
  });

  it("that is too long is told before anything is saved", () => {
    expect(() => freeze(1, 30_000)).toThrow("尚未保存");
  });

  it("counts from one in a new life and closes cut groups", () => {
    const group = { id: uuid(1), i: 2, n: 3 };
    const ops = [
      { id: "a", group },
      { id: "b", group: { ...group, i: 3 } },
      { id: "c", group: { id: uuid(2), i: 1, n: 1 } },
    ];
    expect(renumber(ops).map(({ seq, group: { i, n } }) => [seq, i, n])).toEqual([
      [1, 1, 2],
      [2, 2, 2],
      [3, 1, 1],
    ]);
  });
});

describe("a batch", () => {
  function queue(sizes: number[], bytes: number): QueuedOp[] {
    let seq = 0;
    return sizes.flatMap((n, id) => Array.from({ length: n }, (_, i) => ({ seq: (seq += 1), group: { id: uuid(id), i: i + 1, n }, bytes })));
  }
  const many = (n: number, size: number): number[] => Array.from({ length: n }, () => size);
  it.each([
    ["nothing local", queue([], 100), 500, 0],
    ["one save", queue([3], 100), 500, 3],
    ["exactly one page", queue(many(25, 20), 100), 500, 500],
    ["one more than a page", queue([...many(25, 20), 1], 100), 500, 500],
    ["a group over the border stays whole", queue([7, 4], 100), 10, 7],
    ["a group larger than the size goes alone", queue([20, 1], 100), 4, 20],
    ["bytes end a batch too", queue(many(40, 1), 60_000), 500, 17],
  ])("ends at the borders of groups: %s", (_name, queued, opsMax, planned) => {
    expect(planBatch(queued, opsMax)).toBe(planned);
  });

  it("never jumps over a hole", () => {
    const queued = queue([2, 2], 100).map((op) => (op.seq > 2 ? { ...op, seq: op.seq + 1 } : op));
    expect(planBatch(queued, 500)).toBe(2);
  });

  it("shrinks and grows within its limits", () => {
    expect([halved(1), halved(500), doubled(300, 500), doubled(4, 5)]).toEqual([1, 250, 500, 5]);
  });
});

describe("an answer", () => {
  const sent = [5, 6, 7, 8].map((seq) => ({ id: uuid(seq), seq }));
  const result = (seq: number, status: OpResult["status"]): OpResult => ({ seq, status });
  it.each([
    ["applied", "acked"],
    ["merged", "acked"],
    ["review", "waiting"],
    ["held", "waiting"],
    ["refused", "refused"],
  ] as const)("%s makes an operation %s", (status, state) => {
    expect(readAnswer(sent, 8, pushResponse([result(5, status)])).answers.map((answer) => answer.state)).toEqual([state]);
  });

  it("that only says consumed_to moves nothing", () => {
    const { answers, next } = readAnswer(sent, 8, pushResponse([], { consumed_to: 8 }));
    expect(answers).toEqual([]);
    expect(next).toEqual({ step: "wait", seconds: 2 });
  });

  it.each<[string, Stopped, OpResult[], unknown]>([
    ["gap behind us", { reason: "gap", expect: 2 }, [], { step: "resend_from", seq: 2 }],
    ["gap before time", { reason: "gap", expect: 0 }, [], { step: "new_life" }],
    ["gap in the future", { reason: "gap", expect: 99 }, [], { step: "new_life" }],
    ["our own group is cut", { reason: "group_cut", expect: 5 }, [], { step: "new_life" }],
    ["a later group is cut", { reason: "group_cut", expect: 6 }, [result(5, "applied")], { step: "continue" }],
    ["budget", { reason: "budget", expect: 6 }, [result(5, "applied")], { step: "continue" }],
    ["busy", { reason: "busy", expect: 5 }, [], { step: "wait", seconds: 1 }],
  ])("tells what comes next: %s", (_name, stopped, results, next) => {
    expect(readAnswer(sent, 8, pushResponse(results, { stopped })).next).toEqual(next);
  });

  it("begins a new life for a reused number, once", () => {
    const reused = { ...result(6, "refused"), reason: "seq_reuse" };
    expect(readAnswer(sent, 8, pushResponse([reused])).next).toEqual({ step: "new_life" });
    expect(readAnswer(sent, 8, pushResponse([reused])).answers).toEqual([]);
    expect(readAnswer(sent, 8, pushResponse([{ ...reused, replayed: true }])).answers[0]!.state).toBe("refused");
  });
});

it("a hello finds every kind of rollback", () => {
  const facts = (lastSeq: number, firstUnanswered: number, firstKept: number) => ({ lastSeq, firstUnanswered, firstKept });
  expect(judgeHello(facts(12, 10, 1), 9, 9)).toEqual({ step: "agreed" });
  expect(judgeHello(facts(12, 8, 1), 10, 10)).toEqual({ step: "agreed" });
  expect(judgeHello(facts(12, 10, 1), 12, 9)).toEqual({ step: "ask_about", seq: 9 });
  expect(judgeHello(facts(5, 6, 1), 5, 9)).toEqual({ step: "new_life" });
  expect(judgeHello(facts(9, 10, 1), 6, 6)).toEqual({ step: "resend_from", seq: 7 });
  expect(judgeHello(facts(9, 10, 8), 6, 6)).toEqual({ step: "new_life" });
});

describe("a page", () => {
  const local = (rev: number, stale: boolean) => () => ({ rev, vrev: 10, stale });
  const change = (t: string, rev: number, vrev: number) =>
    page({ villages: [{ id: VILLAGE, mode: "delta", to: vrev, head: vrev, changes: [{ t, id: HAZARD, rev, vrev }] }] });
  it("takes only rows that are not older", () => {
    const counts = [local(4, false), local(5, false), local(6, false), local(6, true)].map(
      (have) => planPage(change("hazard", 5, 20), "e1", have)!.upserts.length,
    );
    expect(counts).toEqual([1, 1, 0, 1]);
  });

  it("removes what an exit has seen, and nothing of another history", () => {
    expect(planPage(change("exit", 0, 20), "e1", local(4, false))!.exits).toHaveLength(1);
    expect(planPage(change("exit", 0, 9), "e1", local(4, false))!.exits).toHaveLength(0);
    expect(planPage(change("hazard", 5, 20), "e0", local(4, false))).toBeNull();
  });

  it("notices a missing row and a wrong revision", () => {
    const rows = [
      { id: uuid(1), rev: 3 },
      { id: uuid(2), rev: 1 },
    ];
    const term = (row: { id: string; rev: number }): string => toHex(checkTerm(row.id, row.rev));
    const check = { village: VILLAGE, at: 9, count: 1, sum: term(rows[0]!) };
    expect(matchesCheck(check, [rows[0]!])).toBe(true);
    expect(matchesCheck(check, rows)).toBe(false);
    expect(matchesCheck(check, [{ ...rows[0]!, rev: 4 }])).toBe(false);
    // Twice the same row cancels out in the sum; the count notices.
    expect(matchesCheck({ ...check, count: 1 }, [rows[0]!, rows[1]!, rows[1]!])).toBe(false);
  });
});

describe("clocks and ids", () => {
  it("a clock set back does not go back", () => {
    const first = tick("", 1_000);
    const second = tick(first, 10);
    expect(second).toBe("0000000003e8-0001");
    expect(observe(second, 2_000) > second).toBe(true);
    expect(observe(second, 5)).toBe(second);
    expect(tick("000000000007-ffff", 0)).toBe("000000000008-0000");
  });

  it("ids of a later millisecond sort later", () => {
    expect(newId(1_700_000_000_001) > newId(1_700_000_000_000)).toBe(true);
    expect(newId(1)).toMatch(/^00000000-0001-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("frozen names are in order of code points and nothing becomes null", () => {
    expect(canonicalJson({ b: 1, a: undefined, "\u{1f600}": 2, "\uffff": 3 })).toBe('{"b":1,"\uffff":3,"\u{1f600}":2}');
    expect(() => canonicalJson({ lat: Number.NaN })).toThrow();
  });

  it("waits are never shorter than Retry-After nor endless", () => {
    expect(waitMs(0, 7, 0)).toBe(7_000);
    expect(waitMs(99, null, 0.999999)).toBeLessThanOrEqual(BACKOFF_CAP_MS);
    expect(waitMs(3, null, 0.999999)).toBeGreaterThan(15_000);
  });
});

it("what is not said is frozen as null, as the reference client does", () => {
  const head = { village: VILLAGE, record: HAZARD, base_rev: 0, made_at: "2026-11-20T03:02:11Z", author: uuid(1), authored_scope: 1, times: {} };
  expect(freezeOp({ ...head, kind: "transition", from: "reg", to: "plan" })).toContain('"reason":null');
  expect(freezeOp({ ...head, kind: "photo.retract", photo: uuid(3) })).toContain('"reason":null');
  expect(freezeOp({ ...head, kind: "link_duplicate" })).toContain('"survivor":null');
});

describe("photos", () => {
  it("of major hazards go first, then the newest", () => {
    const photo = (name: string, urgency: number, madeAt: number) => ({ photo: name, urgency, madeAt });
    const photos = [photo("d", URGENCY.other, 900), photo("c", URGENCY.general, 500), photo("b", URGENCY.major, 100), photo("a", URGENCY.major, 200)];
    expect(orderUploads(photos).map((one) => one.photo)).toEqual(["a", "b", "c", "d"]);
    expect(urgencyOf("suspected")).toBeLessThan(urgencyOf("general"));
  });

  it("are never given up by an answer", () => {
    expect([null, 401, 404, 413, 503].map((status) => judgeUploadError(status).is)).toEqual([
      "unreachable",
      "signed_out",
      "postponed",
      "postponed",
      "unreachable",
    ]);
  });

  it("are what their first bytes say", () => {
    expect(mediaType(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))).toBe("image/jpeg");
    expect(mediaType(new TextEncoder().encode("\0\0\0\u{18}ftypheic"))).toBe("image/heic");
    expect(mediaType(new TextEncoder().encode("<html>"))).toBe("application/octet-stream");
  });
});
