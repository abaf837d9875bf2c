/** The pages and their addresses. Every filter stands in the address, so that a view can be kept, sent and reloaded. */
import { t } from "@paicha/shared/language";
import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";
import { me } from "./api/session";
import type { Right } from "./rights";
import { may } from "./rights";

declare module "vue-router" {
  interface RouteMeta {
    /** What the page is called. */
    title: string;
    /** What a person needs to be shown it; anybody signed in without. */
    needs?: Right;
  }
}

/** An entry of the main menu. */
export interface MenuItem {
  to: string;
  title: string;
  needs?: Right;
}

/** The main menu, in order. */
export const MENU: MenuItem[] = [
  { to: "/today", title: t("今天要办的"), needs: "readFindings" },
  { to: "/hazards", title: t("隐患台账"), needs: "readFindings" },
  { to: "/map", title: t("隐患地图"), needs: "readFindings" },
  { to: "/inspections", title: t("排查记录"), needs: "readFindings" },
  { to: "/tasks", title: t("任务和提醒"), needs: "assignTasks" },
  { to: "/forms", title: t("月度报表"), needs: "readForms" },
  { to: "/figures", title: t("统计"), needs: "readFindings" },
  { to: "/catalogue", title: t("判定标准") },
  { to: "/devices", title: t("手机") },
  { to: "/handover", title: t("工作交接"), needs: "handOver" },
  { to: "/people", title: t("人员和权限"), needs: "manageUsers" },
  { to: "/imports", title: t("导入") },
  { to: "/audit", title: t("审计日志"), needs: "readAudit" },
];

const routes: RouteRecordRaw[] = [
  { path: "/", redirect: () => firstPage() },
  { path: "/signin", component: () => import("./views/SignInView.vue"), meta: { title: t("登录") } },
  { path: "/today", component: () => import("./views/TodayView.vue"), meta: { title: t("今天要办的"), needs: "readFindings" } },
  { path: "/hazards", component: () => import("./views/LedgerView.vue"), meta: { title: t("隐患台账"), needs: "readFindings" } },
  { path: "/hazards/:id", component: () => import("./views/HazardView.vue"), props: true, meta: { title: t("隐患"), needs: "readFindings" } },
  { path: "/map", component: () => import("./views/MapView.vue"), meta: { title: t("隐患地图"), needs: "readFindings" } },
  { path: "/inspections", component: () => import("./views/InspectionsView.vue"), meta: { title: t("排查记录"), needs: "readFindings" } },
  {
    path: "/inspections/:id",
    component: () => import("./views/InspectionView.vue"),
    props: true,
    meta: { title: t("排查记录"), needs: "readFindings" },
  },
  { path: "/tasks", component: () => import("./views/TasksView.vue"), meta: { title: t("任务和提醒"), needs: "assignTasks" } },
  { path: "/forms", redirect: "/forms/appendix2" },
  {
    path: "/forms/:form(appendix1|appendix2)",
    component: () => import("./views/FormView.vue"),
    props: true,
    meta: { title: t("月度报表"), needs: "readForms" },
  },
  { path: "/forms/appendix2/records", component: () => import("./views/CountedView.vue"), meta: { title: t("数字的来源"), needs: "readForms" } },
  { path: "/figures", component: () => import("./views/FiguresView.vue"), meta: { title: t("统计"), needs: "readFindings" } },
  { path: "/catalogue", component: () => import("./views/CatalogueView.vue"), meta: { title: t("判定标准") } },
  { path: "/devices", component: () => import("./views/DevicesView.vue"), meta: { title: t("手机") } },
  { path: "/people", component: () => import("./views/PeopleView.vue"), meta: { title: t("人员和权限"), needs: "manageUsers" } },
  { path: "/handover", component: () => import("./views/HandOverView.vue"), meta: { title: t("工作交接"), needs: "handOver" } },
  { path: "/audit", component: () => import("./views/AuditView.vue"), meta: { title: t("审计日志"), needs: "readAudit" } },
  { path: "/imports", component: () => import("./views/ImportsView.vue"), meta: { title: t("导入") } },
  { path: "/:rest(.*)*", component: () => import("./views/MissingView.vue"), meta: { title: t("没有这一页") } },
];

export const router = createRouter({
  history: createWebHistory("/"),
  routes,
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
});

router.beforeEach((to) => {
  if (to.path === "/signin") return me.value ? String(to.query.next ?? "/") : true;
  // Which page "/" is depends on who signs in.
  const home = (to.redirectedFrom ?? to).path === "/";
  if (!me.value) return { path: "/signin", query: home ? {} : { next: to.fullPath } };
  return to.meta.needs && !may(me.value, to.meta.needs) ? firstPage() : true;
});

router.afterEach((to) => setTitle(to.meta.title));

/** Names the page in the browser's tab. */
export function setTitle(title: string): void {
  document.title = t("{title} · 排查办理台", { title });
}

/** Entries that the person may open. */
export function menuOf(person: typeof me.value): MenuItem[] {
  return MENU.filter(({ needs }) => !needs || may(person, needs));
}

function firstPage(): string {
  return menuOf(me.value)[0]?.to ?? "/catalogue";
}
