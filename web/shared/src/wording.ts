/**
 * What people read (domain 9.3): states of records and photos, rules that decided, values. Chinese first; nobody reads "pending", "conflict"
 * or "merge". One place for both apps, so that phone and console never name one thing twice.
 */
import type { Json } from "./canonical";
import { t } from "./language";
import type { Fix } from "./op";
import type { OpState } from "./outbox";
import { findField, fieldTitle, word } from "./schema";
import type { PhotosWait } from "./settings";
import { formatDay, formatMoment, parseMs } from "./time";

/** Shown after a save without signal. */
export const SAVED = t("已存手机，有网自动上传");

/** How much a state wants attention. */
export type Tone = "calm" | "busy" | "wait" | "alarm";

/** A state in plain words. */
export interface StateWord {
  word: string;
  tone: Tone;
  /** What to do or why, where the word alone does not say it. */
  detail?: string;
}

/** What the phone knows of one saved record. */
export interface RecordFacts {
  ops: { state: OpState; reason?: string | undefined; incomplete?: string[] | undefined }[];
  /** Photos of the record, and how many of them the server has whole. */
  photos: number;
  photosStored: number;
  /** A sync is running now. */
  syncing: boolean;
  /** Why photos do not go now. */
  photosWait?: PhotosWait | null;
}

/** Photos that do not go now, and why. */
const WAIT_WORDS: Record<PhotosWait, { word: string; detail: string }> = {
  wlan: { word: t("等待WLAN"), detail: t("内容已收到，照片等连上WLAN再传") },
  paused: { word: t("已暂停"), detail: t("内容已收到，照片已暂停，可在“上传”里继续") },
};

/** Where a saved record stands: 待上传 / 上传中 / 已上传 / 照片未传完(2/5) / 需处理. */
export function recordState({ ops, photos, photosStored, syncing, photosWait }: RecordFacts): StateWord {
  const count = (state: OpState): number => ops.filter((op) => op.state === state).length;
  if (count("refused") > 0) {
    return { word: t("需处理"), tone: "alarm", detail: t("有内容未被采用，服务器已保留原件，请查看并联系街道专班") };
  }
  const queued = count("queued");
  if (queued > 0) return syncing ? { word: t("上传中"), tone: "busy" } : { word: t("待上传"), tone: "wait", detail: SAVED };
  if (photosStored < photos && photosWait) {
    const { word, detail } = WAIT_WORDS[photosWait];
    return { word: t("照片{word}({photosStored}/{photos})", { word, photosStored, photos }), tone: "wait", detail };
  }
  if (photosStored < photos) {
    const detail = t("隐患内容已收到，照片没传完。请保持网络，勿卸载程序、勿清除浏览器数据");
    return { word: t("照片未传完({photosStored}/{photos})", { photosStored, photos }), tone: syncing ? "busy" : "wait", detail };
  }
  if (count("waiting") > 0) return { word: t("已上传，待核定"), tone: "busy", detail: t("有内容需街道核定，结果会在“消息”里告诉您") };
  return { word: t("已上传"), tone: "calm" };
}

/** Where one photo stands. */
export function photoState(photo: { owed: 0 | 1; sent: number; length: number }, wait: PhotosWait | null = null): StateWord {
  if (photo.owed === 0) return { word: t("已上传"), tone: "calm" };
  if (wait) return { word: WAIT_WORDS[wait].word, tone: "wait" };
  if (photo.sent === 0) return { word: t("待上传"), tone: "wait" };
  return { word: t("已传 {sent}%", { sent: Math.floor((photo.sent / photo.length) * 100) }), tone: "busy" };
}

/** A value of a field as people read it. */
export function valueText(kind: string, field: string, value: Json | null | undefined): string {
  if (value === null || value === undefined || value === "") return t("（空）");
  const holds = findField(kind, field)?.holds;
  if (holds === "flag") return value === true ? t("是") : t("否");
  if (holds === "instant" && typeof value === "string") return formatMoment(parseMs(value) ?? 0);
  if (holds === "day" && typeof value === "string") return formatDay(parseMs(`${value}T00:00:00+08:00`) ?? 0);
  if (holds === "fix") return fixText(value as unknown as Fix);
  if (field.endsWith("_fen") && typeof value === "number") return t("{value}元", { value: value / 100 });
  if (Array.isArray(value)) return value.map((one) => valueText(kind, field, one)).join(t("、"));
  if (typeof value === "string") return word(kind, field, value);
  if (typeof value === "object") return typeof value.name === "string" ? value.name : JSON.stringify(value);
  return String(value);
}

