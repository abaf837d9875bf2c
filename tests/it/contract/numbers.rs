//! Contract of the rows behind the numbers of 附件2.

use paicha_db::projections::{
    Counting, HazardCount, HazardPeriodRow, Page, SpotCounts, SpotItemRow, Villages, count_hazards_by_rows,
    count_spot_items_by_rows, list_counted_hazards, list_hazard_periods_of_feed, list_spot_items,
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
            let found = list_counted_hazards(&mut tx, &Villages::All, &Counting::before(cutoff), None, 9).await?;
            assert_eq!(found, expected, "cutoff {cutoff}");
        }
        let upper = Villages::Only(vec![UPPER.to_owned()]);
        assert_eq!(list_counted_hazards(&mut tx, &upper, &Counting::before(7), None, 9).await?, []);
        assert_eq!(list_counted_hazards(&mut tx, &Villages::Only(vec![]), &Counting::before(61), None, 9).await?, []);
        assert_eq!(
            list_counted_hazards(&mut tx, &upper, &Counting::before(61), None, 9).await?,
            [rows[1].clone(), rows[2].clone()]
        );
        assert_eq!(list_counted_hazards(&mut tx, &upper, &Counting::before(61), Some(id(1)), 9).await?, rows[2..3]);
        put_hazard_periods(&mut tx, &[id(1)], vec![]).await?;
        assert_eq!(list_counted_hazards(&mut tx, &upper, &Counting::before(61), None, 9).await?, rows[2..3]);
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
        let all = list_spot_items(&mut tx, &Villages::All, ("1", &Counting::before(41)), page(None)).await?;
        assert_eq!(all, [rows[2].clone(), rows[0].clone(), rows[3].clone()]);
        let after = page(Some((20, id(2))));
        assert_eq!(list_spot_items(&mut tx, &only(&[UPPER]), ("1", &Counting::before(41)), after).await?, rows[..1]);
        put_spot_items(&mut tx, &[id(2)], vec![], &[]).await?;
        assert_eq!(
            list_spot_items(&mut tx, &only(&[UPPER]), ("1", &Counting::before(41)), page(None)).await?,
            rows[..1]
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_was_found_before_the_beginning_of_the_count_is_left_out_for_good() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        let rows = vec![
            period(1, UPPER, 10, Some(60)),
            period(1, UPPER, 60, None),
            period(2, UPPER, 20, None),
            period(3, LOWER, 20, None),
        ];
        put_hazard_periods(&mut tx, &[id(1), id(2), id(3)], rows.clone()).await?;
        let count = |village: &str, self_found: bool, rectified: bool| HazardCount {
            village: village.to_owned(),
            self_found,
            rectified,
            listed: false,
            hazards: 1,
        };
        let whole = Counting::before(61);
        let from = Counting { from: Some(20), ..whole };
        let all = [count(LOWER, false, false), count(UPPER, false, true), count(UPPER, true, false)];
        let mut found = count_hazards_by_rows(&mut tx, &Villages::All, &whole).await?;
        found.sort_by(|one, other| (&one.village, one.self_found).cmp(&(&other.village, other.self_found)));
        let mut expected = all.to_vec();
        expected.sort_by(|one, other| (&one.village, one.self_found).cmp(&(&other.village, other.self_found)));
        assert_eq!(found, expected);
        assert_eq!(count_hazards_by_rows(&mut tx, &only(&[UPPER]), &from).await?, [count(UPPER, true, false)]);
        assert_eq!(list_counted_hazards(&mut tx, &only(&[UPPER]), &from, None, 9).await?, rows[2..3]);
        let early = Counting { from: Some(21), ..whole };
        assert_eq!(count_hazards_by_rows(&mut tx, &Villages::All, &early).await?, []);
        assert_eq!(count_hazards_by_rows(&mut tx, &only(&[UPPER]), &Counting::before(20)).await?.len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn checks_count_where_the_enterprise_is_or_for_those_who_made_them() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        let one = "01900000-0000-7000-8000-000000000071";
        // All of them were made by the people of the upper village.
        let rows =
            vec![item(1, "1", UPPER, one, 10), item(2, "1", LOWER, one, 20), item(3, "1", LOWER, "named 演示小店", 30)];
        put_spot_items(&mut tx, &[id(1), id(2), id(3)], rows.clone(), &[]).await?;
        let located = Counting::before(31);
        let performed = Counting { by_performer: true, ..located };
        let of =
            |counts: &SpotCounts, village: &str| counts.villages.get(village).and_then(|items| items.get("1")).copied();
        let counts = count_spot_items_by_rows(&mut tx, &Villages::All, &located).await?;
        assert_eq!((of(&counts, UPPER), of(&counts, LOWER), counts.all["1"]), (Some(1), Some(2), 2));
        let counts = count_spot_items_by_rows(&mut tx, &Villages::All, &performed).await?;
        assert_eq!((of(&counts, UPPER), of(&counts, LOWER), counts.all["1"]), (Some(2), None, 2));
        let late = Counting { from: Some(20), ..performed };
        let counts = count_spot_items_by_rows(&mut tx, &only(&[UPPER]), &Counting { cutoff: 30, ..late }).await?;
        assert_eq!((of(&counts, UPPER), counts.all["1"]), (Some(1), 1));
        assert_eq!(list_spot_items(&mut tx, &only(&[UPPER]), ("1", &late), page(None)).await?, rows[1..]);
        assert_eq!(list_spot_items(&mut tx, &only(&[LOWER]), ("1", &late), page(None)).await?, []);
        assert_eq!(list_spot_items(&mut tx, &only(&[LOWER]), ("1", &located), page(None)).await?, rows[1..]);
        Ok(())
    })
    .await;
}
