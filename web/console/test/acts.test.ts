import { expect, it, vi } from "vitest";

// The session of the tabs needs a browser's channel; nothing is sent here.
vi.stubGlobal("BroadcastChannel", class {});
const { RequestError } = await import("../src/api/problem");
const client = await import("../src/api/client");
const { useActs } = await import("../src/record/acts");

it("presses again under the same request until the server has done it, and then under another", async () => {
  const requests: string[] = [];
  const answers: (() => Promise<{ text_zh: string }>)[] = [
    () => Promise.reject(new RequestError(0, "", "连不上服务器")),
    () => Promise.resolve({ text_zh: "已保存" }),
    () => Promise.resolve({ text_zh: "已保存" }),
  ];
  vi.spyOn(client, "act").mockImplementation((_kind, _id, _rev, _what, request) => {
    requests.push(request);
    return answers.shift()!() as ReturnType<typeof client.act>;
  });
  const told: string[] = [];
  const { busy, errors, perform } = useActs(
    () => ({ kind: "hazards", id: "h", rev: 3 }),
    (words) => told.push(words),
  );
  const what = { action: "void", reason: "误报" } as const;
  await perform("void", what);
  expect([errors.void, told, busy.value]).toEqual(["连不上服务器", [], ""]);
  await perform("void", what);
  await perform("void", what);
  expect([errors.void, told]).toEqual(["", ["已保存", "已保存"]]);
  expect(requests[1]).toBe(requests[0]);
  expect(requests[2]).not.toBe(requests[0]);
});
