//! Contract of what is kept beside the rows behind 附件2: totals by month, and first checks of enterprises. Whatever is written, and by however
//! many at once, they are what a plain count of the rows says.

use super::{LOWER, UPPER, id, only, put_villages};
use anyhow::Result;
use paicha_db::projections::{
    HazardCount, HazardPeriodRow, PlaceRow, SpotCounts, SpotItemRow, Villages, count_hazards, count_spot_items,
    list_wrong_totals, put_hazard_periods, put_places, put_spot_items, recount_totals,
};
use paicha_db::{Database, DbError, Engine, Statement, Tx};
use paicha_tests::databases::both_engines;
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::time::Month;
use uuid::Uuid;

/// Forms that are asked for; instants lie around their cutoffs.
const MONTHS: [(u16, u8); 4] = [(2023, 5), (2023, 6), (2023, 12), (2024, 1)];
/// Sites that are checked.
const SITES: std::ops::Range<u128> = 100..112;

/// A number below a limit that looks random and is the same every time.
fn drawn(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

fn index(state: &mut u64, below: u64) -> usize {
    usize::try_from(drawn(state, below)).expect("small")
}

fn months() -> impl Iterator<Item = Month> {
    MONTHS.into_iter().map(|(year, month)| Month::new(year, month).expect("a month"))
}

/// An instant close to a cutoff, half of the time the microsecond before or after.
fn instant(state: &mut u64) -> i64 {
    let month = months().nth(index(state, 4)).expect("one of four");
    let beside = [-40_000_000_000_000, -1, 0, 1, 3_000_000_000_000, 0][index(state, 6)];
    month.first_instant().as_micros() + beside
}

fn village(state: &mut u64) -> &'static str {
    if drawn(state, 3) == 0 { LOWER } else { UPPER }
}

fn periods(state: &mut u64, record: u128) -> Vec<HazardPeriodRow> {
    let village = village(state);
    let mut starts: Vec<i64> = (0..drawn(state, 4)).map(|_| instant(state)).collect();
    starts.sort_unstable();
    starts.dedup();
    let row = |(index, from_at): (usize, &i64)| HazardPeriodRow {
        record: id(record),
        feed: UPPER.to_owned(),
        village: village.to_owned(),
        from_at: *from_at,
        to_at: starts.get(index + 1).copied(),
        self_found: record.is_multiple_of(2),
        rectified: index > 0,
        listed: index > 1,
    };
    starts.iter().enumerate().map(row).collect()
}

fn items(state: &mut u64, check: u128) -> Vec<SpotItemRow> {
    let site = 98 + drawn(state, 14);
    let place = SITES.contains(&u128::from(site)).then(|| id(site.into()));
    let enterprise = place.map_or_else(|| format!("named {site}"), |place| place.to_string());
    let (village, ended_at) = (village(state), instant(state));
    let wrong: Vec<&str> = ["2", "u5", "7"].into_iter().filter(|_| drawn(state, 3) == 0).collect();
    let row = |item: &str| SpotItemRow {
        record: id(check),
        item: item.to_owned(),
        feed: UPPER.to_owned(),
        village: village.to_owned(),
        enterprise: enterprise.clone(),
        place,
        ended_at,
    };
    // One in ten is voided, and counts for nothing.
    if drawn(state, 10) == 0 { Vec::new() } else { std::iter::once("1").chain(wrong).map(row).collect() }
}

/// A site with one of four codes, the empty code, or none.
fn place(state: &mut u64, site: u128) -> PlaceRow {
    let uscc = match drawn(state, 7) {
        digit @ 0..=3 => Some(format!("CODE{digit}")),
        4 => Some(String::new()),
        _ => None,
    };
    PlaceRow {
        id: id(site),
        feed: UPPER.to_owned(),
        village: UPPER.to_owned(),
        name: String::new(),
        place_type: None,
        sector: None,
        uscc,
        address: None,
        lat84: None,
        lon84: None,
        status: None,
    }
}

