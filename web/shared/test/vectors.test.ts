/** What this client writes and computes is what the reference client writes and computes, byte for byte (docs/vectors.json). */
import { describe, expect, it } from "vitest";
import { checkTerm, opDigest, toHex } from "../src/digest";
import { freezeOp, type Op } from "../src/op";
import { formatInstant, parseMicros, parseMs } from "../src/time";
import { docs } from "./data";

interface Vectors {
  frozen: { op: Op; bytes: string; digest: string }[];
  check_terms: { id: string; rev: number; term: string }[];
  instants: { text: string; us: number; printed: string }[];
}

const vectors = JSON.parse(docs("vectors.json")) as Vectors;

/** What the app fills in when it makes an operation. */
function asMade(op: Op): Op {
  const made = { ...op, base_rev: op.base_rev ?? 0, authored_scope: op.authored_scope ?? 0, times: op.times ?? {} };
  made.made_at = formatInstant(parseMs(op.made_at)!);
  if (made.kind === "photo.attach" && made.taken_at) made.taken_at = formatInstant(parseMs(made.taken_at)!);
  return made;
}

describe("the examples of docs/protocol.md", () => {
  it("there is one of every kind that the page shows", () => {
    expect(vectors.frozen.map(({ op }) => op.kind)).toEqual(["patch", "photo.attach", "transition", "resolve", "link_duplicate"]);
  });

  it.each(vectors.frozen.map((vector) => [vector.op.kind, vector] as const))("%s freezes to the reference's bytes", (_kind, vector) => {
    expect(freezeOp(asMade(vector.op))).toBe(vector.bytes);
    expect(opDigest(vector.bytes)).toBe(vector.digest);
  });
});

it("check terms are those of the server", () => {
  for (const { id, rev, term } of vectors.check_terms) expect(toHex(checkTerm(id, rev))).toBe(term);
});

it("instants are read and printed as the server does", () => {
  for (const { text, us, printed } of vectors.instants) {
    expect(parseMicros(text)).toBe(us);
    expect(formatInstant(parseMs(text)!)).toBe(printed);
  }
});
