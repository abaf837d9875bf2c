/** Pictures that tests draw themselves: real JPEGs, no two alike, and drawn by the browser because nothing else here can. */
import type { Page } from "playwright-core";

/** A JPEG as a camera makes one: `seed` decides every shape; `side` is its width in px; with `grain` it is as large as pictures in bad light. */
export async function drawJpeg(page: Page, seed: number, side = 1_600, quality = 0.9, grain = false): Promise<Buffer> {
  const text = await page.evaluate(
    async ([start, width, q, noisy]) => {
      const canvas = new OffscreenCanvas(width, (width * 3) / 4);
      const context = canvas.getContext("2d")!;
      let state = (start * 2_654_435_761) >>> 0 || 1;
      const next = (below: number): number => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state >>> 0) % below;
      };
      for (let n = 0; n < 900; n += 1) {
        context.fillStyle = `rgb(${next(256)},${next(256)},${next(256)})`;
        context.fillRect(next(width), next(canvas.height), 8 + next(120), 8 + next(90));
      }
      if (noisy) {
        const pixels = context.getImageData(0, 0, width, canvas.height);
        for (let at = 0; at < pixels.data.length; at += 4) pixels.data[at + (at % 3)]! ^= next(128);
        context.putImageData(pixels, 0, 0);
      }
      const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: q });
      const bytes = new Uint8Array(await blob.arrayBuffer());
      let binary = "";
      for (let at = 0; at < bytes.length; at += 32_768) binary += String.fromCharCode(...bytes.subarray(at, at + 32_768));
      return btoa(binary);
    },
    [seed, side, quality, grain] as const,
  );
  return Buffer.from(text, "base64");
}
