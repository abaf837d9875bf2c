//! The table `places`: workshops, shops, mines and whatever else is visited, one row each as it stands now.
//! Names are compared byte by byte, so a prefix finds `五里坡茶厂` by `五里` but a Latin one cares about case. What a newcomer
//! gets wrong: [`find_places`] asks for no villages; whoever shows its answer must have found the ids in rows that do.

use super::{BoundingBox, Villages};
use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};
use uuid::Uuid;

/// One place as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceRow {
    /// The record.
    pub id: Uuid,
    /// Feed it syncs in.
    pub feed: String,
    /// Village it counts for.
    pub village: String,
    /// What people call it.
    pub name: String,
    /// Type code.
    pub place_type: Option<String>,
    /// Sector code.
    pub sector: Option<String>,
    /// 统一社会信用代码.
    pub uscc: Option<String>,
    /// Where it is, in words.
    pub address: Option<String>,
    /// Degrees, WGS-84.
    pub lat84: Option<f64>,
    /// Degrees, WGS-84.
    pub lon84: Option<f64>,
    /// Status code.
    pub status: Option<String>,
}

fn place_row(row: &Row) -> Result<PlaceRow, DbError> {
    Ok(PlaceRow {
        id: row.uuid("id")?,
        feed: row.text("feed")?,
        village: row.text("village")?,
        name: row.text("name")?,
        place_type: row.opt_text("place_type")?,
        sector: row.opt_text("sector")?,
        uscc: row.opt_text("uscc")?,
        address: row.opt_text("address")?,
        lat84: row.opt_f64("lat84")?,
        lon84: row.opt_f64("lon84")?,
        status: row.opt_text("status")?,
    })
}

/// Stores places as they stand now; no two of one id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_places(tx: &mut Tx, places: Vec<PlaceRow>) -> Result<(), DbError> {
    let rows = places.into_iter().map(|row| {
        vec![
            row.id.into(),
            row.feed.into(),
            row.village.into(),
            row.name.into(),
            row.place_type.into(),
            row.sector.into(),
            row.uscc.into(),
            row.address.into(),
            row.lat84.into(),
            row.lon84.into(),
            row.status.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO places (id, feed, village, name, place_type, sector, uscc, address, lat84, lon84, status) VALUES",
        rows.collect(),
        "ON CONFLICT (id) DO UPDATE SET feed = excluded.feed, village = excluded.village, name = excluded.name,
         place_type = excluded.place_type, sector = excluded.sector, uscc = excluded.uscc, address = excluded.address,
         lat84 = excluded.lat84, lon84 = excluded.lon84, status = excluded.status",
    )
    .await?;
    Ok(())
}

/// What is wanted; an empty filter is everything in the villages.
#[derive(Debug, Clone, Default)]
pub struct PlaceFilter {
    /// The name begins with this.
    pub name_prefix: Option<String>,
    /// Type code.
    pub place_type: Option<String>,
    /// Sector code.
    pub sector: Option<String>,
    /// 统一社会信用代码.
    pub uscc: Option<String>,
    /// Status code.
    pub status: Option<String>,
    /// Inside this box.
    pub within: Option<BoundingBox>,
}

/// A page of places: what comes after the last row of the page before, and how many rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacePage {
    /// Name and id of the last row seen.
    pub after: Option<(String, Uuid)>,
    /// Rows wanted.
    pub limit: i64,
}

/// The list, with `$lead` as the condition that an index answers. The filters behind it are the same for all.
macro_rules! places_sql {
    ($lead:literal) => {
        concat!(
            "SELECT id, feed, village, name, place_type, sector, uscc, address, lat84, lon84, status
         FROM places
         WHERE ",
            $lead,
            " AND (name, id) > ($1, $2) AND name >= $3 AND ($4 IS NULL OR name < $4)
           AND ($5 IS NULL OR place_type = $5) AND ($6 IS NULL OR sector = $6) AND ($7 IS NULL OR uscc = $7)
           AND ($8 IS NULL OR status = $8)
           AND (NOT $9 OR (lat84 >= $10 AND lon84 >= $11 AND lat84 <= $12 AND lon84 <= $13))
         ORDER BY name, id LIMIT $15"
        )
    };
}

