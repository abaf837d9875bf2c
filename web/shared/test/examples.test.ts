/** The envelopes of docs/protocol.md are understood: the same examples that the server's own tests read. */
import { expect, it } from "vitest";
import { readAnswer } from "../src/answer";
import { planPage } from "../src/page";
import type { PullResponse, PushResponse } from "../src/wire";
import { docs } from "./data";

function example<T>(name: string): T {
  const block = docs("protocol.md").split(`<!-- ${name} -->\n\`\`\`json\n`)[1]!.split("```")[0]!;
  return JSON.parse(block) as T;
}

it("a push answer moves the operations that it names, and a gap beyond our last number begins a new life", () => {
  const response = example<PushResponse>("push response");
  const sent = [
    { id: "a", seq: 41 },
    { id: "b", seq: 42 },
  ];
  const { answers, next } = readAnswer(sent, 42, response);
  expect(answers.map(({ id, state }) => [id, state])).toEqual([
    ["a", "acked"],
    ["b", "acked"],
  ]);
  expect(answers[1]!.result.incomplete).toEqual(["criterion_ids"]);
  expect(next).toEqual({ step: "new_life" });
  expect(readAnswer(sent, 43, response).next).toEqual({ step: "continue" });
});

it("a pull page brings one record and takes one away", () => {
  const changes = planPage(example<PullResponse>("pull response"), null, () => undefined)!;
  expect(changes.upserts.map(({ change }) => change.number)).toEqual(["YH-500299001203-2026-0007"]);
  expect(changes.exits).toHaveLength(1);
});
