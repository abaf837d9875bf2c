//! Contract of the tables behind the numbers of 附件2.

use paicha_db::Statement;
use paicha_db::projections::{
    HazardCount, HazardPeriodRow, Page, SpotCounts, SpotItemRow, Villages, count_hazards, count_spot_items,
    list_counted_hazards, list_hazard_periods_of_feed, list_spot_items, list_spot_items_of_feed,
    list_wrong_spot_firsts, put_hazard_periods, put_spot_items,
};
use paicha_tests::databases::both_engines;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

use super::{LOWER, UPPER, id, only, put_villages};

fn period(record: u128, village: &str, from_at: i64, to_at: Option<i64>) -> HazardPeriodRow {
    HazardPeriodRow {
        record: id(record),
        feed: UPPER.to_owned(),
        village: village.to_owned(),
        from_at,
        to_at,
        self_found: record.is_multiple_of(2),
        rectified: from_at > 50,
        listed: false,
    }
}

fn item(record: u128, item: &str, village: &str, enterprise: &str, ended_at: i64) -> SpotItemRow {
    SpotItemRow {
        record: id(record),
        item: item.to_owned(),
        feed: UPPER.to_owned(),
        village: village.to_owned(),
        enterprise: enterprise.to_owned(),
        place: Uuid::parse_str(enterprise).ok(),
        ended_at,
    }
}

fn page(after: Option<(i64, Uuid)>) -> Page {
    Page { after, limit: 9 }
}

#[tokio::test]
async fn a_hazard_counts_for_cutoffs_after_its_beginning_and_up_to_its_end() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        let rows = vec![
            period(1, UPPER, 10, Some(60)),
            period(1, UPPER, 60, None),
            period(2, UPPER, 20, None),
            period(3, LOWER, 5, Some(8)),
        ];
        put_hazard_periods(&mut tx, &[id(1), id(2), id(3)], rows.clone()).await?;
        assert_eq!(list_hazard_periods_of_feed(&mut tx, UPPER, None, 9).await?, rows);
        assert_eq!(list_hazard_periods_of_feed(&mut tx, UPPER, Some((id(1), 10)), 2).await?, rows[1..3]);
        let count = |village: &str, self_found, rectified| HazardCount {
            village: village.to_owned(),
            self_found,
            rectified,
            listed: false,
            hazards: 1,
        };
        let cases = [
            (5, vec![]),
            (6, vec![count(LOWER, false, false)]),
            (8, vec![count(LOWER, false, false)]),
            (9, vec![]),
            (60, vec![count(UPPER, false, false), count(UPPER, true, false)]),
            (61, vec![count(UPPER, false, true), count(UPPER, true, false)]),
        ];
        for (cutoff, expected) in cases {
            assert_eq!(count_hazards(&mut tx, &Villages::All, cutoff).await?, expected, "cutoff {cutoff}");
        }
        let upper = Villages::Only(vec![UPPER.to_owned()]);
        assert_eq!(count_hazards(&mut tx, &upper, 7).await?, []);
        assert_eq!(count_hazards(&mut tx, &Villages::Only(vec![]), 61).await?, []);
        assert_eq!(list_counted_hazards(&mut tx, &upper, 61, None, 9).await?, [rows[1].clone(), rows[2].clone()]);
        assert_eq!(list_counted_hazards(&mut tx, &upper, 61, Some(id(1)), 9).await?, rows[2..3]);
        put_hazard_periods(&mut tx, &[id(1)], vec![]).await?;
        assert_eq!(list_counted_hazards(&mut tx, &upper, 61, None, 9).await?, rows[2..3]);
        Ok(())
    })
    .await;
}

/// What the villages count by item, and what they count together.
fn counted(villages: &[(&str, &str, i64)], all: &[(&str, i64)]) -> SpotCounts {
    let mut counts = SpotCounts::default();
    for (village, item, count) in villages {
        counts.villages.entry((*village).to_owned()).or_default().insert((*item).to_owned(), *count);
    }
    counts.all = all.iter().map(|(item, count)| ((*item).to_owned(), *count)).collect();
    counts
}

