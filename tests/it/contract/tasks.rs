//! Contract of `tasks` and `task_visits`.

use super::{LOWER, UPPER, id, only};
use anyhow::Result;
use paicha_db::Tx;
use paicha_db::projections::{
    Page, TaskFilter, TaskRow, TaskVisitRow, Villages, list_task_visits_of_feed, list_tasks, list_tasks_of_feed,
    list_visits_of_tasks, put_task_visits, put_tasks,
};
use paicha_tests::databases::both_engines;
use uuid::Uuid;

fn task(number: u128, feed: &str, due_at: i64) -> TaskRow {
    TaskRow {
        id: id(number),
        feed: feed.to_owned(),
        what: "inspect".to_owned(),
        assignee: None,
        due_at,
        made_at: 1,
        cancelled: false,
    }
}

fn visit(inspection: u128, feed: &str, task: u128, ended_at: i64) -> TaskVisitRow {
    TaskVisitRow { inspection: id(inspection), feed: feed.to_owned(), task: id(task), person: id(77), ended_at }
}

async fn listed(tx: &mut Tx, villages: &Villages, filter: TaskFilter) -> Result<Vec<Uuid>> {
    let rows = list_tasks(tx, villages, &filter, Page { after: None, limit: 9 }).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[tokio::test]
async fn tasks_are_listed_by_their_day_either_way_and_in_pages() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_tasks(&mut tx, vec![task(1, UPPER, 30), task(2, UPPER, 10), task(3, LOWER, 20), task(4, UPPER, 10)])
            .await?;
        assert_eq!(listed(&mut tx, &Villages::All, TaskFilter::default()).await?, [id(2), id(4), id(3), id(1)]);
        let backwards = TaskFilter { backwards: true, ..TaskFilter::default() };
        assert_eq!(listed(&mut tx, &Villages::All, backwards.clone()).await?, [id(1), id(3), id(4), id(2)]);
        assert_eq!(listed(&mut tx, &only(&[LOWER]), TaskFilter::default()).await?, [id(3)]);
        assert_eq!(listed(&mut tx, &only(&[UPPER, LOWER]), backwards.clone()).await?, [id(1), id(3), id(4), id(2)]);
        assert_eq!(listed(&mut tx, &only(&[]), TaskFilter::default()).await?, [] as [Uuid; 0]);
        let page = Page { after: Some((10, id(2))), limit: 2 };
        assert_eq!(
            list_tasks(&mut tx, &Villages::All, &TaskFilter::default(), page).await?,
            [task(4, UPPER, 10), task(3, LOWER, 20)]
        );
        let page = Page { after: Some((10, id(4))), limit: 2 };
        assert_eq!(list_tasks(&mut tx, &Villages::All, &backwards, page).await?, [task(2, UPPER, 10)]);
        assert_eq!(list_tasks_of_feed(&mut tx, UPPER, Some(id(1)), 1).await?, [task(2, UPPER, 10)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_task_is_stored_as_it_stands_now_and_found_by_who_is_asked() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_tasks(&mut tx, vec![task(1, UPPER, 10), task(2, UPPER, 20)]).await?;
        let now = TaskRow { assignee: Some(id(9)), due_at: 40, cancelled: true, ..task(1, UPPER, 10) };
        put_tasks(&mut tx, vec![now.clone()]).await?;
        assert_eq!(list_tasks_of_feed(&mut tx, UPPER, None, 9).await?, [now, task(2, UPPER, 20)]);
        let asked = TaskFilter { assignee: Some(id(9)), ..TaskFilter::default() };
        assert_eq!(listed(&mut tx, &Villages::All, asked).await?, [id(1)]);
        let standing = TaskFilter { cancelled: Some(false), ..TaskFilter::default() };
        assert_eq!(listed(&mut tx, &Villages::All, standing).await?, [id(2)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_visit_answers_the_task_of_its_own_village_only() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_tasks(&mut tx, vec![task(1, UPPER, 10), task(2, UPPER, 20)]).await?;
        let visits = vec![visit(11, UPPER, 1, 9), visit(12, LOWER, 2, 5), visit(13, UPPER, 1, 8)];
        put_task_visits(&mut tx, &[id(11), id(12), id(13)], visits).await?;
        let visited = |visited| TaskFilter { visited: Some(visited), ..TaskFilter::default() };
        assert_eq!(listed(&mut tx, &Villages::All, visited(true)).await?, [id(1)]);
        assert_eq!(listed(&mut tx, &Villages::All, visited(false)).await?, [id(2)]);
        let answers = list_visits_of_tasks(&mut tx, &[id(1), id(2)]).await?;
        assert_eq!(answers, [visit(13, UPPER, 1, 8), visit(11, UPPER, 1, 9)], "first handed in first");
        assert_eq!(list_visits_of_tasks(&mut tx, &[]).await?, []);
        put_task_visits(&mut tx, &[id(11), id(13)], vec![visit(11, UPPER, 2, 9)]).await?;
        assert_eq!(listed(&mut tx, &Villages::All, visited(true)).await?, [id(2)], "one was voided, one corrected");
        assert_eq!(list_task_visits_of_feed(&mut tx, UPPER, None, 9).await?, [visit(11, UPPER, 2, 9)]);
        assert_eq!(list_task_visits_of_feed(&mut tx, LOWER, Some(id(12)), 9).await?, []);
        put_task_visits(&mut tx, &[], Vec::new()).await?;
        Ok(())
    })
    .await;
}
