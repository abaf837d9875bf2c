//! Where a monthly form stands: the table `forms`, from the events in the form's record.

use paicha_db::projections::FormRow;
use sync_protocol::digest::from_hex;
use sync_protocol::form::{FormEvent, FormLife, FormState};
use sync_protocol::record::Record;

/// The events of a form, in order.
pub fn form_events(record: &Record) -> Vec<FormEvent> {
    let names = record.fields.keys().filter(|name| name.starts_with("event."));
    let shown = names.filter_map(|name| record.shown(name));
    shown.filter_map(|value| serde_json::from_value(value).ok()).collect()
}

/// The state as it is stored and sent.
pub fn form_state_code(state: FormState) -> &'static str {
    match state {
        FormState::Draft => "draft",
        FormState::VillageSubmitted => "village_submitted",
        FormState::StreetReturned => "street_returned",
        FormState::StreetLocked => "street_locked",
    }
}

/// The row of a form. A record that a phone made has no area: only the server writes that.
pub(super) fn form(record: &Record) -> Option<FormRow> {
    let (form_kind, month) = (record.shown_text("form_kind")?, record.shown_text("month")?);
    let events = form_events(record);
    let life = FormLife::of(&events);
    let content = life.in_force().and_then(|in_force| from_hex(&in_force.content));
    let changed_at = events.iter().map(|event| event.at).max().unwrap_or(record.created.at);
    Some(FormRow {
        record: record.id.0,
        feed: record.feed.as_str().to_owned(),
        form_kind,
        month,
        state: form_state_code(life.state).to_owned(),
        revision: i64::try_from(life.revisions.len()).unwrap_or(i64::MAX),
        content: content.map(|hash| hash.to_vec()),
        changed_at: changed_at.as_micros(),
    })
}
