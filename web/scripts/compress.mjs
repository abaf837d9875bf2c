/**
 * Compresses what a build made, as small as Brotli can: once, here, because a server that does it for every asker takes a level that costs the line a fifth
 * more. `node ../scripts/compress.mjs dist` writes `x.js.br` beside `x.js` where that is smaller.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const folder = process.argv[2];
const TEXTS = /\.(js|css|html|svg|json|webmanifest)$/;
/** Smaller files fit into a packet as they are. */
const BYTES_MIN = 1_000;

for (const name of readdirSync(folder, { recursive: true })) {
  if (!TEXTS.test(name)) continue;
  const plain = readFileSync(join(folder, name));
  if (plain.length < BYTES_MIN) continue;
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  const small = brotliCompressSync(plain, { params });
  if (small.length < plain.length) writeFileSync(join(folder, `${name}.br`), small);
}