/// Which index answers: the credit code names one enterprise, then one village, then several.
fn list_sql(villages: &Villages, filter: &PlaceFilter) -> &'static str {
    match (&filter.uscc, villages) {
        (Some(_), _) => places_sql!("uscc = $7 AND ($14 OR village IN ($in))"),
        (None, Villages::All) => places_sql!("($14 OR village IN ($in))"),
        (None, Villages::Only(ids)) if ids.len() == 1 => places_sql!("NOT $14 AND village = ($in)"),
        (None, Villages::Only(_)) => places_sql!("NOT $14 AND village IN ($in)"),
    }
}

/// Places in order of name, then id, after `page.after` in that order.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_places(
    tx: &mut Tx,
    villages: &Villages,
    filter: &PlaceFilter,
    page: PlacePage,
) -> Result<Vec<PlaceRow>, DbError> {
    let (all, ids) = villages.binds();
    let (after_name, after_id) = page.after.unwrap_or((String::new(), Uuid::nil()));
    let prefix = filter.name_prefix.clone().unwrap_or_default();
    let prefix_end = prefix_end(&prefix);
    let within = filter.within;
    let statement = Statement::new(list_sql(villages, filter))
        .bind(after_name)
        .bind(after_id)
        .bind(prefix)
        .bind(prefix_end)
        .bind(filter.place_type.clone())
        .bind(filter.sector.clone())
        .bind(filter.uscc.clone())
        .bind(filter.status.clone())
        .bind(within.is_some())
        .bind(within.map_or(0.0, |within| within.south))
        .bind(within.map_or(0.0, |within| within.west))
        .bind(within.map_or(0.0, |within| within.north))
        .bind(within.map_or(0.0, |within| within.east))
        .bind(all)
        .bind(page.limit)
        .bind_list(ids);
    tx.fetch_all(statement).await?.iter().map(place_row).collect()
}

/// The first text after all that begin with `prefix`, byte by byte; nothing when there is none.
fn prefix_end(prefix: &str) -> Option<String> {
    let mut end: Vec<char> = prefix.chars().collect();
    while let Some(last) = end.pop() {
        // A range of characters steps over the surrogates. UTF-8 bytes order as the characters do.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end.into_iter().collect());
        }
    }
    None
}

/// The named places that exist, in order of id, whatever their village.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_places(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<PlaceRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, feed, village, name, place_type, sector, uscc, address, lat84, lon84, status
         FROM places WHERE id IN ($in) ORDER BY id",
    )
    .bind_list(ids.iter().copied().map(Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(place_row).collect()
}

/// All places that sync in a feed after an id, in order of id: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_places_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<PlaceRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, feed, village, name, place_type, sector, uscc, address, lat84, lon84, status
         FROM places WHERE feed = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(feed)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(place_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projections::sqlite_plan;

    #[tokio::test]
    async fn the_lists_of_all_and_of_one_village_walk_an_index_in_order() {
        let filter = PlaceFilter::default();
        let plan = sqlite_plan(list_sql(&Villages::All, &filter), 15, &Villages::All).await;
        assert!(plan.contains("USING INDEX places_by_name") && !plan.contains("TEMP B-TREE"), "{plan}");
        let one = Villages::Only(vec!["500229001201".to_owned()]);
        let plan = sqlite_plan(list_sql(&one, &filter), 15, &one).await;
        assert!(plan.contains("USING INDEX places_by_village") && !plan.contains("TEMP B-TREE"), "{plan}");
    }

    #[test]
    fn a_prefix_ends_before_the_next_character() {
        assert_eq!(prefix_end("五里").as_deref(), Some("五重"));
        assert_eq!(prefix_end("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(prefix_end("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(prefix_end("\u{10ffff}"), None);
        assert_eq!(prefix_end(""), None);
    }
}
