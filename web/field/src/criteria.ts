/** Criteria of the pack by their codes: what makes a hazard 重大, in words. */
import type { Json } from "@paicha/shared/canonical";
import { t } from "@paicha/shared/language";
import type { Catalogue } from "@paicha/shared/store";

/** The item's text, or its code where the pack does not have it. */
export function criterionText(catalogue: Catalogue | undefined, code: string): string {
  const items = (catalogue?.standards ?? []).flatMap((standard) => standard.items);
  return items.find((item) => item.code === code)?.text ?? code;
}

/** The same for a field that holds several codes. */
export function criteriaText(catalogue: Catalogue | undefined, codes: Json | undefined): string {
  const texts = Array.isArray(codes) ? codes.map((code) => criterionText(catalogue, String(code))) : [];
  return texts.length === 0 ? t("（空）") : texts.join(t("；"));
}
