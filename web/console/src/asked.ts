/** Something asked of the server for a page: loading, here, or failed. */
import { ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { wordsOfError } from "./api/problem";

/** An answer that a page waits for. */
export interface Asked<T> {
  value: ShallowRef<T | undefined>;
  loading: Ref<boolean>;
  /** Why it failed, in words; empty when it did not. */
  error: Ref<string>;
  /** Asks again; the answer to an older question never replaces that to a newer one. Quiet: an error leaves what is shown. */
  ask: (quiet?: boolean) => Promise<void>;
}

/** Asks by `question` whenever `ask` is called. */
export function useAsked<T>(question: () => Promise<T>): Asked<T> {
  const value = shallowRef<T>();
  const loading = ref(false);
  const error = ref("");
  let latest = 0;
  async function ask(quiet = false): Promise<void> {
    const mine = ++latest;
    if (!quiet) loading.value = true;
    try {
      const answer = await question();
      if (mine !== latest) return;
      value.value = answer;
      error.value = "";
    } catch (thrown) {
      if (mine === latest && !quiet) error.value = wordsOfError(thrown);
    } finally {
      if (mine === latest) loading.value = false;
    }
  }
  return { value, loading, error, ask };
}
