/** The language of this browser. The page starts anew with another; what was typed and not sent is asked about before. */
import { chooseLanguage, language, t } from "@paicha/shared/language";
import { ElMessage, ElMessageBox } from "element-plus";
import { loadEnglish } from "./english/load";

type Input = HTMLInputElement | HTMLTextAreaElement;

/** Inputs that somebody typed into on the page that is open. */
const typed = new Set<Input>();

/** Remembers where somebody types. */
export function followTyping(): void {
  document.addEventListener("input", ({ target }) => {
    if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) typed.add(target);
    for (const input of typed) if (!input.isConnected) typed.delete(input);
  });
}

function isSomethingTyped(): boolean {
  return [...typed].some((input) => input.isConnected && input.value !== "");
}

/** Changes to the other language. */
export async function changeLanguage(): Promise<void> {
  if (isSomethingTyped()) {
    const sure = await ElMessageBox.confirm(t("换语言会重新打开这一页，填了还没有提交的内容会丢失。"), t("语言"), {
      confirmButtonText: t("换语言"),
      cancelButtonText: t("留在这里"),
      type: "warning",
    }).then(
      () => true,
      () => false,
    );
    if (!sure) return;
  }
  await chooseLanguage(language() === "zh" ? "en" : "zh", loadEnglish).catch(() => ElMessage.error(t("没有网络，现在换不了语言")));
}
