// Writes dist/: the page's script, the database's worker and wasm, and the licences of all that is in them.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const duckdb = join(modules, "@duckdb", "duckdb-wasm");
const dist = join(here, "dist");

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: [join("src", "page.js")],
  outfile: join(dist, "sql.js"),
  bundle: true,
  minify: true,
  format: "iife",
  platform: "browser",
  target: "es2022",
  legalComments: "none",
  metafile: true,
});
// The map that its last line names is left out, so the line goes as well: a debugger would ask for it in vain.
const worker = readFileSync(join(duckdb, "dist", "duckdb-browser-eh.worker.js"), "utf8").replace(/\/\/# sourceMappingURL=.*/, "");
writeFileSync(join(dist, "worker.js"), readFileSync(join(here, "src", "guard.js"), "utf8") + worker);
copyFileSync(join(duckdb, "dist", "duckdb-eh.wasm"), join(dist, "duckdb.wasm"));

const used = Object.keys(metafile.inputs).map((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);
const packages = [...new Set(used.filter(Boolean))].sort();
writeFileSync(join(dist, "LICENSES.txt"), packages.map(licence).join("\n\n"));

function licence(name) {
  const folder = join(modules, name);
  const { version, license, repository } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(folder, file), "utf8") : (repository?.url ?? "");
  return `=== ${name} ${version}: ${license}\n\n${text.trim()}\n`;
}