#[tokio::test]
async fn an_enterprise_counts_once_and_by_its_first_check() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        for (number, village) in [(71_u128, UPPER), (72, LOWER)] {
            let place =
                Statement::new("INSERT INTO places (id, feed, village, name, uscc) VALUES ($1, $2, $2, '', 'SAME')");
            tx.execute(place.bind(id(number)).bind(village)).await?;
        }
        let (one, two) = (id(71).to_string(), id(72).to_string());
        let rows = vec![
            item(1, "1", UPPER, &one, 30),
            item(1, "7", UPPER, &one, 30),
            item(2, "1", UPPER, &one, 20),
            item(3, "1", LOWER, &two, 40),
            item(4, "1", LOWER, "named 演示小店", 50),
        ];
        put_spot_items(&mut tx, &[id(1), id(2), id(3), id(4)], rows.clone()).await?;
        assert_eq!(list_spot_items_of_feed(&mut tx, UPPER, None, 9).await?, rows);
        assert_eq!(list_spot_items_of_feed(&mut tx, UPPER, Some((id(1), "1".to_owned())), 1).await?, rows[1..2]);
        assert_eq!(count_spot_items(&mut tx, &only(&[UPPER]), 21).await?, counted(&[(UPPER, "1", 1)], &[("1", 1)]));
        let upper = counted(&[(UPPER, "1", 1), (UPPER, "7", 1)], &[("1", 1), ("7", 1)]);
        assert_eq!(count_spot_items(&mut tx, &only(&[UPPER]), 31).await?, upper);
        assert_eq!(count_spot_items(&mut tx, &only(&[LOWER]), 60).await?, counted(&[(LOWER, "1", 2)], &[("1", 2)]));
        let whole = counted(&[(UPPER, "1", 1), (UPPER, "7", 1), (LOWER, "1", 2)], &[("1", 2), ("7", 1)]);
        let found = count_spot_items(&mut tx, &Villages::All, 60).await?;
        assert_eq!(found, whole, "two sites of one enterprise are one, and the small shop");
        assert_eq!(list_spot_items(&mut tx, &Villages::All, ("1", 41), page(None)).await?.len(), 3);
        let after = page(Some((20, id(2))));
        assert_eq!(list_spot_items(&mut tx, &only(&[UPPER]), ("1", 41), after).await?, rows[..1]);
        assert_eq!(list_wrong_spot_firsts(&mut tx, 9).await?, [] as [String; 0]);
        put_spot_items(&mut tx, &[id(2)], vec![]).await?;
        assert_eq!(count_spot_items(&mut tx, &only(&[UPPER]), 21).await?, SpotCounts::default());
        assert_eq!(list_wrong_spot_firsts(&mut tx, 9).await?, [] as [String; 0]);
        tx.execute(Statement::new("UPDATE spot_firsts SET first_at = 1 WHERE item = '7'")).await?;
        assert_eq!(list_wrong_spot_firsts(&mut tx, 9).await?, [one]);
        Ok(())
    })
    .await;
}

/// A number below a limit that looks random and is the same every time.
fn drawn(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

#[tokio::test]
async fn counting_rows_less_the_surplus_is_counting_distinct_enterprises() {
    both_engines(|db| async move {
        let mut state = 20_230_612;
        for round in 0..12 {
            let mut tx = db.begin_write().await?;
            put_villages(&mut tx).await?;
            let mut codes = BTreeMap::new();
            for number in 100..112_u128 {
                // One of five codes, the empty code, or none: sites of one enterprise, in both villages.
                let code = match drawn(&mut state, 8) {
                    digit @ 0..=4 => Some(format!("CODE{digit}")),
                    5 => Some(String::new()),
                    _ => None,
                };
                let sql = "INSERT INTO places (id, feed, village, name, uscc) VALUES ($1, $2, $2, '', $3)";
                tx.execute(Statement::new(sql).bind(id(number)).bind(UPPER).bind(code.clone())).await?;
                codes.insert(id(number).to_string(), code.filter(|code| !code.is_empty()));
            }
            let mut names: Vec<String> = codes.keys().cloned().collect();
            names.extend((0..4).map(|stall| format!("named {stall}")));
            let checks: Vec<SpotItemRow> = (0..60_u128)
                .flat_map(|check| {
                    let name = names[usize::try_from(drawn(&mut state, 16)).unwrap()].clone();
                    let village = if drawn(&mut state, 3) == 0 { LOWER } else { UPPER };
                    let at = i64::try_from(drawn(&mut state, 100)).unwrap();
                    let wrong = ["2", "u5", "7"].into_iter().filter(|_| drawn(&mut state, 3) == 0).collect::<Vec<_>>();
                    let items = std::iter::once("1").chain(wrong);
                    items.map(|code| item(check, code, village, &name, at)).collect::<Vec<_>>()
                })
                .collect();
            let ids: Vec<Uuid> = (0..60).map(id).collect();
            put_spot_items(&mut tx, &ids, checks.clone()).await?;
            for villages in [Villages::All, only(&[UPPER]), only(&[LOWER]), only(&[UPPER, LOWER]), only(&[])] {
                for cutoff in [0, 30, 60, 101] {
                    let (mut each, mut all) = (BTreeMap::new(), BTreeMap::new());
                    for row in checks.iter().filter(|row| row.ended_at < cutoff && villages.contain(&row.village)) {
                        let key = codes.get(&row.enterprise).cloned().flatten().unwrap_or(row.enterprise.clone());
                        let of_village = each.entry(row.village.clone()).or_insert_with(BTreeMap::new);
                        of_village.entry(row.item.clone()).or_insert_with(BTreeSet::new).insert(key.clone());
                        all.entry(row.item.clone()).or_insert_with(BTreeSet::new).insert(key);
                    }
                    let sizes = |of: BTreeMap<String, BTreeSet<String>>| -> BTreeMap<String, i64> {
                        of.into_iter().map(|(item, keys)| (item, i64::try_from(keys.len()).unwrap())).collect()
                    };
                    let each = each.into_iter().map(|(village, of)| (village, sizes(of))).collect();
                    let expected = SpotCounts { villages: each, all: sizes(all) };
                    let found = count_spot_items(&mut tx, &villages, cutoff).await?;
                    assert_eq!(found, expected, "round {round}, {villages:?}, cutoff {cutoff}");
                }
            }
            tx.rollback().await?;
        }
        Ok(())
    })
    .await;
}
