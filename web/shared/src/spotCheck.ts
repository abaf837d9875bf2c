/**
 * What a spot check (抽查检查) asks: the seven lines of 附件2 part 二 in the notice's own words, each with the atoms it is made of. A line counts
 * an enterprise as soon as one of its atoms is 不符合; 未查 counts nowhere and is told apart from it (domain 2.6).
 */
import { NOT_CHECKED, WRONG, type Answer } from "./inspection";
import { key, zh } from "./language";

/** People that a spot check takes at least (decision D13). */
export const SPOT_PEOPLE_MIN = 2;

/** One line of part 二. */
export interface SpotLine {
  line: string;
  title: string;
  /** The notice's note about the line, where it has one. */
  note?: string;
  /** Atoms with what is wrong when they are 不符合. */
  atoms: [string, string][];
}

/** The lines, in the order of the form, in the words that a record quotes; shown by `t`. */
export const SPOT_LINES: SpotLine[] = [
  { line: "2", title: key("企业主要负责人未按要求亲自研究排查整治工作"), atoms: [["k2", key("未按要求亲自研究排查整治工作")]] },
  { line: "3", title: key("企业主要负责人未带队检查"), atoms: [["k3", key("未带队检查")]] },
  { line: "4", title: key("企业未制定全员安全生产责任制职责清单"), atoms: [["k4", key("未制定职责清单")]] },
  {
    line: "5",
    title: key("企业未依法建立安全管理机构和配足安全管理人员"),
    atoms: [
      ["k5a", key("未依法建立安全管理机构")],
      ["k5b", key("未依法配足安全管理人员")],
    ],
  },
  {
    line: "6",
    title: key("电焊等特种作业岗位人员无证上岗作业"),
    note: key("既要通过现场检查发现问题，也要通过对企业动火等特种作业存单进行检查核实来发现问题"),
    atoms: [
      ["k6a", key("无证上岗作业（现场检查）")],
      ["k6b", key("无证上岗作业（动火等特种作业存单）")],
    ],
  },
  {
    line: "7",
    title: key("外包外租安全管理混乱"),
    note: key("符合以下情形之一的，就是外包外租管理混乱。企业没有外包外租的，选“不适用”"),
    atoms: [
      ["k7a", key("承包承租方不具备安全生产条件")],
      ["k7a2", key("承包承租方未取得相应资质")],
      ["k7b", key("双方未签订安全生产协议")],
      ["k7c", key("安全生产管理职责不清")],
      ["k7d", key("未纳入本企业统一管理")],
    ],
  },
  {
    line: "8",
    title: key("未按规定开展应急演练、员工不熟悉逃生出口"),
    atoms: [
      ["k8a", key("未按规定开展应急演练")],
      ["k8b", key("员工不熟悉逃生出口")],
    ],
  },
];

/** Every atom in order. */
export const SPOT_ATOMS: string[] = SPOT_LINES.flatMap(({ atoms }) => atoms.map(([atom]) => atom));

/** What is wrong when an atom is 不符合, as a hazard's description begins: `外包外租安全管理混乱：双方未签订安全生产协议`. */
export function atomText(atom: string): string {
  const line = SPOT_LINES.find(({ atoms }) => atoms.some(([known]) => known === atom));
  if (!line) return atom;
  return line.atoms.length === 1 ? line.title : [line.title, line.atoms.find(([known]) => known === atom)![1]].join(zh("："));
}

/** The findings as they are saved: an atom that nobody answered was not checked, and says so. */
export function completeFindings(given: Record<string, Answer>): Record<string, Answer> {
  return Object.fromEntries(SPOT_ATOMS.map((atom) => [atom, given[atom] ?? NOT_CHECKED]));
}

/** Lines of the form that these findings make an enterprise count for. */
export function countedLines(findings: Record<string, string>): string[] {
  return SPOT_LINES.filter(({ atoms }) => atoms.some(([atom]) => findings[atom] === WRONG)).map(({ line }) => line);
}