/// What was written, and a plain count of it.
#[derive(Default)]
struct Written {
    periods: BTreeMap<u128, Vec<HazardPeriodRow>>,
    checks: BTreeMap<u128, Vec<SpotItemRow>>,
    codes: BTreeMap<Uuid, String>,
}

impl Written {
    /// One write of each kind, in one go like a push.
    async fn write(&mut self, tx: &mut Tx, state: &mut u64) -> Result<(), DbError> {
        let some = |state: &mut u64, of: u64| -> BTreeSet<u128> { (0..4).map(|_| drawn(state, of).into()).collect() };
        let places: Vec<PlaceRow> = match drawn(state, 2) {
            0 => some(state, 12).into_iter().map(|site| place(state, SITES.start + site)).collect(),
            _ => Vec::new(),
        };
        for place in &places {
            match place.uscc.clone().filter(|code| !code.is_empty()) {
                Some(code) => self.codes.insert(place.id, code),
                None => self.codes.remove(&place.id),
            };
        }
        let stored: Vec<Uuid> = places.iter().map(|place| place.id).collect();
        put_places(tx, places).await?;
        let hazards = some(state, 20);
        for hazard in &hazards {
            self.periods.insert(*hazard, periods(state, *hazard));
        }
        let rows = hazards.iter().flat_map(|hazard| self.periods[hazard].clone()).collect();
        put_hazard_periods(tx, &hazards.iter().copied().map(id).collect::<Vec<_>>(), rows).await?;
        let checks = if drawn(state, 4) == 0 { BTreeSet::new() } else { some(state, 40) };
        for check in &checks {
            self.checks.insert(*check, items(state, *check));
        }
        let rows = checks.iter().flat_map(|check| self.checks[check].clone()).collect();
        put_spot_items(tx, &checks.iter().copied().map(id).collect::<Vec<_>>(), rows, &stored).await
    }

    fn hazards(&self, villages: &Villages, month: Month) -> Vec<HazardCount> {
        let cutoff = month.first_instant().as_micros();
        let mut found = BTreeMap::new();
        let counts = |row: &&HazardPeriodRow| row.from_at < cutoff && row.to_at.is_none_or(|to_at| to_at >= cutoff);
        for row in self.periods.values().flatten().filter(counts).filter(|row| villages.contain(&row.village)) {
            *found.entry((row.village.clone(), row.self_found, row.rectified, row.listed)).or_insert(0) += 1;
        }
        let count = |((village, self_found, rectified, listed), hazards)| HazardCount {
            village,
            self_found,
            rectified,
            listed,
            hazards,
        };
        found.into_iter().map(count).collect()
    }

    fn spots(&self, villages: &Villages, month: Month) -> SpotCounts {
        let cutoff = month.first_instant().as_micros();
        let (mut each, mut all) = (BTreeMap::new(), BTreeMap::new());
        let rows = self.checks.values().flatten();
        for row in rows.filter(|row| row.ended_at < cutoff && villages.contain(&row.village)) {
            let key = row.place.and_then(|place| self.codes.get(&place)).unwrap_or(&row.enterprise);
            let of_village = each.entry(row.village.clone()).or_insert_with(BTreeMap::new);
            of_village.entry(row.item.clone()).or_insert_with(BTreeSet::new).insert(key);
            all.entry(row.item.clone()).or_insert_with(BTreeSet::new).insert(key);
        }
        let sizes = |of: BTreeMap<String, BTreeSet<&String>>| -> BTreeMap<String, i64> {
            of.into_iter().map(|(item, keys)| (item, i64::try_from(keys.len()).expect("few"))).collect()
        };
        let villages = each.into_iter().map(|(village, of)| (village, sizes(of))).collect();
        SpotCounts { villages, all: sizes(all) }
    }

