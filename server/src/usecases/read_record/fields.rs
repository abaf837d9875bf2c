//! Fields of a record with all values that stand, changes that wait, additions, and what is missing.

use super::{Names, Written, is_shown_elsewhere, written};
use crate::usecases::reading::instant;
use crate::usecases::wording::{field_title, instant_text, outcome_words, value_text};
use paicha_db::projections::{self, Villages};
use paicha_db::{DbError, Tx};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use sync_protocol::canonical::to_json;
use sync_protocol::record::Record;
use sync_protocol::schema::find_kind;
use sync_protocol::words::word;
use utoipa::ToSchema;
use uuid::Uuid;

/// One field.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldView {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What is shown for it: the value that its rule picks.
    #[schema(value_type = Object)]
    pub shown: Value,
    /// The same in words.
    pub text: String,
    /// Different values stand side by side and a person should know.
    pub disputed: bool,
    /// Every value that counts; of a state, every one that nobody left.
    pub values: Vec<ValueView>,
    /// Values that later ones replaced, as far as they are kept with the record.
    pub replaced: Vec<ValueView>,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ValueView {
    /// The value.
    #[schema(value_type = Object)]
    pub value: Value,
    /// The same in words.
    pub text: String,
    /// Who wrote it and when.
    #[serde(flatten)]
    pub written: Written,
}

/// A change that waits for a person.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PendingView {
    /// The operation that waits: what a decision names.
    pub op: Uuid,
    /// The field.
    pub field: String,
    /// What people call it.
    pub title: String,
    /// Why it waits: `proposal`, `invalid_value`, ...
    pub why: String,
    /// The same in words.
    pub why_text: String,
    /// What is wanted.
    #[schema(value_type = Object)]
    pub value: Value,
    /// The same in words.
    pub text: String,
    /// The person's reason.
    pub reason: Option<String>,
    /// Who wants it and since when.
    #[serde(flatten)]
    pub written: Written,
}

/// Something added to a submitted record.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AdditionView {
    /// The field it is about.
    pub field: String,
    /// What people call it.
    pub title: String,
    /// What was said.
    pub text: String,
    /// Who said it and when.
    #[serde(flatten)]
    pub written: Written,
}

/// A field that is still asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissingField {
    /// Its name; `photos` for photos.
    pub name: String,
    /// What people call it.
    pub title: String,
}

/// Names of the record's fields: those of the schema in its order, then the ones this version does not know.
fn field_names(record: &Record) -> Vec<&String> {
    let specs = find_kind(&record.kind).map(|kind| kind.fields).unwrap_or_default();
    let place = |name: &str| {
        let spec = find_kind(&record.kind).and_then(|kind| kind.find_field(name));
        spec.and_then(|spec| specs.iter().position(|other| other.name == spec.name)).unwrap_or(specs.len())
    };
    let mut names: Vec<&String> = record.fields.keys().filter(|name| !is_shown_elsewhere(record, name)).collect();
    names.sort_by_key(|name| (place(name), *name));
    names
}

/// What people call the places and visits that the record names, by their ids as text. Those of a village that the caller
/// does not read keep their ids.
async fn referred_names(
    tx: &mut Tx,
    record: &Record,
    villages: &Villages,
) -> Result<BTreeMap<String, String>, DbError> {
    let feed = record.feed.as_str();
    let of_field = |field: &str| -> Vec<Uuid> {
        let entries = record.fields.get(field).into_iter().flat_map(|register| &register.entries);
        entries.filter_map(|entry| entry.value.as_str()?.parse().ok()).collect()
    };
    let places = projections::find_places(tx, &of_field("place")).await?;
    let places = places.into_iter().filter(|place| place.feed == feed || villages.contain(&place.feed));
    let mut names: BTreeMap<String, String> = places.map(|place| (place.id.to_string(), place.name)).collect();
    for id in of_field("inspection") {
        let visit = projections::find_inspection(tx, &Villages::All, id).await?;
        if let Some(visit) = visit.filter(|visit| visit.feed == feed || villages.contain(&visit.feed)) {
            let kind = visit.kind.as_deref().and_then(|code| word("inspection", "kind", code)).unwrap_or("排查");
            names.insert(id.to_string(), format!("{} {kind}", instant_text(instant(visit.started_at))));
        }
    }
    Ok(names)
}

pub(super) async fn fields(
    tx: &mut Tx,
    names: &mut Names,
    record: &Record,
    villages: &Villages,
) -> Result<Vec<FieldView>, DbError> {
    let disputed = record.disputed();
    let referred = referred_names(tx, record, villages).await?;
    let text_of = |name: &str, value: &Value| match value.as_str().and_then(|id| referred.get(id)) {
        Some(name) => name.clone(),
        None => value_text(&record.kind, name, value),
    };
    let mut views = Vec::with_capacity(record.fields.len());
    for name in field_names(record) {
        let shown = record.shown(name).unwrap_or_default();
        let counting = record.values(name);
        let mut views_of = [Vec::new(), Vec::new()];
        let past = record.past.get(name).into_iter().flatten().map(|old| (&old.value, &old.stamp));
        for (kind, (value, stamp)) in counting.into_iter().map(|one| (0, one)).chain(past.map(|one| (1, one))) {
            views_of[kind].push(ValueView {
                text: text_of(name, value),
                value: value.clone(),
                written: written(tx, names, stamp).await?,
            });
        }
        let [values, replaced] = views_of;
        views.push(FieldView {
            title: field_title(&record.kind, name),
            text: text_of(name, &shown),
            disputed: disputed.contains(&name.as_str()),
            name: name.clone(),
            shown,
            values,
            replaced,
        });
    }
    Ok(views)
}

pub(super) async fn pending(tx: &mut Tx, names: &mut Names, record: &Record) -> Result<Vec<PendingView>, DbError> {
    let mut views = Vec::new();
    for waiting in record.waiting() {
        let why = to_json(&waiting.why).trim_matches('"').to_owned();
        let lacks: Vec<String> = waiting.lacks.iter().map(|name| field_title(&record.kind, name)).collect();
        views.push(PendingView {
            op: waiting.stamp.op.0,
            field: waiting.field.to_owned(),
            title: field_title(&record.kind, waiting.field),
            why_text: if lacks.is_empty() {
                outcome_words(&why).to_owned()
            } else {
                format!("还差：{}，补齐后生效", lacks.join("、"))
            },
            why,
            text: value_text(&record.kind, waiting.field, waiting.value),
            value: waiting.value.clone(),
            reason: waiting.reason.map(str::to_owned),
            written: written(tx, names, waiting.stamp).await?,
        });
    }
    Ok(views)
}

pub(super) async fn additions(tx: &mut Tx, names: &mut Names, record: &Record) -> Result<Vec<AdditionView>, DbError> {
    let mut views = Vec::new();
    for addition in &record.additions {
        views.push(AdditionView {
            field: addition.field.clone(),
            title: field_title(&record.kind, &addition.field),
            text: value_text(&record.kind, &addition.field, &addition.value),
            written: written(tx, names, &addition.stamp).await?,
        });
    }
    Ok(views)
}

pub(super) fn incomplete(record: &Record) -> Vec<MissingField> {
    let missing = record.incomplete().into_iter();
    missing.map(|name| MissingField { name: name.to_owned(), title: field_title(&record.kind, name) }).collect()
}
