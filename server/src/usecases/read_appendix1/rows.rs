//! From visits to printed rows. Pure: the words are decided by `sync_protocol::appendix`, here the parts are only put in place. What a
//! newcomer gets wrong: visits are one row only when each names the other and both count in one village; a one-sided claim folds nothing.

use super::facts::{PhotoState, Visit, VisitHazard, VisitPhoto};
use super::{FormPicture, FormRow, PICTURES_TO_COME};
use crate::config::{Appendix1, TimeNotation};
use crate::usecases::reading::instant;
use jiff::Timestamp;
use std::collections::BTreeMap;
use sync_protocol::appendix::{
    Finding, FindingLevel, Handling, InspectionResult, NO_HANDLING, PictureCandidate, date_text, date_time_text,
    finding_text, handling_text, pick_pictures, place_text, remark_text, unit_text,
};
use sync_protocol::ids::RecordId;
use sync_protocol::time::{LocalDate, Month};
use sync_protocol::words::word;

/// 备注 of a visit whose inspector has not submitted it.
const NOT_SUBMITTED: &str = "未提交";

/// 备注 of a visit that names a place of another village: its name is not this village's to print.
const PLACE_ELSEWHERE: &str = "所选场所属于其他村，待核实";

/// 备注 of a visit whose phone had a clock that says nothing.
const TIME_UNKNOWN: &str = "手机时间不准，排查时间待核实";

/// The rows of a form, numbered from 1.
pub(super) fn form_rows(visits: &[&Visit], month: Month, choice: &Appendix1) -> Vec<FormRow> {
    (1..).zip(joint_visits(visits)).map(|(number, visits)| form_row(number, &visits, (month, choice))).collect()
}

/// Visits in their order, those that name each other together where the first of them stands. Being joined reaches further: of three
/// visits, the first and the last are one row when the middle one names both and is named by both.
fn joint_visits<'a>(visits: &[&'a Visit]) -> Vec<Vec<&'a Visit>> {
    let places: BTreeMap<RecordId, usize> = visits.iter().zip(0..).map(|(visit, place)| (visit.id, place)).collect();
    let mut leader: Vec<usize> = (0..visits.len()).collect();
    for (place, visit) in visits.iter().enumerate() {
        for other in visit.joint.iter().filter_map(|id| places.get(id)) {
            let other_visit = visits[*other];
            let day = |visit: &Visit| LocalDate::of(instant(visit.started_at));
            // One visit is one place and one day; whatever else is called joint prints in rows of its own.
            let named_back = other_visit.joint.contains(&visit.id)
                && other_visit.village == visit.village
                && other_visit.place_name == visit.place_name
                && day(other_visit) == day(visit);
            if named_back {
                let (one, two) = (first_of(&leader, place), first_of(&leader, *other));
                leader[one.max(two)] = one.min(two);
            }
        }
    }
    let mut joint: BTreeMap<usize, Vec<&Visit>> = BTreeMap::new();
    for (place, visit) in visits.iter().enumerate() {
        joint.entry(first_of(&leader, place)).or_default().push(visit);
    }
    joint.into_values().collect()
}

fn first_of(leader: &[usize], mut place: usize) -> usize {
    while leader[place] != place {
        place = leader[place];
    }
    place
}

fn form_row(number: u32, visits: &[&Visit], (month, choice): (Month, &Appendix1)) -> FormRow {
    let first = visits[0];
    let mut hazards: Vec<&VisitHazard> = visits.iter().flat_map(|visit| &visit.hazards).collect();
    hazards.sort_by_key(|hazard| hazard.level);
    let units: Vec<String> = visits.iter().map(|visit| visit.unit.clone()).collect();
    let positions: Vec<String> = hazards.iter().map(|hazard| hazard.position.clone()).collect();
    let inspected = visits.iter().find(|visit| !visit.place_name.is_empty()).copied().unwrap_or(first);
    let started_at = visits.iter().map(|visit| visit.started_at).min().unwrap_or_default();
    let (pictures, picture_note) = pictures(visits);
    let majors = hazards.iter().filter(|hazard| hazard.level == FindingLevel::Major);
    FormRow {
        inspections: visits.iter().map(|visit| visit.id).collect(),
        majors: majors.map(|hazard| hazard.id).collect(),
        number,
        inspecting_unit: unit_text(choice.unit, &units, &inspected.place_name),
        inspected_at: match choice.time {
            TimeNotation::Date => date_text(timestamp(started_at)),
            TimeNotation::Minute => date_time_text(timestamp(started_at)),
        },
        pictures,
        picture_note,
        place: place_text(&inspected.place_name, &inspected.place_address, &positions),
        finding: finding(visits, &hazards),
        handling: handling(visits, &hazards, month),
        remark: remark(visits, &hazards, (month, choice)),
    }
}

/// Instants of records lie in the years 1 to 9999, which a timestamp holds.
fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or_default()
}

fn blocked_words(visit: &Visit) -> Option<&str> {
    let code = visit.blocked.as_deref()?;
    Some(word("inspection", "blocked_reason", code).unwrap_or(code))
}

/// Distinct texts in order, without the empty ones.
fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for text in texts.map(str::trim) {
        if !text.is_empty() && !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept.join("；")
}

