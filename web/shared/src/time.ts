/**
 * Instants as the protocol prints them, and the business calendar (Asia/Shanghai, +08:00 without daylight saving). What a newcomer gets
 * wrong: a phone in another time zone still shows and counts days of +08:00.
 */
import { language, t } from "./language";

/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;
const BUSINESS_OFFSET_MS = 8 * 3_600_000;
const ENGLISH_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** RFC 3339 in UTC, without trailing zeros: the one spelling of an instant. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0*Z$/, "Z");
}

/** Microseconds since 1970 of an RFC 3339 text with an offset, or `null`; digits after the microsecond are cut off. */
export function parseMicros(text: string): number | null {
  const parts = /^(\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|z|[+-]\d{2}:\d{2})$/.exec(text);
  if (!parts) return null;
  const seconds = Date.parse(`${parts[1]!.toUpperCase()}${parts[3]!.toUpperCase()}`);
  if (Number.isNaN(seconds)) return null;
  return seconds * 1000 + Number((parts[2] ?? "").padEnd(6, "0").slice(0, 6));
}

/** Milliseconds since 1970, or `null` for what is no instant. */
export function parseMs(text: string): number | null {
  const us = parseMicros(text);
  return us === null ? null : Math.floor(us / 1000);
}

function business(ms: number): Date {
  return new Date(ms + BUSINESS_OFFSET_MS);
}

/** `2026年11月20日`, `20 Nov 2026`. */
export function formatDay(ms: number): string {
  const day = business(ms);
  return t("{year}年{month}月{day}日", dayParts(day));
}

/** `11月20日 11:02`, `20 Nov 11:02`, for lists. */
export function formatMoment(ms: number): string {
  const at = business(ms);
  return t("{month}月{day}日 {time}", { ...dayParts(at), time: at.toISOString().slice(11, 16) });
}

/** `2026年11月20日 11:02`, `20 Nov 2026 11:02`. */
export function formatDayAndTime(ms: number): string {
  return `${formatDay(ms)} ${business(ms).toISOString().slice(11, 16)}`;
}

/** `11月20日`, `20 Nov`. */
export function formatMonthDay(ms: number): string {
  return t("{month}月{day}日", dayParts(business(ms)));
}

/** `2026年11月`, `Nov 2026`; months count from 1. */
export function formatMonth(year: number, month: number): string {
  return t("{year}年{month}月", { year, month: monthWord(month) });
}

function dayParts(day: Date): { year: number; month: string; day: number } {
  return { year: day.getUTCFullYear(), month: monthWord(day.getUTCMonth() + 1), day: day.getUTCDate() };
}

/** A month counted from 1 as dates of the language have it. */
function monthWord(month: number): string {
  return language() === "en" ? ENGLISH_MONTHS[month - 1]! : String(month);
}

/** The business day as the protocol writes days: `2026-11-20`. */
export function isoDay(ms: number): string {
  return business(ms).toISOString().slice(0, 10);
}
