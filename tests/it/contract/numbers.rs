//! Contract of the tables behind the numbers of 附件2.

use paicha_db::Statement;
use paicha_db::projections::{
    HazardCount, HazardPeriodRow, Page, SpotItemRow, Villages, count_hazards, count_spot_items, list_counted_hazards,
    list_hazard_periods_of_feed, list_spot_items, list_spot_items_of_feed, list_wrong_spot_firsts, put_hazard_periods,
    put_spot_items,
};
use paicha_tests::databases::both_engines;
use uuid::Uuid;

use super::{LOWER, UPPER, id, put_villages};

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
        let count = |self_found, rectified, hazards| HazardCount { self_found, rectified, listed: false, hazards };
        let cases = [
            (5, vec![]),
            (6, vec![count(false, false, 1)]),
            (8, vec![count(false, false, 1)]),
            (9, vec![]),
            (60, vec![count(false, false, 1), count(true, false, 1)]),
            (61, vec![count(false, true, 1), count(true, false, 1)]),
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
        let counted =
            |items: &[(&str, i64)]| items.iter().map(|(item, n)| ((*item).to_owned(), *n)).collect::<Vec<_>>();
        let only = |village: &str| Villages::Only(vec![village.to_owned()]);
        assert_eq!(count_spot_items(&mut tx, &only(UPPER), 21).await?, counted(&[("1", 1)]));
        assert_eq!(count_spot_items(&mut tx, &only(UPPER), 31).await?, counted(&[("1", 1), ("7", 1)]));
        assert_eq!(count_spot_items(&mut tx, &only(LOWER), 60).await?, counted(&[("1", 2)]));
        let whole = count_spot_items(&mut tx, &Villages::All, 60).await?;
        assert_eq!(whole, counted(&[("1", 2), ("7", 1)]), "two sites of one enterprise are one, and the small shop");
        assert_eq!(list_spot_items(&mut tx, &Villages::All, ("1", 41), page(None)).await?.len(), 3);
        let after = page(Some((20, id(2))));
        assert_eq!(list_spot_items(&mut tx, &only(UPPER), ("1", 41), after).await?, rows[..1]);
        assert_eq!(list_wrong_spot_firsts(&mut tx, 9).await?, [] as [String; 0]);
        put_spot_items(&mut tx, &[id(2)], vec![]).await?;
        assert_eq!(count_spot_items(&mut tx, &only(UPPER), 21).await?, counted(&[]));
        assert_eq!(list_wrong_spot_firsts(&mut tx, 9).await?, [] as [String; 0]);
        tx.execute(Statement::new("UPDATE spot_firsts SET first_at = 1 WHERE item = '7'")).await?;
        assert_eq!(list_wrong_spot_firsts(&mut tx, 9).await?, [one]);
        Ok(())
    })
    .await;
}
