//! What the numbers of 附件2 count, from one record. What a newcomer gets wrong: a spot check counts only when it is completed (submitted) and
//! not voided, and at the event time at which it ended.

use super::counted_in;
use paicha_db::projections::{HazardPeriodRow, SpotItemRow};
use sync_protocol::merge::{Linked, counted_periods};
use sync_protocol::record::Record;
use sync_protocol::schema::SPOT_ITEMS;
use sync_protocol::text::clean;
use sync_protocol::time::{Grade, Micros};
use unicode_normalization::UnicodeNormalization as _;

/// The stretches of time in which a hazard counts.
pub fn periods(record: &Record, linked: &Linked) -> Vec<HazardPeriodRow> {
    let (village, _, _) = counted_in(record);
    let row = |period: sync_protocol::merge::CountedPeriod| HazardPeriodRow {
        record: record.id.0,
        feed: record.feed.as_str().to_owned(),
        village: village.clone(),
        from_at: period.from.as_micros(),
        to_at: period.to.map(Micros::as_micros),
        self_found: period.self_found,
        rectified: period.rectified,
        listed: period.listed,
    };
    counted_periods(record, linked).into_iter().map(row).collect()
}

/// The lines of the form that a completed spot check says something about.
pub(super) fn spot_items(record: &Record) -> Vec<SpotItemRow> {
    let completed = record.shown_text("kind").as_deref() == Some("spot") && record.submitted.is_some();
    let voided = record.shown("voided").and_then(|flag| flag.as_bool()) == Some(true);
    let Some(submitted) = record.submitted.as_ref().filter(|_| completed && !voided) else { return Vec::new() };
    let ended = record.shown_text("ended_at").and_then(|text| text.parse::<Micros>().ok());
    let ended = ended.filter(|_| submitted.grade != Grade::D);
    let ended_at = ended.map_or(submitted.at, |ended| ended.min(submitted.at)).as_micros();
    let place = record.shown_text("place").and_then(|id| id.parse().ok());
    let (village, _, _) = counted_in(record);
    let row = |item: String| SpotItemRow {
        record: record.id.0,
        item,
        feed: record.feed.as_str().to_owned(),
        village: village.clone(),
        enterprise: enterprise(record, place, &village),
        place,
        ended_at,
    };
    let wrong = lines_with(record, "N").map(str::to_owned);
    let unchecked = lines_with(record, "U").map(|item| format!("u{item}"));
    std::iter::once("1".to_owned()).chain(wrong).chain(unchecked).map(row).collect()
}

/// The lines of part 二 of which some atom was found so.
fn lines_with<'a>(record: &'a Record, code: &'a str) -> impl Iterator<Item = &'static str> + 'a {
    let is = move |atom: &str| record.shown_text(&format!("finding.{atom}")).as_deref() == Some(code);
    SPOT_ITEMS.iter().filter(move |(_, atoms)| atoms.iter().any(|atom| is(atom))).map(|(item, _)| *item)
}

/// A name as it is compared: one shop written with full-width letters, another way of composing an accent, a space or a character that
/// nobody sees is one shop.
fn folded(name: &str) -> String {
    let seen = |letter: &char| !letter.is_whitespace() && !letter.is_control() && !is_invisible(*letter);
    clean(name).nfkc().filter(seen).flat_map(char::to_lowercase).collect()
}

/// Format characters of Unicode that people paste without knowing: soft hyphen, zero width, direction, byte order mark.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Who was checked: the registered place, or the name of one that is not, in its village: there is a 小卖部 in every one.
fn enterprise(record: &Record, place: Option<uuid::Uuid>, village: &str) -> String {
    match place {
        Some(place) => place.to_string(),
        None => {
            let free = record.shown("free_place").unwrap_or_default();
            let name = free["name"].as_str().map(folded).unwrap_or_default();
            // A check of a place without any name is one of its own: it must not disappear among others.
            if name.is_empty() { format!("unnamed {}", record.id) } else { format!("named {village} {name}") }
        }
    }
}
