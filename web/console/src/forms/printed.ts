/** The words of 附件1 and 附件2 as the notice prints them. The files that are exported come from the server; this is what the page draws. */

/** The subdistrict's name where it is not known to the person. */
const BLANK_NAME = "__________";

/** 附件2, first part. */
export const OVERALL_LABEL = ["总体", "情况"];
export const OVERALL = [
  "企业自查发现的重大事故隐患（个）",
  "企业自查发现重大事故隐患中已完成整改的（个）",
  "排查发现的重大事故隐患（个）",
  "排查发现重大事故隐患中已完成整改的（个）",
  "政府挂牌督办的重大事故隐患（个）",
  "挂牌督办重大事故隐患中已完成整改的（个）",
];

/** 附件2, second part. */
export const CHECKS_LABEL = ["对企业", "自查", "自改", "进行", "抽查", "检查", "情况"];
export const CHECKS = [
  "抽查检查的企业总数（家）",
  "企业主要负责人未按要求亲自研究排查整治工作（家）",
  "企业主要负责人未带队检查（家）",
  "企业未制定全员安全生产责任制职责清单（家）",
  "企业未依法建立安全管理机构和配足安全管理人员（家）",
  "电焊等特种作业岗位人员无证上岗作业（家）",
  "外包外租安全管理混乱（家）",
  "未按规定开展应急演练、员工不熟悉逃生出口（家）",
];

export const APPENDIX2_NOTES = [
  "注：1．调度表自5月份开始上报，每月30日前上报截至上月末的累计情况。",
  [
    "2．调度表内容应围绕专项行动并对照方案具体要求如实填报，特别是对企业自查情况进行抽查检查时，要深挖细查，查出问题。",
    "如：电焊等人员无证上岗作业，既要通过现场检查发现问题，也要通过对企业动火等特种作业存单进行检查核实来发现问题；",
    "外包外租管理混乱，是指符合以下情形之一的：承包承租方不具备安全生产条件、未取得相应资质，双方未签订安全生产协议，安全生产管理职责不清，未纳入本企业统一管理。",
  ].join(""),
];

/** 附件1. */
export const APPENDIX1_HEADINGS = [
  "序号",
  "排查单位",
  "排查时间",
  "排查图片",
  "排查地点",
  "有无重大隐患及隐患描述",
  "重大隐患处置情况及建议",
  "备注",
];
export const APPENDIX1_NOTE = "注：本表5月份开始上报，每月30日前上报本月隐患排查情况。";
/** The original has four blank rows. */
export const APPENDIX1_ROWS_MIN = 4;

/** Title of 附件1. */
export function appendix1Title(office: string): string {
  return `${office || BLANK_NAME}重大事故隐患排查表`;
}

/** Title of 附件2. */
export function appendix2Title(office: string, year: number): string {
  return `${office || BLANK_NAME}重大事故隐患专项排查整治${year}行动进展情况月度调度表`;
}

/** The date line of 附件2, to be filled in by hand. */
export function dateLine(year: number): string {
  return `时间：${year}年   月   日`;
}

/** The header of 附件2: what is underlined, and what follows. A subdistrict prints its full name. */
export function headerName(area: string): { underlined: string; suffix: string } {
  const stem = /^(.+?)(?:社区|村)$/.exec(area)?.[1];
  return stem ? { underlined: stem, suffix: "村（社区）" } : { underlined: area, suffix: "" };
}

/** `一.3` for `1.3`. */
export function lineName(code: string): string {
  return `${code.startsWith("1") ? "一" : "二"}.${code.slice(2)}`;
}

/** What a number counts, in the words of the form. */
export function lineLabel(code: string): string {
  const at = Number(code.slice(2)) - 1;
  return (code.startsWith("1") ? OVERALL[at] : CHECKS[at]) ?? code;
}

/** Codes of all fourteen numbers, in order. */
export const LINES: string[] = [...OVERALL.map((_, at) => `1.${at + 1}`), ...CHECKS.map((_, at) => `2.${at + 1}`)];
