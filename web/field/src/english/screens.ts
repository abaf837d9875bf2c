/** English of the phone's other screens: start, signing in, uploads, news, settings. */
import type { Catalogue } from "@paicha/shared/language";

export const screens: Catalogue = {
  "还没有下载村（社区）资料": "Villages are not downloaded yet",
  设置: "Settings",
  拍隐患: "Photograph a hazard",
  "有一条没填完的隐患，点这里继续": "There is an unfinished hazard; tap to go on",
  "不拍照，直接填写": "Enter without a photo",
  "有一次没做完的排查（{name}），点这里继续": "There is an unfinished inspection ({name}); tap to go on",
  还没选地点: "no place chosen",
  检查表和抽查: "Checklists and spot checks",
  我的排查: "My inspections",
  最近保存: "Saved last",
  "还没有保存过内容。": "Nothing saved yet.",
  "拍一张照片就可以开始。": "Take a photo to begin.",
  "上次同步：{moment}": "Last sync: {moment}",
  还没有同步过: "Not synced yet",
  "有人把{change}": "Somebody changed {change}",
  "没有消息。": "No news.",
  "别人改了您村（社区）的隐患，或街道答复了您的申请，会在这里告诉您。":
    "When others change hazards of your villages or the subdistrict answers your requests, you are told here.",
  "· 未读": " · unread",
  "清理已上传的照片？": "Clear uploaded photos?",
  "只清理街道已完整收到的原图，约{size}。没传完的不动；有网时仍能看小图。":
    "Only originals that the subdistrict has in full are cleared, about {size}. Unsent ones stay; small pictures can be seen with a network.",
  清理: "Clear",
  不清理: "Do not clear",
  "已清理 {what} 张照片": "{what} {what|photo|photos} cleared",
  "还有 {saves} 条内容、{photos} 张照片没上传，会留在手机上，下次登录后继续上传。":
    "{saves} {saves|entry|entries} and {photos} {photos|photo|photos} are not uploaded; " +
    "they stay on the phone and go on after the next sign-in.",
  "全部已上传。": "Everything is uploaded.",
  "退出登录？": "Sign out?",
  "{kept}再次登录需要网络。": "{kept} Signing in again needs a network.",
  不退出: "Stay",
  大字: "Large text",
  用手机流量时不传照片: "No photos over mobile data",
  "照片等连上WLAN再传，填写的内容总是上传": "Photos wait for WLAN; what you entered always goes",
  手机上的资料: "Data on the phone",
  "还没有下载，有网时自动下载。": "Nothing downloaded yet; it comes when there is a network.",
  "（已不归您管，没传完的内容照常上传）": " (no longer yours; unsent work still goes)",
  "{places} 个场所，{n} 部判定标准": "{places} {places|place|places}, {n} {n|standard|standards} of criteria",
  手机存储: "Storage of the phone",
  "已用 {size}，可用 {size2}": "{size} used, {size2} available",
  浏览器已答应不清理本程序的数据: "The browser has promised to keep the data of this app",
  "浏览器没有答应保留数据，请添加到主屏幕并常打开，尽快上传":
    "The browser has not promised to keep data: add the app to the home screen, open it often and upload soon",
  "清理已上传的照片（约{size}）": "Clear uploaded photos (about {size})",
  退出登录: "Sign out",
  "版本 {version}": "Version {version}",
  "第一次使用请在有网络时登录。之后没有信号也能排查，有网自动上传。":
    "Sign in with a network the first time. After that you can inspect without signal; everything is uploaded later.",
  "此手机上还有 {saves} 条内容、{photos} 张照片没有上传，都还在。任何人登录后都会继续上传，仍记在原来的排查人名下。":
    "{saves} {saves|entry|entries} and {photos} {photos|photo|photos} on this phone are not uploaded; all are still there. " +
    "They go on once anybody signs in, still under the name of who inspected.",
  街道发给您的用户名: "User name from the subdistrict",
  正在登录: "Signing in",
  "先不登录，继续排查（{name}）": "Go on without signing in ({name})",
  "本程序只在您拍照、保存时取一次位置，不记录行踪；照片、位置和填写内容只发给街道的服务器，用于隐患排查整治。":
    "The app asks for the position only when you take a photo or save, never for a track; photos, " +
    "positions and entries go only to the subdistrict's server, for inspection and rectification of hazards.",
  "正在上传填写的内容……": "Uploading what you entered…",
  "正在下载别人的更新……": "Downloading changes of others…",
  "正在传照片……": "Uploading photos…",
  "正在连接……": "Connecting…",
  "（照片多，分成 {n} 个文件，请全部发送）": " (many photos: {n} files, please send all)",
  "已生成文件：{saves} 条内容、{photos} 张照片{many}。手机上的内容没有变":
    "File made: {saves} {saves|entry|entries}, {photos} {photos|photo|photos}{many}. What is on the phone has not changed",
  "照片等连上WLAN再传，填写的内容很小，总是上传；现在是手机流量":
    "Photos wait for WLAN; what you entered is small and always goes; this is mobile data now",
  "照片等连上WLAN再传，填写的内容很小，总是上传": "Photos wait for WLAN; what you entered is small and always goes",
  "照片等连上WLAN再传，填写的内容很小，总是上传。此浏览器不说明是不是流量，按WLAN处理":
    "Photos wait for WLAN; what you entered is small and always goes. This browser does not tell mobile data; it is taken for WLAN",
  全部已上传: "Everything is uploaded",
  "还有 {saves} 条内容、{photos} 张照片没传完": "{saves} {saves|entry|entries} and {photos} {photos|photo|photos} to upload",
  "还有 {photos} 张照片没传完": "{photos} {photos|photo|photos} to upload",
  正在同步: "Syncing",
  立即同步: "Sync now",
  继续传照片: "Resume photos",
  暂停传照片: "Pause photos",
  没传完的: "Not uploaded",
  "传不上去又要交手机？把没上传的内容存成一个文件，发给街道专班。":
    "No upload possible and the phone has to be returned? Save what is not uploaded to a file and send it to the subdistrict taskforce.",
  "存成文件（救援文件）": "Save to a file (rescue file)",
  保存的内容: "What was saved",
  "没有找到这条内容。": "This entry was not found.",
  "{moment} 保存": "Saved {moment}",
  看这条隐患现在的情况: "See the hazard as it is now",
  看这次排查: "See this inspection",
  街道的回执: "Receipt of the subdistrict",
  "第 {seq} 项：{what}": "No. {seq}: {what}",
  "已记入台账第 {vrev} 号": "entered in the ledger as no. {vrev}",
  服务器已收存: "kept by the server",
  "校验码 {digest}": "Checksum {digest}",
};