/// The hazards decide, then why nobody could look; the inspector's own words for this column always print too, so that nothing
/// written down is hidden, not by 无 and not by a hazard. Words that already stand there are not said twice.
fn finding(visits: &[&Visit], hazards: &[&VisitHazard]) -> String {
    let findings: Vec<Finding> = hazards
        .iter()
        .map(|hazard| Finding {
            level: hazard.level,
            description: hazard.description.clone(),
            criterion: Some(hazard.criteria.join("、")),
        })
        .collect();
    let blocked = distinct(visits.iter().filter_map(|visit| blocked_words(visit)));
    let own_words = distinct(visits.iter().map(|visit| visit.summary.as_str()));
    let computed = match (findings.is_empty(), blocked.is_empty()) {
        (true, true) if !own_words.is_empty() => return own_words,
        (true, false) => finding_text(&InspectionResult::Blocked(blocked)),
        (false, _) | (true, true) => finding_text(&InspectionResult::Inspected(findings)),
    };
    if own_words.is_empty() || computed.contains(own_words.trim_end_matches('。')) {
        computed
    } else {
        format!("{computed}。{own_words}")
    }
}

fn handling(visits: &[&Visit], hazards: &[&VisitHazard], month: Month) -> String {
    let grave = hazards.iter().filter(|hazard| hazard.level != FindingLevel::General);
    let handlings: Vec<Handling> = grave.map(|hazard| hazard_handling(hazard)).collect();
    let year = i16::try_from(month.year()).unwrap_or(i16::MAX);
    let computed = handling_text(&handlings, year);
    let own_words = distinct(visits.iter().map(|visit| visit.handling.as_str()));
    match (computed == NO_HANDLING, own_words.is_empty()) {
        (_, true) => computed,
        (true, false) => own_words,
        (false, false) => format!("{computed}；{own_words}"),
    }
}

fn hazard_handling(hazard: &VisitHazard) -> Handling {
    let control = match hazard.control.as_deref() {
        Some("none") | None => String::new(),
        Some(code) => format!("已{}", word("hazard", "control", code).unwrap_or(code)),
    };
    let settled = ["accepted", "closed"].contains(&hazard.state.as_str());
    let state = match hazard.state.as_str() {
        // What was done already says more than that it was written down.
        "reg" if !control.is_empty() => "",
        code => word("hazard", "state", code).unwrap_or(code),
    };
    Handling {
        state: state.to_owned(),
        control,
        deadline: hazard.deadline.as_deref().filter(|_| !settled).and_then(|day| day.parse().ok()),
        suggestion: hazard.suggestion.clone(),
    }
}

fn remark(visits: &[&Visit], hazards: &[&VisitHazard], (month, choice): (Month, &Appendix1)) -> String {
    let mut tags = Vec::new();
    if visits.iter().any(|visit| !visit.submitted) {
        tags.push(NOT_SUBMITTED.to_owned());
    }
    if visits.iter().any(|visit| visit.place_elsewhere) {
        tags.push(PLACE_ELSEWHERE.to_owned());
    }
    if visits.iter().any(|visit| visit.time_unknown) {
        tags.push(TIME_UNKNOWN.to_owned());
    }
    if !hazards.is_empty() {
        // With findings the description cell has no room for it, and somebody did look.
        tags.extend(visits.iter().filter_map(|visit| blocked_words(visit)).map(str::to_owned));
    }
    let months = visits.iter().map(|visit| choice.month_of(instant(visit.started_at)));
    let late = months.min().filter(|own| *own < month).and_then(|own| i8::try_from(own.month()).ok());
    remark_text(&distinct(visits.iter().map(|visit| visit.remark.as_str())), late, &tags)
}

/// The pictures of the row and the words under them. A photo that is here but cannot be shown is neither owed nor absent.
fn pictures(visits: &[&Visit]) -> (Vec<FormPicture>, String) {
    let mut photos: BTreeMap<RecordId, VisitPhoto> = BTreeMap::new();
    for photo in visits.iter().flat_map(|visit| &visit.photos) {
        let known = photos.entry(photo.id).or_insert_with(|| photo.clone());
        known.subject = known.subject.min(photo.subject);
    }
    let count = |state: PhotoState| photos.values().filter(|photo| photo.state == state).count();
    let (waiting, unshowable) = (count(PhotoState::Waiting), count(PhotoState::Unshowable));
    let candidates: Vec<PictureCandidate> = photos.values().filter_map(candidate).collect();
    let mut notes = Vec::new();
    let mut pictures = Vec::new();
    if !candidates.is_empty() || photos.is_empty() {
        let pick = pick_pictures(&candidates, None);
        let picked = pick.ids.iter().filter_map(|id| photos.get(&id.parse().ok()?));
        pictures.extend(picked.filter_map(form_picture));
        notes.push(pick.note);
    }
    if waiting > 0 {
        notes.push(format!("{waiting}张已收到，{PICTURES_TO_COME}"));
    }
    if unshowable > 0 {
        notes.push(format!("{unshowable}张已收到，无法显示"));
    }
    notes.retain(|note| !note.is_empty());
    (pictures, notes.join("，"))
}

fn candidate(photo: &VisitPhoto) -> Option<PictureCandidate> {
    let stored = match photo.state {
        PhotoState::Ready { .. } => true,
        PhotoState::Owed => false,
        PhotoState::Waiting | PhotoState::Unshowable => return None,
    };
    let taken_at = timestamp(photo.taken_at);
    Some(PictureCandidate { id: photo.id.to_string(), subject: photo.subject, taken_at, stored })
}

fn form_picture(photo: &VisitPhoto) -> Option<FormPicture> {
    match photo.state {
        PhotoState::Ready { sha256, derive_version } => Some(FormPicture { photo: photo.id, sha256, derive_version }),
        PhotoState::Owed | PhotoState::Waiting | PhotoState::Unshowable => None,
    }
}
