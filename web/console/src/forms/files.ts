/** Downloads with a busy sign and words for what failed. */
import { ElMessage } from "element-plus";
import { ref, type Ref } from "vue";
import { download } from "../api/client";
import { wordsOfError } from "../api/problem";

/** One download at a time. */
export function useFiles(): { busy: Ref<boolean>; fetchFile: (address: string, fallbackName: string) => Promise<void> } {
  const busy = ref(false);
  async function fetchFile(address: string, fallbackName: string): Promise<void> {
    busy.value = true;
    try {
      await download(address, fallbackName);
    } catch (error) {
      ElMessage.error(wordsOfError(error));
    } finally {
      busy.value = false;
    }
  }
  return { busy, fetchFile };
}
