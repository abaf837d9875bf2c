/**
 * A record that stays up to date while its page is seen. Every two seconds the server is asked whether it still is what the page has; the record
 * itself comes only when it is not.
 */
import { onBeforeUnmount, onMounted, shallowRef, watch } from "vue";
import { getVersioned } from "../api/client";
import type { RecordView } from "../api/types";
import { useAsked, type Asked } from "../asked";
import { spoken } from "./spoken";

const EVERY_MS = 2_000;

/** The record of that kind and id. */
export function useLiveRecord(kind: "hazards" | "inspections", id: () => string): Asked<RecordView> {
  // With the id it belongs to: another record has versions of its own.
  const version = shallowRef({ id: "", tag: "" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const asked: Asked<RecordView> = useAsked(async () => {
    const wanted = id();
    const known = asked.value.value;
    const tag = version.value.id === wanted && known ? version.value.tag : "";
    const answer = await getVersioned(`/v1/${kind}/{id}`, { id: wanted }, tag);
    if (!answer.value) return known!;
    version.value = { id: wanted, tag: answer.version };
    return spoken(answer.value);
  });

  async function look(): Promise<void> {
    if (document.visibilityState === "visible" && asked.value.value && !asked.loading.value) await asked.ask(true);
    if (!stopped) timer = setTimeout(() => void look(), EVERY_MS);
  }

  watch(id, () => void asked.ask(), { immediate: true });
  onMounted(() => (timer = setTimeout(() => void look(), EVERY_MS)));
  onBeforeUnmount(() => {
    stopped = true;
    clearTimeout(timer);
  });
  return asked;
}
