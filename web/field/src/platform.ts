/** What this browser is and may do: warnings before it hurts, room for photos. */
import { t } from "@paicha/shared/language";
import { ref, shallowRef, watch } from "vue";
import { noteRoom, renewReserve, roomWarning } from "./room";
import { settings } from "./settings";

/** Something the person should know of this browser. */
export interface Warning {
  key: string;
  text: string;
  /** It can be put away for this time. */
  urgent: boolean;
}

/** Warnings that hold now. */
export const warnings = ref<Warning[]>([]);
/** Whether the browser promised to keep the data; `null` while unknown. */
export const persisted = ref<boolean | null>(null);

/** The window inside WeChat loses its data when WeChat tidies up. */
export function isWeChat(agent: string): boolean {
  return /MicroMessenger/i.test(agent);
}

/** iPhones and iPads; newer iPads say they are a Mac with a touch screen. */
export function isIos(agent: string, touchPoints: number): boolean {
  return /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1);
}

function isInstalled(): boolean {
  return matchMedia("(display-mode: standalone)").matches || (navigator as { standalone?: boolean }).standalone === true;
}

/** Asks the browser to keep the data and looks at everything that could hurt. */
export async function examine(): Promise<void> {
  const storage = navigator.storage as StorageManager | undefined;
  persisted.value = (await storage?.persisted?.()) || (await storage?.persist?.()) || false;
  await renewReserve();
  await noteRoom();
  warnings.value = listWarnings();
}

function listWarnings(): Warning[] {
  const found: Warning[] = [];
  if (isWeChat(navigator.userAgent)) {
    found.push({ key: "wechat", urgent: true, text: t("微信内的页面会被清理，未上传的内容可能丢失。请点右上角“···”，选择“在浏览器打开”") });
  } else if (isIos(navigator.userAgent, navigator.maxTouchPoints) && !isInstalled()) {
    found.push({ key: "ios", urgent: false, text: t("苹果手机会清除7天没打开的网页数据。请点“分享”→“添加到主屏幕”，以后从主屏幕打开") });
  }
  if (!window.isSecureContext) {
    found.push({ key: "insecure", urgent: true, text: t("此网址不是 https，不能用程序内拍照、定位和离线打开。请联系街道专班换用 https 网址") });
  }
  if (roomWarning.value) found.push({ key: "room", urgent: true, text: roomWarning.value });
  return found;
}

/** A newer version is here and waits; calling it starts that version. */
export const startNewVersion = shallowRef<(() => void) | null>(null);

/** Makes the app start without network, and notices newer versions. A newer one never takes over by itself: somebody may be typing. */
export async function registerServiceWorker(): Promise<void> {
  const registration = await navigator.serviceWorker?.register("/app/sw.js", { scope: "/app/" }).catch(() => undefined);
  if (!registration) return;
  const offer = (): void => {
    const waiting = registration.waiting;
    if (waiting && navigator.serviceWorker.controller) startNewVersion.value = () => waiting.postMessage({ type: "SKIP_WAITING" });
  };
  offer();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (startNewVersion.value) location.reload();
  });
}

/** A name of this phone for lists of devices. */
export function phoneModel(): string {
  const inBrackets = /\(([^)]*)\)/.exec(navigator.userAgent)?.[1] ?? "";
  const parts = inBrackets.split(";").map((part) => part.trim());
  return (parts.find((part) => /Build|iPhone|iPad|Android/.test(part)) ?? parts[0] ?? "").slice(0, 60);
}

/** Applies the person's choices to the page. */
export function applySettings(): void {
  watch(
    () => settings.value.largeText,
    (large) => document.documentElement.classList.toggle("large-text", large),
    { immediate: true },
  );
}
