/** What can be imported: who may, which files, and an empty table to fill in. */
import { addressOf } from "../api/client";
import { send } from "../api/session";
import type { AreasImported, PeopleImported, PlacesImported } from "../api/types";
import type { Right } from "../rights";

/** What an import came to, or would. */
export type Imported = AreasImported | PeopleImported | PlacesImported;

/** One kind of file. */
export interface ImportKind {
  code: "areas" | "enterprises" | "people";
  title: string;
  needs: Right;
  /** What the file picker offers. */
  accept: string;
  mediaType: string;
  about: string;
  /** Headings of the template and its example row, which imports pass over; other orders and names of columns are read too. */
  template?: { headings: string[]; example: string[] };
}

export const KINDS: ImportKind[] = [
  {
    code: "areas",
    title: "村（社区）边界",
    needs: "importAreas",
    accept: ".geojson,.json,application/geo+json",
    mediaType: "application/geo+json",
    about: "GeoJSON 文件，每个村（社区）一个面，带区划代码和名称。导入后新登记的隐患按新边界归村。",
  },
  {
    code: "enterprises",
    title: "企业和场所台账",
    needs: "importEnterprises",
    accept: ".csv,.xlsx",
    mediaType: "application/octet-stream",
    about: "Excel（.xlsx）或 CSV，列的顺序不限，合计行自动跳过。已登记过的企业按名称、信用代码对上后更新，不会重复登记。",
    template: {
      headings: [
        "企业名称",
        "所属村（社区）",
        "统一社会信用代码",
        "类型",
        "行业",
        "从业人数",
        "负责人",
        "电话",
        "地址",
        "经度",
        "纬度",
        "坐标系",
        "安全管理人员",
      ],
      example: [
        "示例（导入时自动跳过）",
        "演示村",
        "",
        "企业",
        "工贸",
        "12",
        "张某",
        "13800000000",
        "演示路1号",
        "108.6600",
        "31.9500",
        "WGS84",
        "李某",
      ],
    },
  },
  {
    code: "people",
    title: "人员名册",
    needs: "importPeople",
    accept: ".csv,.xlsx",
    mediaType: "application/octet-stream",
    about: "Excel（.xlsx）或 CSV。没有填登录名的，用手机号登录。系统管理员不能用表格添加。",
    template: {
      headings: ["姓名", "电话", "角色", "所属村（社区）", "登录名"],
      example: ["示例（导入时自动跳过）", "13800000000", "排查员", "演示村", ""],
    },
  },
];

/** Sends a file; with `dryRun` nothing is stored. */
export async function sendFile(kind: ImportKind, file: File, dryRun: boolean): Promise<Imported> {
  const address = addressOf(`/v1/imports/${kind.code}`, {}, { name: file.name, dry_run: dryRun });
  const answer = await send(address, { method: "POST", body: file, headers: { "content-type": kind.mediaType } });
  return (await answer.json()) as Imported;
}

/** What it came to, one line each; lines about nothing are left out. */
export function linesOf(imported: Imported): string[] {
  const lines: [string, number | string[]][] =
    "added" in imported
      ? [
          ["新增村（社区）", imported.added],
          ["名称或边界有变化", imported.changed],
          ["没有变化", imported.unchanged],
          ["文件里没有、保持原样", imported.not_in_file],
        ]
      : "extended" in imported
        ? [
            ["读到的行", imported.rows],
            ["新建账号", imported.created.length],
            ["已有账号、增加权限", imported.extended],
            ["已有账号、没有变化", imported.unchanged],
          ]
        : [
            ["读到的行", imported.rows],
            ["新登记", imported.created],
            ["更新", imported.changed],
            ["没有变化", imported.unchanged],
            ["其中需要人工确认", imported.review],
          ];
  return lines
    .filter(([, what]) => (Array.isArray(what) ? what.length > 0 : what > 0))
    .map(([title, what]) => (Array.isArray(what) ? `${title} ${what.length} 个：${what.join("、")}` : `${title} ${what}`));
}
