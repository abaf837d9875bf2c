/** What the phone shows of a record is what the server shows: every inspection and hazard of the demo, field by field, and the whole village fetched
 * page by page with its check sum. */
import "fake-indexeddb/auto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { canonicalJson, type Json } from "@paicha/shared/canonical";
import { systemEnv } from "@paicha/shared/env";
import { enrol, type Phone } from "@paicha/shared/session";
import { shownFields } from "@paicha/shared/shown";
import { waitingChanges } from "@paicha/shared/standing";
import { Store } from "@paicha/shared/store";
import { sync } from "@paicha/shared/sync";
import { TestServer, DEMO_PASSWORD } from "../src/server";
import type { RecordView } from "../src/views";

const DEMO_MS = 400_000;
let server: TestServer;
let phone: Phone;
let token: string;

beforeAll(async () => {
  server = await TestServer.startDemo();
  token = await server.token("safety", DEMO_PASSWORD);
  const env = systemEnv("node");
  phone = { store: new Store("shown"), env: { ...env, fetch: (path, init) => fetch(server.address + path, init) } };
  await enrol(phone, { login: "safety", password: DEMO_PASSWORD, label: "test", model: "test" });
  await sync(phone, { onStage: () => undefined, maySendPhotos: () => false });
}, DEMO_MS);

afterAll(() => server?.end());

it("the phone has every village whole", async () => {
  const feeds = await phone.store.feeds.toArray();
  expect(feeds.length).toBeGreaterThanOrEqual(9);
  expect(feeds.every((feed) => feed.position === feed.head)).toBe(true);
  expect(await phone.store.get("cursor")).toBeTruthy();
  expect(await phone.store.records.filter((row) => row.stale === 1).count()).toBe(0);
});

it.each(["hazard", "inspection"])("every %s is shown as the server shows it", async (kind) => {
  const rows = await phone.store.records.where("kind").equals(kind).toArray();
  expect(rows.length).toBeGreaterThan(50);
  const differences: string[] = [];
  for (const row of rows) {
    const answer = await fetch(`${server.address}/v1/${kind}s/${row.id}`, { headers: { authorization: `Bearer ${token}` } });
    const view = (await answer.json()) as RecordView;
    const ours = shownFields(row.state);
    for (const { name, shown } of view.fields) {
      if (canonicalJson((shown ?? null) as Json) !== canonicalJson(ours[name] ?? null))
        differences.push(`${row.id} ${name}: ${JSON.stringify(shown)} here ${JSON.stringify(ours[name])}`);
    }
    const pending = view.pending.filter(({ field }) => field !== "state").length;
    if (waitingChanges(row.state).length !== pending) differences.push(`${row.id} waits for ${pending}, here ${waitingChanges(row.state).length}`);
  }
  expect(differences).toEqual([]);
});
