/** Instants and days as people at a desk read them (Asia/Shanghai), and the colours of levels and states. */
import { DAY_MS, formatDay, formatDayAndTime, formatMonth, isoDay, parseMs } from "@paicha/shared/time";

/** `2026年11月20日 11:02`; empty for nothing. */
export function whenText(instant: string | null | undefined): string {
  const ms = instant ? parseMs(instant) : null;
  if (ms === null) return "";
  return formatDayAndTime(ms);
}

/** Until when something is due: a day that ends at midnight is that day, with how its end is said, and not the next at 0:00. */
export function dueText(instant: string | null | undefined, midnight = ""): string {
  const ms = instant ? parseMs(instant) : null;
  if (ms === null) return "";
  const before = formatDay(ms - 1);
  return before === formatDay(ms) ? formatDayAndTime(ms) : before + midnight;
}

/** `2026年11月20日` for `2026-11-20`; empty for nothing. */
export function dayText(day: string | null | undefined): string {
  const ms = day ? parseMs(`${day}T00:00:00+08:00`) : null;
  return ms === null ? "" : formatDay(ms);
}

/** Whether a day is over, in Shanghai. */
export function isOver(day: string | null | undefined, nowMs = Date.now()): boolean {
  return Boolean(day) && String(day) < isoDay(nowMs);
}

/** The day before which everything up to and including `day` happened. */
export function dayAfter(day: string): string {
  return isoDay((parseMs(`${day}T00:00:00+08:00`) ?? 0) + DAY_MS);
}

/** `2026-11`, in Shanghai. */
export function thisMonth(nowMs = Date.now()): string {
  return isoDay(nowMs).slice(0, 7);
}

/** The month so many months before: `2026-06` for 5 before `2026-11`. */
export function monthsBefore(month: string, count: number): string {
  const months = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 - count;
  return `${String(Math.floor(months / 12)).padStart(4, "0")}-${String((months % 12) + 1).padStart(2, "0")}`;
}

/** `2026年11月`. */
export function monthText(month: string): string {
  return formatMonth(Number(month.slice(0, 4)), Number(month.slice(5)));
}

/** How much a level wants attention. */
export function levelTone(level: string | null | undefined): "grave" | "doubt" | "plain" {
  if (level === "major_direct" || level === "major_collective") return "grave";
  return level === "suspected" ? "doubt" : "plain";
}

/** How far a hazard has come. */
export function stateTone(state: string): "open" | "waits" | "done" | "gone" {
  if (state === "void") return "gone";
  if (state === "accepted" || state === "closed") return "done";
  return state === "verify" ? "waits" : "open";
}

/** Whether something is still to be done about a hazard. */
export function isOpen(state: string): boolean {
  return ["open", "waits"].includes(stateTone(state));
}

/** Whether a hazard should have been done with before today. */
export function isLate(deadline: string | null | undefined, state: string): boolean {
  return isOver(deadline) && isOpen(state);
}

/** Levels that count as 重大. */
export function isMajor(level: string | null | undefined): boolean {
  return levelTone(level) === "grave";
}
