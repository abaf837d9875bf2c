//! `paicha openapi`: the interface as a document, in a stable order, so that two versions can be compared.

use super::Output;

/// Prints the document as JSON with sorted names.
pub(super) fn run(output: &mut Output) -> anyhow::Result<()> {
    // A `Value` keeps its objects sorted, which the document itself does not promise.
    let document = serde_json::to_value(crate::http::openapi())?;
    output.line(serde_json::to_string_pretty(&document)?)?;
    output.flush()
}
