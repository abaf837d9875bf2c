// Makes src/generated/ from the two descriptions that the server's own code prints: docs/openapi.json becomes types, docs/schema.json
// (kinds, fields, merge rules, words, state machine) becomes data. Not committed: the descriptions are, and the gate checks them.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const docs = new URL("../../../docs/", import.meta.url);
const target = new URL("../src/generated/", import.meta.url);

await mkdir(target, { recursive: true });
const description = JSON.parse(await readFile(new URL("openapi.json", docs), "utf8"));
// The client names paths, never operations; the ids of operations repeat in the description and the generator refuses that.
for (const operations of Object.values(description.paths)) {
  for (const operation of Object.values(operations)) delete operation.operationId;
}
await writeFile(new URL("api.d.ts", target), astToString(await openapiTS(description)));
await copyFile(new URL("schema.json", docs), new URL("schema.json", target));
