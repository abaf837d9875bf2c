/** English of imports. */
import type { Catalogue } from "@paicha/shared/language";

export const imports: Catalogue = {
  要改的行: "Rows to mend",
  列: "Column",
  现在的内容: "Content now",
  问题和改法: "Fault and remedy",
  "第{row}{unit}": "{unit} {row}",
  整个文件: "Whole file",
  选择文件: "Choose a file",
  "下载模板（CSV）": "Download template (CSV)",
  "正在检查文件，还没有导入…": "Checking the file; nothing is imported yet…",
  个要素: "Feature",
  行: "Row",
  重新检查: "Check again",
  已导入: "Imported",
  "预览：还没有导入，确认后将": "Preview: nothing is imported yet. The import would bring",
  "跳过的行（合计、空行、说明、示例）：第 {rows} 行": "Rows passed over (totals, blank rows, notes, examples): {rows}",
  "没有用到的列：{columns}": "Columns not used: {columns}",
  "没有读的工作表：{sheets}": "Sheets not read: {sheets}",
  确认导入: "Import",
  再导入一个文件: "Import another file",
  不导入: "Do not import",
  "密码只显示这一次。请下载后分别交给本人，再删除文件。":
    "The passwords are shown only once. Download them, hand them to each person, then delete the file.",
  "下载账号和密码（CSV）": "Download accounts and passwords (CSV)",
  新账号: "New accounts",
  "第{row}行": "Row {row}",
  "再显示 {n} 个，共 {n2} 个": "Show {n} more of {n2}",
  "{wordsOfError}再次导入同一文件会接着做，不会重复。": "{wordsOfError} Importing the same file again goes on where it stopped, nothing is doubled.",
  手机救援文件: "Rescue file of a phone",
  "手机传不上去时，排查员在手机“上传”页“存成文件”，把文件发来，在这里导入。内容记在排查员名下，并记下由谁导入；手机以后联网再传，不会重复。":
    "When a phone cannot upload, the inspector saves a file on its “Uploads” screen and sends it, and it is imported here. " +
    "Everything stays under the inspector's name, with who imported it; when the phone uploads later, nothing is doubled.",
  选择救援文件: "Choose a rescue file",
  "正在查看文件，还没有导入…": "Looking at the file; nothing is imported yet…",
  "没有生效的内容（都已保存，可在“今天要办”处理）：": "What took no effect (all of it is kept; deal with it in “To do today”):",
  "序号 {seq} {what}：{why}": "No. {seq} {what}: {why}",
  "还有 {moreFaults} 项没有列出": "{moreFaults} more not listed",
  上传进度: "Upload",
  "正在上传文件…": "Uploading the file…",
  "文件已收到，正在写入内容和照片…": "The file was received; its content and photos are being written…",
  "村（社区）边界": "Village boundaries",
  "GeoJSON 文件，每个村（社区）一个面，带区划代码和名称。导入后新登记的隐患按新边界归村。":
    "A GeoJSON file with one area for each village, its division code and its name. " +
    "Hazards registered after the import belong to villages by the new boundaries.",
  企业和场所台账: "List of companies and places",
  "Excel（.xlsx）或 CSV，列的顺序不限，合计行自动跳过。已登记过的企业按名称、信用代码对上后更新，不会重复登记。":
    "Excel (.xlsx) or CSV, columns in any order, totals are passed over. " +
    "Companies that are registered already are matched by name and credit code and updated, not registered twice.",
  人员名册: "List of people",
  "Excel（.xlsx）或 CSV。没有填登录名的，用手机号登录。系统管理员不能用表格添加。":
    "Excel (.xlsx) or CSV. Without a user name, the phone number is used to sign in. System administrators cannot be added by a table.",
  "新增村（社区）": "New villages",
  名称或边界有变化: "Name or boundary changed",
  没有变化: "Unchanged",
  "文件里没有、保持原样": "Not in the file, left as they are",
  读到的行: "Rows read",
  "已有账号、增加权限": "Existing accounts with more rights",
  "已有账号、没有变化": "Existing accounts, unchanged",
  新登记: "Newly registered",
  更新: "Updated",
  其中需要人工确认: "To be confirmed by a person",
  "{title} {n} 个：{what}": "{title}, {n}: {what}",
  "照片 {n} 张（{size}）": "{n} {n|photo|photos} ({size})",
  "离开后，新账号的密码不再显示。已经下载或抄下了吗？":
    "The passwords of the new accounts are not shown again after you leave. Have you downloaded or noted them?",
  密码只显示一次: "Passwords are shown only once",
  "已保存，离开": "Saved, leave",
  "先检查、后导入：选好文件后先看预览，有错的行列出来，改好前什么都不会导入。":
    "Checked first, imported afterwards: after choosing a file you see a preview and the rows with faults; " +
    "nothing is imported until they are mended.",
  "您的角色不能导入。村（社区）边界、企业台账和手机救援文件由街道专班导入，人员名册由系统管理员导入。":
    "Your role cannot import. The subdistrict taskforce imports village boundaries, companies and rescue files of phones; " +
    "system administrators import people.",
};