/** What people read for a field beside a value in words: money is told in yuan. */
export function titleOf(kind: string, field: string): string {
  const cell = /^resp\.(\w+)\.(\w+)$/.exec(field);
  const names: Record<string, string> = {
    find: t("排查"),
    treat: t("治理"),
    control: t("管控"),
    site: t("单位#party"),
    village: t("村（社区）"),
    regulator: t("监管部门"),
  };
  if (cell) return t("{party}责任人（{party2}）", { party: names[cell[1]!] ?? cell[1], party2: names[cell[2]!] ?? cell[2] });
  return fieldTitle(kind, field).replace(t("（分）"), "");
}

/** A position as people read it. */
export function fixText(fix: Fix): string {
  const accuracy = fix.acc_m === undefined ? t("精度未知") : t("误差约{metres}米", { metres: Math.round(fix.acc_m) });
  return t("北纬{lat} 东经{lon}（{accuracy}）", { lat: fix.lat.toFixed(5), lon: fix.lon.toFixed(5), accuracy });
}

/** What a rule made of a value that this phone wrote; `mine` and `now` are already in words. */
export function ruleText(kind: string, field: string, by: string, mine: string, now: string): string {
  const title = fieldTitle(kind, field);
  const both = t("两人同时填写了“{title}”（您填“{mine}”）", { title, mine });
  switch (by) {
    case "max_danger":
      return t("{both}，已按较重的“{now}”执行", { both, now });
    case "most_open":
      return t("两人同时办理了“{title}”（您办理为“{mine}”），已按尚未了结的“{now}”执行", { title, mine, now });
    case "earliest":
      return t("{both}，已按较早的“{now}”执行", { both, now });
    case "latest":
      return t("{both}，已按较晚的“{now}”执行", { both, now });
    case "true_wins":
      return t("{both}，已按“{now}”执行", { both, now });
    case "kept_both":
      return t("{both}，两人的内容都已保留：“{now}”", { both, now });
    case "longest":
      return t("{both}，都已保留，显示较详细的“{now}”", { both, now });
    case "ask":
      return t("{both}，都已保留，暂按“{now}”，等街道确认", { both, now });
    case "proposal":
      return t("“{title}”改为“{mine}”需街道核定，已提交申请；核定前仍为“{now}”", { title, mine, now });
    case "lacks":
      return t("“{title}”改为“{mine}”已收到，还有内容没补齐，补齐后生效", { title, mine });
    case "addition":
      return t("记录已提交，您填的“{title}”（“{mine}”）已作为补充保留", { title, mine });
    case "not_allowed":
    case "illegal_transition":
      return t("“{title}”改为“{mine}”不能由您直接办理，已保留，等街道处理；现在是“{now}”", { title, mine, now });
    case "approved":
      return t("“{title}”已凑齐同意的人，现在是“{now}”", { title, now });
    case "refused":
      return t("“{title}”改为“{mine}”没有被同意；现在是“{now}”", { title, mine, now });
    default:
      return t("您填的“{title}”（“{mine}”）已保留，等街道确认；现在是“{now}”", { title, mine, now });
  }
}

/** What somebody else changed. */
export function changeText(kind: string, field: string, before: string, now: string): string {
  return t("“{title}”由“{before}”改为“{now}”", { title: fieldTitle(kind, field), before, now });
}

/** What is missing of a record, as people read it. */
export function missingText(kind: string, names: string[]): string {
  const titles = names.map((name) => (name === "photos" || name.startsWith("photos.") ? t("照片") : fieldTitle(kind, name)));
  return titles.length === 0 ? "" : t("还差：{what}", { what: [...new Set(titles)].join(t("、")) });
}

/** `340 KB`, `2.4 MB`, `10.0 GB`. */
export function sizeText(bytes: number): string {
  if (bytes >= 1 << 30) return `${(bytes / (1 << 30)).toFixed(1)} GB`;
  return bytes < 1 << 20 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`;
}
