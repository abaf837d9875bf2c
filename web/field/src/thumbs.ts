/**
 * Small pictures of large ones, one at a time: an original opened is 12 to 50 MB of memory, and a list shows many. What a newcomer gets wrong:
 * an `img` of an original keeps it open; only a small copy may be shown.
 */

/** Side of the square, for screens with two to three points per pixel. */
const SIDE_PX = 220;
/** Files up to this size are small pictures already. */
const SMALL_BYTES = 40_000;

let last: Promise<unknown> = Promise.resolve();

/** A small copy; the picture itself where it is small; `null` where the browser cannot open it. */
export function shrink(picture: Blob): Promise<Blob | null> {
  if (picture.size <= SMALL_BYTES) return Promise.resolve(picture);
  const next = last.then(() => shrinkOne(picture)).catch(() => null);
  last = next;
  return next;
}

async function shrinkOne(picture: Blob): Promise<Blob | null> {
  const opened = await open(picture);
  const canvas = document.createElement("canvas");
  canvas.width = SIDE_PX;
  canvas.height = Math.max(1, Math.round((opened.height / opened.width) * SIDE_PX));
  canvas.getContext("2d")!.drawImage(opened, 0, 0, canvas.width, canvas.height);
  if ("close" in opened) opened.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
}

/** Opened by the browser's small way where it has one, else as a whole. */
async function open(picture: Blob): Promise<ImageBitmap | HTMLImageElement> {
  try {
    return await createImageBitmap(picture, { resizeWidth: SIDE_PX, resizeQuality: "medium" });
  } catch {
    const image = new Image();
    image.src = URL.createObjectURL(picture);
    await image.decode().finally(() => URL.revokeObjectURL(image.src));
    return image;
  }
}
