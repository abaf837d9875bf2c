/** The screens. Nobody gets past the sign-in before the first enrolment; after that everything works without a session. */
import { createRouter, createWebHistory, type RouteLocationNormalized } from "vue-router";
import { phone } from "./phone";
import HomeView from "./views/HomeView.vue";
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
    { path: "/", name: "home", component: HomeView },
    { path: "/sign-in", name: "sign-in", component: SignInView },
    { path: "/camera", name: "camera", component: () => import("./views/CameraView.vue") },
    { path: "/finding", name: "finding", component: () => import("./views/FindingView.vue") },
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
  return (await phone.store.get("user")) ? true : { name: "sign-in" };
});
