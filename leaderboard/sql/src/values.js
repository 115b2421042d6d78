// Values: what Arrow hands out, as text.
import { DataType, Vector } from "apache-arrow";

/** Whether a column of this type is set like numbers. */
export function isNumber(type) {
  return DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type);
}

/** A value as text at full precision; null stays null. */
export function text(value, type) {
  if (value === null || value === undefined) return null;
  if (DataType.isTimestamp(type)) return new Date(value).toISOString();
  if (DataType.isDate(type)) return new Date(value).toISOString().slice(0, 10);
  if (value instanceof Vector) return Array.from(value, (one) => text(one, type.children[0].type) ?? "").join("+");
  return typeof value === "object" ? JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one)) : String(value);
}

/** Rows as CSV with CRLF between lines, as RFC 4180 has it. */
export function csv(fields, rows) {
  const quoted = (one) => (one === null ? "" : /[",\r\n]/.test(one) || one === "" ? `"${one.replaceAll('"', '""')}"` : one);
  const lines = rows.map((row) => row.map((value, index) => quoted(text(value, fields[index].type))).join(","));
  return [fields.map((field) => quoted(field.name)).join(","), ...lines, ""].join("\r\n");
}
