//! Whom a change concerns: the record itself, and whatever the rules compare with it. What a newcomer gets wrong: only later records are
//! flagged for what an earlier one shows, so what arrives late makes others be judged again.

use super::{Judge, hashed};
use paicha_db::projections::{self, HazardFilter, InspectionFilter, Page, Villages, VisitsOf};
use paicha_db::records::Changed;
use paicha_db::{DbError, Tx};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Records at one place, or with one photo, that are judged again with one change.
pub(super) const NEIGHBOURS_MAX: i64 = 50;
/// Bits in which hashes of photos differ that are looked at, whatever the thresholds.
const LIKE_BITS: u32 = 11;

/// Everything to judge because of these changes.
pub(super) async fn subjects_of(tx: &mut Tx, judge: &Judge, rows: &[Changed]) -> Result<BTreeSet<Uuid>, DbError> {
    let mut subjects = BTreeSet::new();
    for row in rows {
        match row.kind.as_str() {
            "inspection" => {
                subjects.insert(row.id);
                next_visits(tx, row.id, &mut subjects).await?;
            }
            "hazard" => {
                subjects.insert(row.id);
                at_the_same_place(tx, row.id, &mut subjects).await?;
            }
            "photo" => with_photos_like(tx, judge, row.id, &mut subjects).await?,
            "place" => visits_to(tx, row.id, &mut subjects).await?,
            _ => {}
        }
    }
    Ok(subjects)
}

async fn next_visits(tx: &mut Tx, id: Uuid, subjects: &mut BTreeSet<Uuid>) -> Result<(), DbError> {
    let Some(visit) = projections::find_visit(tx, id).await? else { return Ok(()) };
    for whose in [VisitsOf::Author(visit.author), VisitsOf::Phone(visit.incarnation)] {
        let next = projections::list_visits_after(tx, whose, (visit.started_at, id), 1).await?;
        subjects.extend(next.into_iter().map(|visit| visit.record));
    }
    Ok(())
}

async fn at_the_same_place(tx: &mut Tx, id: Uuid, subjects: &mut BTreeSet<Uuid>) -> Result<(), DbError> {
    let Some(hazard) = projections::find_hazard(tx, &Villages::All, id).await? else { return Ok(()) };
    let Some(place) = hazard.place else { return Ok(()) };
    let filter = HazardFilter { place: Some(place), ..HazardFilter::default() };
    let page = Page { after: None, limit: NEIGHBOURS_MAX };
    let beside = projections::list_hazards(tx, &Villages::All, &filter, page).await?;
    subjects.extend(beside.into_iter().map(|hazard| hazard.id));
    Ok(())
}

async fn visits_to(tx: &mut Tx, place: Uuid, subjects: &mut BTreeSet<Uuid>) -> Result<(), DbError> {
    let filter = InspectionFilter { place: Some(place), ..InspectionFilter::default() };
    let page = Page { after: None, limit: NEIGHBOURS_MAX };
    let visits = projections::list_inspections(tx, &Villages::All, &filter, page).await?;
    subjects.extend(visits.into_iter().map(|visit| visit.id));
    Ok(())
}

async fn with_photos_like(
    tx: &mut Tx,
    judge: &Judge,
    photo: Uuid,
    subjects: &mut BTreeSet<Uuid>,
) -> Result<(), DbError> {
    let found = projections::find_photos(tx, &[photo]).await?;
    let Some(row) = found.first() else { return Ok(()) };
    let mut photos: BTreeSet<Uuid> = [photo].into();
    let same = projections::list_photos_by_sha256(tx, &row.sha256, NEIGHBOURS_MAX).await?;
    photos.extend(same.into_iter().map(|photo| photo.id));
    if let Some(hashed) = hashed(row) {
        let like = judge.similar.find(&hashed, LIKE_BITS, LIKE_BITS);
        let most = usize::try_from(NEIGHBOURS_MAX).unwrap_or(usize::MAX);
        photos.extend(like.into_iter().take(most).map(|likeness| likeness.photo.0));
    }
    for photo in photos {
        let links = projections::list_photo_links_of_photo(tx, photo, NEIGHBOURS_MAX).await?;
        subjects.extend(links.into_iter().map(|link| link.record));
    }
    Ok(())
}
