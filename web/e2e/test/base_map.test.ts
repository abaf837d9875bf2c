/** A raster base map from a tile server of the office: fetched by the console from that host alone, with what is drawn shifted onto it. */
import { createServer, type Server } from "node:http";
import { deflateSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Desk } from "../src/desk";
import { freePort, LINXI, TestServer } from "../src/server";

let tiles: Server;
let server: TestServer;
let desk: Desk;
const asked: string[] = [];

beforeAll(async () => {
  const port = await freePort();
  tiles = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(200, { "content-type": "image/png", "access-control-allow-origin": "*" }).end(tile());
  });
  await new Promise<void>((resolve) => tiles.listen(port, "127.0.0.1", resolve));
  server = await TestServer.start([
    `map.tiles=http://127.0.0.1:${port}/{z}/{x}/{y}.png`,
    "map.attribution=测试底图 <b>甲</b>",
    "map.datum=gcj02",
    "map.zoom_max=16",
  ]);
  desk = await Desk.make(server.address);
});

afterAll(async () => {
  await desk?.end();
  await server?.end();
  await new Promise((resolve) => tiles?.close(resolve));
});

/** A grey square of 256 pixels with a darker border, so that a picture shows where tiles meet. */
function tile(): Buffer {
  const size = 256;
  const row = (y: number): Buffer => Buffer.from([0, ...Array.from({ length: size }, (_, x) => (x === 0 || y === 0 ? 0x90 : 0xd8))]);
  const chunk = (name: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.from([0, 0, 1, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: size }, (_, y) => row(y))));
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

function crc32(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

it("the console draws the office's tiles, says whose they are, and the policy lets no other host in", async () => {
  await desk.signIn("safety");
  await desk.open(`/map?village=${LINXI}`);
  await desk.page.getByText("测试底图 <b>甲</b>").waitFor();
  await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(asked.every((path) => /^\/\d+\/\d+\/\d+\.png$/.test(path))).toBe(true);
  await desk.page.waitForTimeout(1_500);
  await desk.shot("console-desk-base-map");
  expect(desk.complaints).toEqual([]);
  const refused = await desk.page.evaluate(() => fetch("http://127.0.0.1:9/elsewhere").then(() => "", String));
  expect(refused).not.toBe("");
  expect(desk.complaints.some((text) => text.includes("Content Security Policy"))).toBe(true);
});
