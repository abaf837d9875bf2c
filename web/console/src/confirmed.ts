import { t } from "@paicha/shared/language";
import { ElMessageBox } from "element-plus";

/** Asks whether somebody is sure. `grave`: it takes something away. */
export function confirmed(text: string, title: string, button: string, grave = false): Promise<boolean> {
  const options = { confirmButtonText: button, cancelButtonText: t("取消"), ...(grave ? { type: "warning" as const } : {}) };
  return ElMessageBox.confirm(text, title, options).then(
    () => true,
    () => false,
  );
}
