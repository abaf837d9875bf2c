/** Filters that stand in the address. */
import { computed, type WritableComputedRef } from "vue";
import { useRoute, useRouter } from "vue-router";

/** A filter of the address by name; setting it goes back to the first page of the list. */
export function useFilter(name: string): WritableComputedRef<string> {
  const route = useRoute();
  const router = useRouter();
  return computed({
    get: () => String(route.query[name] ?? ""),
    set: (value: string | null | undefined) => {
      const { after: _, [name]: __, ...rest } = route.query;
      void router.replace({ query: value ? { ...rest, [name]: value } : rest });
    },
  });
}
