// The page: a query, the button that starts the database and then runs it, and what comes back.
import { FETCHED, run, start } from "./database.js";
import { SHOWN, table } from "./table.js";
import { csv } from "./values.js";

const FILES = new URL(".", document.currentScript.src);
const root = document.getElementById("sql");
document.getElementById("sql-unscripted").hidden = true;
if (location.protocol === "file:") document.getElementById("sql-served").hidden = false;
else wire();

function wire() {
  const [query, go, save, said, wrong, place] = ["query", "run", "save", "said", "wrong", "answer"].map((name) => document.getElementById(`sql-${name}`));
  let connection = null;
  let answer = null;
  let busy = false;

  const asked = new URLSearchParams(location.search).get("q");
  if (asked) query.value = asked;
  root.hidden = false;

  async function act() {
    if (busy) return;
    busy = true;
    // Not `disabled`: that would take the focus away from who pressed it.
    go.setAttribute("aria-disabled", "true");
    wrong.textContent = "";
    try {
      if (!connection) {
        said.textContent = "Starting the database …";
        connection = await start(FILES, new URL(root.dataset.rows, document.baseURI));
        go.textContent = "Run";
      }
      said.textContent = "Running …";
      remember(query.value);
      show(await run(connection, query.value));
    } catch (error) {
      answer = null;
      save.hidden = true;
      place.replaceChildren();
      said.textContent = "";
      wrong.textContent = explained(error);
    } finally {
      busy = false;
      go.removeAttribute("aria-disabled");
    }
  }

  function show(made) {
    answer = made;
    const caption = captioned(made);
    said.textContent = caption;
    save.hidden = !made.fields.length;
    place.replaceChildren(...(made.fields.length ? [table(made.fields, made.rows, caption)] : []));
  }

  go.addEventListener("click", act);
  save.addEventListener("click", () => download(csv(answer.fields, answer.rows)));
  query.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    act();
  });
  for (const example of document.querySelectorAll("[data-query]")) {
    example.parentElement.hidden = false;
    example.addEventListener("click", () => {
      query.value = example.dataset.query;
      if (connection) act();
      else query.focus();
    });
  }
}

function captioned({ rows, milliseconds, more }) {
  const count = (number) => number.toLocaleString("en");
  const found = more ? `More than ${count(FETCHED)} rows, of which that many were fetched,` : `${count(rows.length)} ${rows.length === 1 ? "row" : "rows"}`;
  return `${found} in ${count(Math.round(milliseconds))} ms${rows.length > SHOWN ? `; the first ${count(SHOWN)} are shown` : ""}`;
}

function explained(error) {
  const message = plain(error instanceof Error ? error.message : String(error));
  const closed = /extension|disabled by configuration|configuration has been locked|no other host/i.test(message);
  return closed ? `This page asks no other host, so neither DuckDB's extensions nor other files can be had here.\n\n${message}` : message;
}

/** DuckDB says some errors as JSON. */
function plain(message) {
  try {
    const { exception_type: type, exception_message: said } = JSON.parse(message);
    return `${type} Error: ${said}`;
  } catch {
    return message;
  }
}

function remember(query) {
  history.replaceState(null, "", `?${new URLSearchParams({ q: query })}`);
}

function download(content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "text/csv;charset=utf-8" }));
  link.download = "query.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
