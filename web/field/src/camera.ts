/**
 * The camera inside the app. A picture is taken by the browser's own still capture where there is one, else from the video; what is larger
 * than the forms and the evidence need is made smaller once, before it is hashed and saved, and never touched again.
 */
import { t } from "@paicha/shared/language";

/** Longest side of a picture (domain 7.2). */
const SIDE_MAX_PX = 2048;
const JPEG_QUALITY = 0.85;
/** Pictures up to this size are kept as the camera wrote them. */
const KEEP_BYTES_MAX = 1_500_000;
/** Old phones sometimes never answer a still capture. */
const STILL_TIMEOUT_MS = 4_000;

interface StillCapture {
  takePhoto(): Promise<Blob>;
}

type StillCaptureClass = new (track: MediaStreamTrack) => StillCapture;

/** Opens the camera at the back of the phone. */
export async function openCamera(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new Error(t("此浏览器不能在程序内拍照"));
  return navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: { ideal: "environment" }, width: { ideal: SIDE_MAX_PX }, height: { ideal: 1536 } },
  });
}

/** Closes the camera, so that its light goes out. */
export function closeCamera(stream: MediaStream | null): void {
  stream?.getTracks().forEach((track) => track.stop());
}

/** Takes a picture. */
export async function takePicture(stream: MediaStream, video: HTMLVideoElement): Promise<Blob> {
  const still = await takeStill(stream).catch(() => null);
  if (!still) return drawJpeg(video, video.videoWidth, video.videoHeight);
  if (still.type === "image/jpeg" && still.size <= KEEP_BYTES_MAX) return still;
  const bitmap = await createImageBitmap(still);
  return drawJpeg(bitmap, bitmap.width, bitmap.height);
}

async function takeStill(stream: MediaStream): Promise<Blob | null> {
  const capture = (globalThis as { ImageCapture?: StillCaptureClass }).ImageCapture;
  const track = stream.getVideoTracks()[0];
  if (!capture || !track) return null;
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), STILL_TIMEOUT_MS));
  return Promise.race([new capture(track).takePhoto(), late]);
}

async function drawJpeg(source: CanvasImageSource, width: number, height: number): Promise<Blob> {
  const scale = Math.min(1, SIDE_MAX_PX / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d")!.drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    const done = (blob: Blob | null): void => (blob ? resolve(blob) : reject(new Error(t("照片没有拍成，请再拍一次"))));
    canvas.toBlob(done, "image/jpeg", JPEG_QUALITY);
  });
}
