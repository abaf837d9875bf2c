/** Doing something about a record: what is under way, and what was wrong, beside the thing that was tried. */
import { newRandomId } from "@paicha/shared/ids";
import { reactive, ref, type Ref } from "vue";
import { act } from "../api/client";
import { wordsOfError } from "../api/problem";
import type { Act } from "../api/types";

/** The record that is acted on, at the revision that the person sees. */
export interface Target {
  kind: "hazards" | "inspections";
  id: string;
  rev: number;
}

/** Acts by the key of what on the page they belong to. */
export interface Acts {
  /** The key of what is under way; empty when nothing is. */
  busy: Ref<string>;
  /** Why the last try failed, in words, by key. */
  errors: Record<string, string>;
  perform: (key: string, what: Act) => Promise<void>;
}

/** Acts on `target`; `done` is told what it came to, in words. */
export function useActs(target: () => Target, done: (words: string) => void): Acts {
  const busy = ref("");
  const errors = reactive<Record<string, string>>({});
  // Kept until the server has done it: pressed again after a lost answer, it is the same act. Another act under it is another act.
  let request = newRandomId();

  async function perform(key: string, what: Act): Promise<void> {
    busy.value = key;
    errors[key] = "";
    try {
      const { kind, id, rev } = target();
      const { text_zh } = await act(kind, id, rev, what, request);
      request = newRandomId();
      done(text_zh);
    } catch (thrown) {
      errors[key] = wordsOfError(thrown);
    } finally {
      busy.value = "";
    }
  }
  return { busy, errors, perform };
}
