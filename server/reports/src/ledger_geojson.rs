//! The hazards of the ledger as GeoJSON (RFC 7946), feature by feature into a writer. A hazard without a position is a
//! feature with a null geometry, never left out. What a newcomer gets wrong: GeoJSON puts the longitude first, and
//! knows WGS 84 only.

use std::io::Write;

use serde_json::{Map, Value, json};

use crate::error::ReportError;
use crate::ledger::{LEDGER_LABELS, LedgerRow};

/// A position in degrees of WGS 84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
}

/// Writes all hazards and returns their number. A position that is not finite counts as none.
///
/// # Errors
/// [`ReportError::Write`] as soon as the writer refuses; the file is then no whole JSON.
pub fn ledger_geojson<W: Write>(
    rows: impl IntoIterator<Item = (LedgerRow, Option<Position>)>,
    output: &mut W,
) -> Result<usize, ReportError> {
    output.write_all(br#"{"type":"FeatureCollection","features":["#)?;
    let mut count = 0;
    for (row, position) in rows {
        output.write_all(if count == 0 { b"\n" } else { b",\n" })?;
        let properties: Map<String, Value> = LEDGER_LABELS
            .iter()
            .enumerate()
            .map(|(column, label)| ((*label).to_owned(), Value::String(row.text(column))))
            .collect();
        let geometry = position
            .filter(|position| position.longitude.is_finite() && position.latitude.is_finite())
            .map(|position| json!({"type": "Point", "coordinates": [position.longitude, position.latitude]}));
        write!(output, "{}", json!({"type": "Feature", "geometry": geometry, "properties": properties}))?;
        count += 1;
    }
    output.write_all(b"\n]}\n")?;
    Ok(count)
}
