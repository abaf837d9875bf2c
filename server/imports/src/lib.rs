//! Import files of Paicha: spreadsheet bytes in, rows or row-level errors out. No I/O.