    async fn compare(&self, tx: &mut Tx) -> Result<(), DbError> {
        for villages in [Villages::All, only(&[UPPER]), only(&[LOWER]), only(&[UPPER, LOWER]), only(&[])] {
            for month in months() {
                let expected = self.hazards(&villages, month);
                assert_eq!(count_hazards(tx, &villages, month).await?, expected, "{villages:?} {month}");
                let expected = self.spots(&villages, month);
                assert_eq!(count_spot_items(tx, &villages, month).await?, expected, "{villages:?} {month}");
            }
        }
        assert_eq!(list_wrong_totals(tx, 9).await?, [] as [String; 0]);
        Ok(())
    }
}

#[tokio::test]
async fn totals_are_what_a_plain_count_says_after_every_write() {
    both_engines(|db| async move {
        for round in 0..6_u64 {
            let mut state = 20_230_612 + round;
            let mut written = Written::default();
            let mut tx = db.begin_write().await?;
            put_villages(&mut tx).await?;
            for _ in 0..12 {
                written.write(&mut tx, &mut state).await?;
                written.compare(&mut tx).await?;
            }
            tx.rollback().await?;
        }
        Ok(())
    })
    .await;
}

/// What the form of June says.
async fn june(tx: &mut Tx, item: &str) -> Result<(i64, i64), DbError> {
    let june = Month::new(2023, 6).expect("a month");
    let hazards = count_hazards(tx, &Villages::All, june).await?.iter().map(|count| count.hazards).sum();
    let spots = count_spot_items(tx, &Villages::All, june).await?;
    Ok((hazards, spots.all.get(item).copied().unwrap_or_default()))
}

