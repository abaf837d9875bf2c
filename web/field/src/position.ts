/**
 * Where the phone is while somebody captures: one fix per action, never a track (domain 9.4). The watch runs only while a camera or a finding
 * is open. What a newcomer gets wrong: browsers give WGS-84 and do not say what made the fix or whether it is simulated, so neither is sent.
 */
import { key } from "@paicha/shared/language";
import type { Fix } from "@paicha/shared/op";
import { reactive } from "vue";

/** A fix older than this is not believed to be here. */
const AGE_MAX_MS = 120_000;

/** Where the phone is now. */
export const position = reactive({
  fix: null as Fix | null,
  /** When the fix was made, wall clock. */
  at: 0,
  /** Why there is none, in words as a record keeps them; `null` while waiting. */
  trouble: null as string | null,
});

let watcher: number | null = null;

/** Starts looking for a position. */
export function startPosition(): void {
  if (watcher !== null) return;
  if (!navigator.geolocation) {
    position.trouble = key("此手机没有定位功能");
    return;
  }
  watcher = navigator.geolocation.watchPosition(take, (error) => (position.trouble = reasonOf(error)), {
    enableHighAccuracy: true,
    maximumAge: 10_000,
    timeout: 30_000,
  });
}

/** Stops looking; the last fix is forgotten with its time. */
export function stopPosition(): void {
  if (watcher !== null) navigator.geolocation.clearWatch(watcher);
  watcher = null;
}

function take({ coords, timestamp }: GeolocationPosition): void {
  position.trouble = null;
  position.at = timestamp;
  position.fix = {
    lat: Number(coords.latitude.toFixed(7)),
    lon: Number(coords.longitude.toFixed(7)),
    crs: "wgs84",
    acc_m: Number(coords.accuracy.toFixed(1)),
    ...(coords.altitude === null ? {} : { alt_m: Number(coords.altitude.toFixed(1)) }),
  };
}

function reasonOf(error: GeolocationPositionError): string {
  if (error.code === error.PERMISSION_DENIED) return key("没有允许定位（请在浏览器设置里允许此网站定位）");
  return error.code === error.TIMEOUT ? key("暂时收不到定位信号") : key("手机没有给出位置");
}

/** The fix of this moment with its age; `null` when there is none or it is too old. */
export function fixNow(now: number): Fix | null {
  if (!position.fix) return null;
  const age = Math.max(0, Math.round(now - position.at));
  return age > AGE_MAX_MS ? null : { ...position.fix, age_ms: age };
}
