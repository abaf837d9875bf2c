/** English of what the phone itself says: camera, position, voice, storage, browser. */
import type { Catalogue } from "@paicha/shared/language";

export const phone: Catalogue = {
  此浏览器不能在程序内拍照: "This browser cannot take photos in the app",
  "照片没有拍成，请再拍一次": "The photo failed; please take it again",
  "手机上还没有村（社区）资料，暂时不能保存；照片和填写的内容都留着。请在有网时打开一次本程序":
    "The phone has no villages yet, so nothing can be saved; photos and what you entered are kept. Please open the app once with a network",
  手机没有给出位置: "The phone gave no position",
  "（没有填地点）": "(no place given)",
  在另一部手机上: "on another phone",
  "没有允许使用相机。可以在浏览器设置里允许，或用下面的按钮拍照":
    "The camera is not allowed. Allow it in the browser's settings, or use the button below",
  "打不开相机，请用下面的按钮拍照": "The camera does not open; please use the button below",
  "手机存储满了，这张照片没有保存。请先连网上传，或删除手机上不用的文件":
    "The phone is full, this photo was not saved. Upload with a network first, or delete files you do not need",
  "照片没有保存，请再拍一次": "The photo was not saved; please take it again",
  "约{metres}米": "about {metres} m",
  "约{metres}公里": "about {metres} km",
  "微信内的页面会被清理，未上传的内容可能丢失。请点右上角“···”，选择“在浏览器打开”":
    "Pages inside WeChat are cleared, and what was not uploaded may be lost. Tap “···” at the top right and open it in the browser",
  "苹果手机会清除7天没打开的网页数据。请点“分享”→“添加到主屏幕”，以后从主屏幕打开":
    "iPhones clear the data of pages not opened for 7 days. Tap “Share”, “Add to Home Screen”, and open it from there",
  "此网址不是 https，不能用程序内拍照、定位和离线打开。请联系街道专班换用 https 网址":
    "This address is not https: no photos in the app, no position, no offline start. " + "Please ask the subdistrict taskforce for an https address",
  此手机没有定位功能: "This phone cannot find its position",
  "没有允许定位（请在浏览器设置里允许此网站定位）": "Position is not allowed (allow it for this site in the browser's settings)",
  暂时收不到定位信号: "No position signal at the moment",
  "手机存储满了，没有保存；填写的内容还在。请先连网上传，或清理已上传的照片":
    "The phone is full, nothing was saved; what you entered is still there. Upload with a network first, or clear uploaded photos",
  "手机存储满了，再拍可能存不下": "The phone is full; more photos may not fit",
  "手机存储快满了（还能存约{size}）": "The phone is almost full (room for about {size})",
  "可以清理手机上已上传的照片（约{size}）": "You can clear uploaded photos (about {size})",
  "请尽快连网上传照片，或删除手机上不用的文件": "Please upload photos soon, or delete files you do not need",
  "{begin}。{help}": "{begin}. {help}",
  "同步没有完成；内容都在手机上": "The sync did not finish; everything is on the phone",
  请先选地点: "Please choose a place first",
  请选没能检查的原因: "Please say why it was not possible",
  "隐患“{description}”还没有选等级": "No level chosen for hazard “{description}”",
  "抽查检查至少{least}人，请写同行人员；只有一人时请改为日常排查":
    "A spot check takes at least {least} people; name who was with you, or choose a routine inspection",
  "语音输入要连网，现在连不上。请打字，内容照常保存": "Voice input needs a network, and there is none now. Please type; saving works as ever",
  "没有允许使用话筒。可以在浏览器设置里允许，或打字": "The microphone is not allowed. Allow it in the browser's settings, or type",
  "没有听到声音，请再说一次": "Nothing was heard; please say it again",
  "找不到话筒，请打字": "No microphone found; please type",
  "语音输入没有成功，请打字": "Voice input failed; please type",
};