#[tokio::test]
async fn damaged_totals_are_found_and_counted_again() {
    both_engines(|db| async move {
        let mut state = 7;
        let mut written = Written::default();
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        for _ in 0..12 {
            written.write(&mut tx, &mut state).await?;
        }
        tx.commit().await?;
        let damages = [
            ("UPDATE hazard_months SET hazards = hazards + 1", "hazard_months"),
            ("DELETE FROM spot_months WHERE item = '1'", "spot_months"),
            ("UPDATE spot_firsts SET first_at = 1 WHERE item = '7'", "spot_firsts"),
            ("UPDATE spot_firsts SET several = NOT several", "spot_firsts"),
            ("DELETE FROM spot_firsts WHERE item = '1'", "spot_firsts"),
            ("UPDATE spot_items SET counted = 'CODE9' WHERE item = '1'", "spot_items.counted"),
        ];
        for (damage, table) in damages {
            let mut tx = db.begin_write().await?;
            let rows = tx.execute(Statement::new(damage)).await?;
            assert!(rows > 0, "{damage} changes nothing");
            let wrong = list_wrong_totals(&mut tx, 500).await?;
            assert!(wrong.iter().any(|words| words.starts_with(table)), "{damage}: {wrong:?}");
            recount_totals(&mut tx).await?;
            written.compare(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_migration_counts_what_was_there_before() {
    both_engines(|db| async move {
        let mut state = 11;
        let mut written = Written::default();
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        for _ in 0..12 {
            written.write(&mut tx, &mut state).await?;
        }
        for table in ["DELETE FROM hazard_months", "DELETE FROM spot_months", "DELETE FROM spot_firsts"] {
            tx.execute(Statement::new(table)).await?;
        }
        tx.execute(Statement::new("UPDATE spot_items SET counted = ''")).await?;
        let migration = match db.engine() {
            Engine::Sqlite => include_str!("../../../migrations/sqlite/0012_totals.sql"),
            Engine::Postgres => include_str!("../../../migrations/postgres/0012_totals.sql"),
        };
        let mut filled = 0;
        for statement in migration.split(";\n") {
            let begins = ["INSERT INTO", "UPDATE"].iter().filter_map(|word| statement.find(word)).min();
            if let Some(start) = begins {
                tx.execute(Statement::new(&statement[start..])).await?;
                filled += 1;
            }
        }
        assert_eq!(filled, 4, "three tables and a column");
        written.compare(&mut tx).await?;
        Ok(())
    })
    .await;
}

/// A phone that writes what nobody else writes, but about the same enterprises and in the same villages.
async fn phone(db: Database, number: u128) -> Result<()> {
    let mut state = u64::try_from(number)?;
    for turn in 0..15_u128 {
        let mut tx = db.begin_write().await?;
        let places = if turn.is_multiple_of(3) { vec![place(&mut state, SITES.start + number)] } else { Vec::new() };
        let stored: Vec<Uuid> = places.iter().map(|place| place.id).collect();
        put_places(&mut tx, places).await?;
        let record = number * 100 + turn % 5;
        put_hazard_periods(&mut tx, &[id(record)], periods(&mut state, record)).await?;
        put_spot_items(&mut tx, &[id(record)], items(&mut state, record), &stored).await?;
        tx.commit().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_that_write_at_once_lose_no_count() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        tx.commit().await?;
        let phones: Vec<_> = (1..=6).map(|number| tokio::spawn(phone(db.clone(), number))).collect();
        for phone in phones {
            phone.await??;
        }
        let mut tx = db.begin_write().await?;
        assert_eq!(list_wrong_totals(&mut tx, 9).await?, [] as [String; 0]);
        let counted = june(&mut tx, "1").await?;
        assert!(counted.0 > 0 && counted.1 > 0, "{counted:?}");
        recount_totals(&mut tx).await?;
        assert_eq!(june(&mut tx, "1").await?, counted);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn whoever_counts_for_the_same_enterprise_waits() {
    both_engines(|db| async move {
        // SQLite has one writer.
        if db.engine() == Engine::Sqlite {
            return Ok(());
        }
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        tx.commit().await?;
        let mut state = 3;
        let mut sites = [100, 101].map(|site| PlaceRow { uscc: Some("CODE1".to_owned()), ..place(&mut state, site) });
        let [first, second] = [(1, UPPER, id(100)), (2, LOWER, id(101))].map(|(record, village, place)| SpotItemRow {
            record: id(record),
            item: "1".to_owned(),
            feed: UPPER.to_owned(),
            village: village.to_owned(),
            enterprise: place.to_string(),
            place: Some(place),
            ended_at: 5,
        });
        let mut tx = db.begin_write().await?;
        put_places(&mut tx, sites.to_vec()).await?;
        put_spot_items(&mut tx, &[], Vec::new(), &sites.clone().map(|site| site.id)).await?;
        tx.commit().await?;
        let mut tx = db.begin_write().await?;
        put_spot_items(&mut tx, &[first.record], vec![first], &[]).await?;
        // The other site of the enterprise, for another village; and the code of the first site becomes another one.
        sites[0].uscc = Some("CODE2".to_owned());
        let (other, site) = (db.clone(), sites[0].clone());
        let mut check = tokio::spawn(async move {
            let mut tx = other.begin_write().await?;
            put_spot_items(&mut tx, &[second.record], vec![second], &[]).await?;
            tx.commit().await
        });
        let other = db.clone();
        let mut code = tokio::spawn(async move {
            let mut tx = other.begin_write().await?;
            put_places(&mut tx, vec![site.clone()]).await?;
            put_spot_items(&mut tx, &[], Vec::new(), &[site.id]).await?;
            tx.commit().await
        });
        assert!(super::waits(&mut check).await && super::waits(&mut code).await);
        tx.commit().await?;
        check.await??;
        code.await??;
        let mut tx = db.begin_write().await?;
        assert_eq!(list_wrong_totals(&mut tx, 9).await?, [] as [String; 0]);
        let counts = count_spot_items(&mut tx, &Villages::All, Month::new(2023, 6)?).await?;
        assert_eq!(counts.all.get("1"), Some(&2), "two codes, two enterprises");
        Ok(())
    })
    .await;
}
