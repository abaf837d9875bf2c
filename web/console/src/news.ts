/** Looks for something new every two seconds while the page is seen, so that a finding appears soon after a phone sent it. */
import { onBeforeUnmount, onMounted } from "vue";

const EVERY_MS = 2_000;

/** Asks `glance` again and again; calls `changed` when its answer is another than before. Links to photos change by themselves and do not count. */
export function useNews(glance: () => Promise<{ items: { id: string }[] }>, changed: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let known: string | undefined;
  let stopped = false;

  async function look(): Promise<void> {
    if (document.visibilityState === "visible") {
      const seen = await glance().then(
        (page) => JSON.stringify(page.items.map(withoutLinks)),
        () => known,
      );
      if (stopped) return;
      // The first look too: something may have come between the page's own question and it.
      if (seen !== known) changed();
      known = seen;
    }
    timer = setTimeout(() => void look(), EVERY_MS);
  }

  onMounted(() => void look());
  onBeforeUnmount(() => {
    stopped = true;
    clearTimeout(timer);
  });
}

function withoutLinks(item: object): object {
  return { ...item, thumbnail: null };
}
