/** What can be imported: who may, which files, and an empty table to fill in. */
import { t, zh } from "@paicha/shared/language";
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
  /** The template as the server reads it: its name, its headings and an example row, which imports pass over; other orders and names of columns are read too. */
  template?: { fileName: string; headings: string[]; example: string[] };
}

export const KINDS: ImportKind[] = [
  {
    code: "areas",
    title: t("村（社区）边界"),
    needs: "importAreas",
    accept: ".geojson,.json,application/geo+json",
    mediaType: "application/geo+json",
    about: t("GeoJSON 文件，每个村（社区）一个面，带区划代码和名称。导入后新登记的隐患按新边界归村。"),
  },
  {
    code: "enterprises",
    title: t("企业和场所台账"),
    needs: "importEnterprises",
    accept: ".csv,.xlsx",
    mediaType: "application/octet-stream",
    about: t("Excel（.xlsx）或 CSV，列的顺序不限，合计行自动跳过。已登记过的企业按名称、信用代码对上后更新，不会重复登记。"),
    template: {
      fileName: zh("企业和场所台账模板"),
      headings: [
        zh("企业名称"),
        zh("所属村（社区）"),
        zh("统一社会信用代码"),
        zh("类型"),
        zh("行业"),
        zh("从业人数"),
        zh("负责人"),
        zh("电话"),
        zh("地址"),
        zh("经度"),
        zh("纬度"),
        zh("坐标系"),
        zh("安全管理人员"),
      ],
      example: [
        zh("示例（导入时自动跳过）"),
        zh("演示村"),
        "",
        zh("企业"),
        zh("工贸"),
        "12",
        zh("张某"),
        "13800000000",
        zh("演示路1号"),
        "108.6600",
        "31.9500",
        "WGS84",
        zh("李某"),
      ],
    },
  },
  {
    code: "people",
    title: t("人员名册"),
    needs: "importPeople",
    accept: ".csv,.xlsx",
    mediaType: "application/octet-stream",
    about: t("Excel（.xlsx）或 CSV。没有填登录名的，用手机号登录。系统管理员不能用表格添加。"),
    template: {
      fileName: zh("人员名册模板"),
      headings: [zh("姓名"), zh("电话"), zh("角色"), zh("所属村（社区）"), zh("登录名")],
      example: [zh("示例（导入时自动跳过）"), "13800000000", zh("排查员"), zh("演示村"), ""],
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
          [t("新增村（社区）"), imported.added],
          [t("名称或边界有变化"), imported.changed],
          [t("没有变化"), imported.unchanged],
          [t("文件里没有、保持原样"), imported.not_in_file],
        ]
      : "extended" in imported
        ? [
            [t("读到的行"), imported.rows],
            [t("新建账号"), imported.created.length],
            [t("已有账号、增加权限"), imported.extended],
            [t("已有账号、没有变化"), imported.unchanged],
          ]
        : [
            [t("读到的行"), imported.rows],
            [t("新登记"), imported.created],
            [t("更新"), imported.changed],
            [t("没有变化"), imported.unchanged],
            [t("其中需要人工确认"), imported.review],
          ];
  return lines
    .filter(([, what]) => (Array.isArray(what) ? what.length > 0 : what > 0))
    .map(([title, what]) =>
      Array.isArray(what) ? t("{title} {n} 个：{what}", { title, n: what.length, what: what.join(t("、")) }) : `${title} ${what}`,
    );
}
