/** The shapes of the server's API, generated from docs/openapi.json; here so that an app can import them by name. */
export type { components, paths } from "./generated/api";
