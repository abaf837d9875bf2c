/**
 * A record in the language of the interface. The server says titles and values in Chinese; what the schema says too (codes, days, money, yes and
 * no) is said anew here, everything else stays as people wrote it.
 */
import { language, t } from "@paicha/shared/language";
import { findField, findKind } from "@paicha/shared/schema";
import { titleOf, valueText } from "@paicha/shared/wording";
import type { FieldView, PendingView, RecordView } from "../api/types";

/** The record as it came where Chinese is spoken. */
export function spoken(view: RecordView): RecordView {
  if (language() === "zh") return view;
  const { kind } = view;
  return {
    ...view,
    kind_text: t(view.kind_text),
    fields: view.fields.map((field) => spokenField(kind, field)),
    incomplete: view.incomplete.map((field) => ({ ...field, title: titleIn(kind, field.name, field.title) })),
    pending: view.pending.map((pending) => spokenPending(kind, pending)),
    flags: view.flags.map((flag) => ({ ...flag, level_text: t(flag.level_text), words: t(flag.words) })),
    photos: {
      ...view.photos,
      items: view.photos.items.map((photo) => ({ ...photo, role_text: t(photo.role_text), stage_text: t(photo.stage_text) })),
    },
    timeline: {
      ...view.timeline,
      entries: view.timeline.entries.map((entry) => ({
        ...entry,
        text: t(entry.text),
        status_text: t(entry.status_text),
        grade_text: entry.grade_text && t(entry.grade_text),
      })),
    },
  };
}

function spokenField(kind: string, field: FieldView): FieldView {
  return {
    ...field,
    title: titleIn(kind, field.name, field.title),
    text: textIn(kind, field.name, field.shown, field.text),
    values: field.values.map((one) => ({ ...one, text: textIn(kind, field.name, one.value, one.text) })),
  };
}

function spokenPending(kind: string, pending: PendingView): PendingView {
  return {
    ...pending,
    title: titleIn(kind, pending.field, pending.title),
    text: textIn(kind, pending.field, pending.value, pending.text),
    why_text: t(pending.why_text),
  };
}

/** What the schema calls a field; a field of a pattern (an item of a checklist) keeps what the server calls it. */
function titleIn(kind: string, name: string, title: string): string {
  const known = name in (findKind(kind)?.fields ?? {}) || name.startsWith("resp.");
  return known ? titleOf(kind, name) : t(title);
}

function textIn(kind: string, name: string, value: unknown, text: string): string {
  const spec = findField(kind, name);
  const isSaid = spec && (spec.words || ["flag", "instant", "day"].includes(spec.holds) || name.endsWith("_fen"));
  return isSaid && value !== null && value !== undefined ? valueText(kind, name, value as Parameters<typeof valueText>[2]) : text;
}
