/** The parts of Vant that this app uses, each with its own style sheet, so that nothing else is shipped. */
import { nextTick } from "vue";
import { showConfirmDialog as showVantConfirmDialog, type DialogOptions } from "vant/es/dialog";
import { Popup } from "vant/es/popup";
import { Switch } from "vant/es/switch";
import { showToast as showVantToast, type ToastOptions } from "vant/es/toast";
import "vant/es/dialog/style";
import "vant/es/popup/style";
import "vant/es/switch/style";
import "vant/es/toast/style";

export { VanButton, VanField } from "./vantForm";
export { Popup as VanPopup, Switch as VanSwitch };

/** Shows a note for a moment. Vant makes a dialog without a name of it, which a screen reader cannot announce: it is a status. */
export function showToast(options: string | ToastOptions): void {
  showVantToast(options);
  void nextTick(() => document.querySelectorAll(".van-toast").forEach((toast) => toast.setAttribute("role", "status")));
}

/** Asks before something that cannot be taken back; the promise fails when the person would rather not. Vant gives the dialog no name. */
export function showConfirmDialog(options: DialogOptions): Promise<unknown> {
  const answer = showVantConfirmDialog(options);
  void nextTick(() => document.querySelectorAll(".van-dialog").forEach((dialog) => dialog.setAttribute("aria-label", options.title ?? "")));
  return answer;
}
