/** The camera while a screen with its live picture is open, position and all; both end with the screen. */
import { onBeforeUnmount, onMounted, ref, useTemplateRef, type Ref } from "vue";
import type { PhotoDraft } from "@paicha/shared/finding";
import { t } from "@paicha/shared/language";
import { closeCamera, openCamera, takePicture } from "./camera";
import { isFull, noteRoom, roomy } from "./room";
import { startPosition, stopPosition } from "./position";
import { showToast } from "./vant";

/** What a screen needs of it. */
export interface LiveCamera {
  /** Why there is no live picture, in words. */
  trouble: Ref<string | null>;
  busy: Ref<boolean>;
  shoot: () => Promise<void>;
  pick: (event: Event, source: "album" | "file") => Promise<void>;
}

/** Opens the camera with the screen, whose `video` shows it; every picture goes to `take`, which must keep it durably. */
export function useLiveCamera(take: (bytes: Blob, source: PhotoDraft["source"]) => Promise<void>): LiveCamera {
  const video = useTemplateRef<HTMLVideoElement>("video");
  const trouble = ref<string | null>(null);
  const busy = ref(false);
  let stream: MediaStream | null = null;
  let left = false;

  onMounted(async () => {
    startPosition();
    void noteRoom();
    try {
      const opened = await openCamera();
      if (left) return closeCamera(opened);
      stream = opened;
      video.value!.srcObject = stream;
      await video.value!.play();
    } catch (error) {
      const denied = error instanceof DOMException && error.name === "NotAllowedError";
      trouble.value = denied ? t("没有允许使用相机。可以在浏览器设置里允许，或用下面的按钮拍照") : t("打不开相机，请用下面的按钮拍照");
    }
  });

  onBeforeUnmount(() => {
    left = true;
    closeCamera(stream);
    stopPosition();
  });

  async function shoot(): Promise<void> {
    if (!stream || !video.value || busy.value) return;
    busy.value = true;
    try {
      const picture = await takePicture(stream, video.value);
      await roomy(() => take(picture, "camera_inapp"));
    } catch (error) {
      tellFailure(error);
    } finally {
      busy.value = false;
      void noteRoom();
    }
  }

  async function pick(event: Event, source: "album" | "file"): Promise<void> {
    const input = event.target as HTMLInputElement;
    try {
      for (const file of input.files ?? []) await roomy(() => take(file, source));
    } catch (error) {
      tellFailure(error);
    }
    input.value = "";
    void noteRoom();
  }

  return { trouble, busy, shoot, pick };
}

function tellFailure(error: unknown): void {
  showToast(isFull(error) ? t("手机存储满了，这张照片没有保存。请先连网上传，或删除手机上不用的文件") : t("照片没有保存，请再拍一次"));
}
