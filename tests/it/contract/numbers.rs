//! Contract of the rows behind the numbers of 附件2.

use paicha_db::projections::{
    HazardPeriodRow, Page, SpotItemRow, Villages, list_counted_hazards, list_hazard_periods_of_feed, list_spot_items,
    list_spot_items_of_feed, put_hazard_periods, put_spot_items,
};
use paicha_tests::databases::both_engines;
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
        let cases = [
            (5, vec![]),
            (6, vec![rows[3].clone()]),
            (8, vec![rows[3].clone()]),
            (9, vec![]),
            (60, vec![rows[0].clone(), rows[2].clone()]),
            (61, rows[1..3].to_vec()),
        ];
        for (cutoff, expected) in cases {
            let found = list_counted_hazards(&mut tx, &Villages::All, cutoff, None, 9).await?;
            assert_eq!(found, expected, "cutoff {cutoff}");
        }
        let upper = Villages::Only(vec![UPPER.to_owned()]);
        assert_eq!(list_counted_hazards(&mut tx, &upper, 7, None, 9).await?, []);
        assert_eq!(list_counted_hazards(&mut tx, &Villages::Only(vec![]), 61, None, 9).await?, []);
        assert_eq!(list_counted_hazards(&mut tx, &upper, 61, None, 9).await?, [rows[1].clone(), rows[2].clone()]);
        assert_eq!(list_counted_hazards(&mut tx, &upper, 61, Some(id(1)), 9).await?, rows[2..3]);
        put_hazard_periods(&mut tx, &[id(1)], vec![]).await?;
        assert_eq!(list_counted_hazards(&mut tx, &upper, 61, None, 9).await?, rows[2..3]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_checks_behind_a_number_are_listed_in_order_of_time() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        let (one, two) = (id(71).to_string(), id(72).to_string());
        let rows = vec![
            item(1, "1", UPPER, &one, 30),
            item(1, "7", UPPER, &one, 30),
            item(2, "1", UPPER, &one, 20),
            item(3, "1", LOWER, &two, 40),
            item(4, "1", LOWER, "named 演示小店", 50),
        ];
        put_spot_items(&mut tx, &[id(1), id(2), id(3), id(4)], rows.clone(), &[]).await?;
        assert_eq!(list_spot_items_of_feed(&mut tx, UPPER, None, 9).await?, rows);
        assert_eq!(list_spot_items_of_feed(&mut tx, UPPER, Some((id(1), "1".to_owned())), 1).await?, rows[1..2]);
        let all = list_spot_items(&mut tx, &Villages::All, ("1", 41), page(None)).await?;
        assert_eq!(all, [rows[2].clone(), rows[0].clone(), rows[3].clone()]);
        let after = page(Some((20, id(2))));
        assert_eq!(list_spot_items(&mut tx, &only(&[UPPER]), ("1", 41), after).await?, rows[..1]);
        put_spot_items(&mut tx, &[id(2)], vec![], &[]).await?;
        assert_eq!(list_spot_items(&mut tx, &only(&[UPPER]), ("1", 41), page(None)).await?, rows[..1]);
        Ok(())
    })
    .await;
}
