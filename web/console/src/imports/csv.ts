/** Small tables as CSV files that Excel opens: UTF-8 with a byte order mark. */

/** A cell; what a spreadsheet would run as a formula is made text. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hands a table to the browser as a download. */
export function downloadCsv(name: string, rows: string[][]): void {
  const text = rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
