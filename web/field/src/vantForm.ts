/** The parts of Vant that the first screen needs; the others are in `vant.ts`. */
import { Button } from "vant/es/button";
import { Field } from "vant/es/field";
import "vant/es/button/style";
import "vant/es/field/style";

export { Button as VanButton, Field as VanField };
