/** English of the server's problems (docs/problems.md). */
import type { Catalogue } from "../language";

export const problems: Catalogue = {
  "填写的内容有误，什么也没有改动。请按提示改正后重试。": "What was entered has a fault; nothing was changed. Mend it as told and try again.",
  "已存在同名内容，没有重复建立。": "Something of that name exists; it was not made twice.",
  "同步位置无效，请从头同步；手机上未上传的内容不受影响。": "The sync position is invalid, it starts anew; what is not uploaded is not affected.",
  "查询条件不对，请检查后重试。": "The filter is wrong; check it and try again.",
  "这一段照片在路上损坏了，没有保存，请重传这一段。": "This part of a photo was damaged on its way and not stored; send it again.",
  "此手机已被停用。未上传的内容都还在手机里，请勿删除：在“上传”页存成救援文件，发给街道专班导入。":
    "This phone was disabled. What it has not uploaded is still on it, do not delete it: save it as a rescue file on the Upload page and send it to the subdistrict taskforce.",
  "您的角色不能查看或办理这一项，没有改动任何内容。": "Your role cannot see or do this; nothing was changed.",
  "还有问题没有解决或说明，没有提交。请按提示处理后重试。":
    "There are problems to resolve or explain; it was not submitted. Deal with them and try again.",
  "表格当前的状态不能这样办理，没有改动。": "The form is not in a state for this; nothing was changed.",
  "导入文件有错误，一行也没有导入。请按提示改正后重新导入。": "The file has faults; not one row was imported. Mend them as told and import again.",
  "手机数据库被恢复过，将自动重新编号后继续上传，不会丢失或重复。":
    "The phone's database was restored; it is numbered anew and goes on uploading, nothing is lost or doubled.",
  "服务器出错，已记录。您的内容仍在手机上，请稍后重试。":
    "The server failed, and it was recorded. Your content is still on the phone; try again later.",
  "请求格式不对，没有保存任何内容。请更新程序后重试。": "The request is malformed; nothing was stored. Update the app and try again.",
  "此地址不支持这种操作。": "This address does not support that.",
  "没有找到，或不在您的管辖范围内。": "Not found, or outside your area.",
  "为安全起见此登录已失效，请重新登录。手机上未上传的内容都还在。":
    "This session was ended for safety; please sign in again. What the phone has not uploaded is still there.",
  "内容太大，没有保存。请分小批重试。": "Too large; nothing was stored. Try again in smaller parts.",
  "操作太频繁，请稍后再试。": "Too many requests; please wait a while.",
  "上传协议版本不支持。": "The upload protocol version is not supported.",
  "登录已过期，请重新登录。手机上未上传的内容都还在。":
    "Your session has ended; please sign in again. What the phone has not uploaded is still there.",
  "服务器忙，请稍后自动重试。": "The server is busy; it is tried again by itself.",
  "内容类型或压缩方式不支持。": "The type of content or compression is not supported.",
  "程序版本太旧，不能再下载新数据，请更新；上传仍然可以。": "The app is too old to download new data, please update it; uploading still works.",
  "此次上传已过期，请重新开始；照片仍在手机上。": "This upload has expired, begin anew; the photo is still on the phone.",
  "上传位置不一致，请先查询已收到多少再续传。": "The upload position differs; ask how much was received and go on from there.",
  "另一次上传已接着传这张照片，此次停止。": "Another upload took over this photo; this one stopped.",
  "用户名或密码不对。": "Wrong user name or password.",
};
