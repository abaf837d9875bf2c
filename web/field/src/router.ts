/**
 * The screens. Nobody gets past the sign-in before the first enrolment, or after somebody signed out; otherwise everything works without a
 * session, also when it ended by itself.
 */
import { createRouter, createWebHistory, type RouteLocationNormalized } from "vue-router";
import { phone } from "./phone";
import SignInView from "./views/SignInView.vue";

/** What was entered of a review is there before its screen. */
async function openReviewDraft(to: RouteLocationNormalized): Promise<void> {
  const { openReview } = await import("./reviewDraft");
  await openReview(String(to.params.id));
}

export const router = createRouter({
  history: createWebHistory("/app/"),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: "/", name: "home", component: () => import("./views/HomeView.vue") },
    { path: "/sign-in", name: "sign-in", component: SignInView },
    { path: "/camera", name: "camera", component: () => import("./views/CameraView.vue") },
    { path: "/finding", name: "finding", component: () => import("./views/FindingView.vue") },
    { path: "/inspection", name: "visit", component: () => import("./views/VisitView.vue"), meta: { visit: true } },
    { path: "/inspection/camera", component: () => import("./views/CameraView.vue"), meta: { visit: true } },
    { path: "/inspection/hazards/:hazard", component: () => import("./views/FindingView.vue"), props: true, meta: { visit: true } },
    { path: "/inspection/hazards/:hazard/camera", component: () => import("./views/CameraView.vue"), props: true, meta: { visit: true } },
    { path: "/inspections", name: "inspections", component: () => import("./views/InspectionsView.vue") },
    { path: "/inspections/:id", name: "inspection", component: () => import("./views/InspectionView.vue"), props: true },
    { path: "/hazards", name: "hazards", component: () => import("./views/HazardsView.vue") },
    { path: "/hazards/:id", name: "hazard", component: () => import("./views/HazardView.vue"), props: true },
    { path: "/hazards/:id/five", name: "five", component: () => import("./views/FiveView.vue"), props: true },
    { path: "/hazards/:id/review", name: "review", component: () => import("./views/ReviewView.vue"), props: true, beforeEnter: openReviewDraft },
    { path: "/hazards/:id/repair", name: "repair", component: () => import("./views/RepairView.vue"), props: true, beforeEnter: openReviewDraft },
    {
      path: "/hazards/:id/camera",
      name: "review-camera",
      component: () => import("./views/ReviewCameraView.vue"),
      props: true,
      beforeEnter: openReviewDraft,
    },
    { path: "/save/:save", name: "work", component: () => import("./views/WorkView.vue"), props: true },
    { path: "/uploads", name: "uploads", component: () => import("./views/UploadsView.vue") },
    { path: "/news", name: "news", component: () => import("./views/NewsView.vue") },
    { path: "/settings", name: "settings", component: () => import("./views/SettingsView.vue") },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
});

router.beforeEach(async (to) => {
  if (to.name === "sign-in") return true;
  const [user, left] = await Promise.all([phone.store.get("user"), phone.store.get("signed_out")]);
  if (!user || left) return { name: "sign-in" };
  const { openScreen } = await import("./opening");
  await openScreen(to);
  return true;
});
