// The database: DuckDB in a worker, filled with the published rows, and then shut to everything else.
import { AsyncDuckDB, VoidLogger } from "@duckdb/duckdb-wasm";

export const FETCHED = 100_000;
/** Most rows of one answer that are taken out of the database. */

// Formats such as Parquet and JSON are extensions, which DuckDB would fetch from another host; so the rows come as Arrow,
// extensions stay away, and no query can change that.
const SHUT = [
  "SET autoinstall_known_extensions = false",
  "SET autoload_known_extensions = false",
  "SET enable_external_access = false",
  "SET lock_configuration = true",
];

/** Loads everything; `files` is the address of the folder of the worker and the wasm, `rows` that of the Arrow stream. */
export async function start(files, rows) {
  const response = await fetch(rows);
  if (!response.ok) throw new Error(`${rows}: ${response.status} ${response.statusText}`);
  const stream = new Uint8Array(await response.arrayBuffer());
  const worker = new Worker(new URL("worker.js", files));
  try {
    const database = new AsyncDuckDB(new VoidLogger(), worker);
    await database.instantiate(new URL("duckdb.wasm", files).href);
    await database.open({ query: { castDecimalToDouble: true } });
    const connection = await database.connect();
    await connection.insertArrowFromIPCStream(stream, { name: "results", create: true });
    for (const statement of SHUT) await connection.query(statement);
    return connection;
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/** Runs one query: its fields, its rows as arrays of Arrow values, the milliseconds, and whether there were more rows. */
export async function run(connection, query) {
  const begun = performance.now();
  const reader = await connection.send(query);
  const rows = [];
  let fields = [];
  for await (const batch of reader) {
    fields = batch.schema.fields;
    const columns = fields.map((_, index) => batch.getChildAt(index));
    for (let row = 0; row < batch.numRows && rows.length <= FETCHED; row += 1) rows.push(columns.map((column) => column.get(row)));
    if (rows.length > FETCHED) {
      await connection.cancelSent();
      break;
    }
  }
  if (!fields.length) fields = reader.schema?.fields ?? [];
  const milliseconds = performance.now() - begun;
  return { fields, rows: rows.slice(0, FETCHED), milliseconds, more: rows.length > FETCHED };
}
