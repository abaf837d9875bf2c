/** English of tasks and reminders. */
import type { Catalogue } from "@paicha/shared/language";

export const tasks: Catalogue = {
  "请选择村（社区）": "Please choose a village",
  "请选择场所，或改为其他地点、不限地点": "Please choose a place, or another place, or any place",
  请填写地点: "Please enter the place",
  请选择完成时限: "Please choose the due day",
  派发排查任务: "Assign an inspection",
  "派到哪个村（社区）": "Village of the task",
  登记的场所: "Registered place",
  不限地点: "Any place",
  输入名称开头的字查找: "Type the beginning of the name",
  "如：沟口集市、二组晒场": "E.g. market, drying ground",
  "工作要求（可不填）": "Instructions (optional)",
  "手机下次联网时收到。排查员从“待办”里做完这次排查并提交，任务就算完成，不用另外销。":
    "Phones receive it when they are next online. The task is done once the inspector submits the inspection opened from “To do”.",
  派发: "Assign",
  取消任务: "Cancel task",
  改派任务: "Reassign task",
  请填写取消的原因: "Please give the reason for cancelling",
  取消的原因: "Reason for cancelling",
  不改了: "Keep as it is",
  发提醒: "Send reminder",
  该隐患的责任排查员: "the inspector responsible for the hazard",
  "发到{whom}的手机“待办”里（没有专人时发给全村排查员）：{text}":
    "Sent to the “To do” of {whom} (or of all inspectors of the village if nobody is): {text}",
  "已提醒{assigneeName}（{when}）": "Reminded {assigneeName} ({when})",
  "提醒：{text}": "Remind: {text}",
  未完成: "Open",
  "没有符合条件的任务。派给排查员的任务和发出的提醒列在这里。": "No matching tasks. Tasks for inspectors and reminders are listed here.",
  任务列表: "List of tasks",
  任务: "Task",
  结果: "Result",
  所提醒的事已办: "What was reminded of is done",
  "改派：{text}": "Reassign: {text}",
  改派: "Reassign",
  "取消：{text}": "Cancel: {text}",
};
