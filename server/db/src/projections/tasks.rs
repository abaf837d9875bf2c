//! The tables `tasks` and `task_visits`: what people were asked to do, and the visits that answered it. What a newcomer gets wrong: no column says that a
//! task is done; it is when a visit of its own village names it, and a reminder ends with what it reminded of.

use super::{Page, Villages};
use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};
use uuid::Uuid;

/// One task as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// The record.
    pub id: Uuid,
    /// Feed it syncs in: the village it is about.
    pub feed: String,
    /// `inspect` or `remind`.
    pub what: String,
    /// Who is asked; nobody for the whole village.
    pub assignee: Option<Uuid>,
    /// End of the day by which it is asked for, microseconds UTC.
    pub due_at: i64,
    /// When it was asked for, microseconds UTC.
    pub made_at: i64,
    /// Taken back.
    pub cancelled: bool,
}

/// A visit that names a task, handed in and not voided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskVisitRow {
    /// The inspection.
    pub inspection: Uuid,
    /// Feed it syncs in.
    pub feed: String,
    /// The task it names, of whatever village.
    pub task: Uuid,
    /// Who made the visit.
    pub person: Uuid,
    /// When it was handed in, microseconds UTC.
    pub ended_at: i64,
}

fn task_row(row: &Row) -> Result<TaskRow, DbError> {
    Ok(TaskRow {
        id: row.uuid("id")?,
        feed: row.text("feed")?,
        what: row.text("what")?,
        assignee: row.opt_uuid("assignee")?,
        due_at: row.i64("due_at")?,
        made_at: row.i64("made_at")?,
        cancelled: row.bool("cancelled")?,
    })
}

fn visit_row(row: &Row) -> Result<TaskVisitRow, DbError> {
    Ok(TaskVisitRow {
        inspection: row.uuid("inspection")?,
        feed: row.text("feed")?,
        task: row.uuid("task")?,
        person: row.uuid("person")?,
        ended_at: row.i64("ended_at")?,
    })
}

/// Stores tasks as they stand now; no two of one id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_tasks(tx: &mut Tx, tasks: Vec<TaskRow>) -> Result<(), DbError> {
    let rows = tasks.into_iter().map(|row| {
        vec![
            row.id.into(),
            row.feed.into(),
            row.what.into(),
            row.assignee.into(),
            row.due_at.into(),
            row.made_at.into(),
            row.cancelled.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO tasks (id, feed, what, assignee, due_at, made_at, cancelled) VALUES",
        rows.collect(),
        "ON CONFLICT (id) DO UPDATE SET feed = excluded.feed, what = excluded.what, assignee = excluded.assignee,
         due_at = excluded.due_at, made_at = excluded.made_at, cancelled = excluded.cancelled",
    )
    .await?;
    Ok(())
}

/// Replaces what these inspections say about tasks.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_task_visits(tx: &mut Tx, inspections: &[Uuid], visits: Vec<TaskVisitRow>) -> Result<(), DbError> {
    if inspections.is_empty() {
        return Ok(());
    }
    let ids = inspections.iter().copied().map(Value::from).collect();
    tx.execute(Statement::new("DELETE FROM task_visits WHERE inspection IN ($in)").bind_list(ids)).await?;
    let rows = visits.into_iter().map(|row| {
        vec![row.inspection.into(), row.feed.into(), row.task.into(), row.person.into(), row.ended_at.into()]
    });
    tx.execute_rows("INSERT INTO task_visits (inspection, feed, task, person, ended_at) VALUES", rows.collect(), "")
        .await?;
    Ok(())
}

/// What is wanted; an empty filter is everything in the villages.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    /// Asked of this person.
    pub assignee: Option<Uuid>,
    /// Taken back or not.
    pub cancelled: Option<bool>,
    /// Answered by a visit or not.
    pub visited: Option<bool>,
    /// Last due first, instead of first due first.
    pub backwards: bool,
}

/// The list, with `$lead` as the condition that an index answers, onwards or backwards.
macro_rules! tasks_sql {
    ($lead:literal) => {
        (tasks_sql!($lead, ">", "due_at, id"), tasks_sql!($lead, "<", "due_at DESC, id DESC"))
    };
    ($lead:literal, $after:literal, $order:literal) => {
        concat!(
            "SELECT id, feed, what, assignee, due_at, made_at, cancelled FROM tasks WHERE ",
            $lead,
            " AND (due_at, id) ",
            $after,
            " ($1, $2) AND ($3 IS NULL OR assignee = $3) AND ($4 IS NULL OR cancelled = $4)
           AND ($5 IS NULL OR $5 = EXISTS (SELECT 1 FROM task_visits
             WHERE task_visits.task = tasks.id AND task_visits.feed = tasks.feed))
         ORDER BY ",
            $order,
            " LIMIT $6"
        )
    };
}

fn list_sql(villages: &Villages, backwards: bool) -> &'static str {
    let (onwards_sql, backwards_sql) = match villages {
        Villages::All => tasks_sql!("($7 OR feed IN ($in))"),
        Villages::Only(ids) if ids.len() == 1 => tasks_sql!("NOT $7 AND feed = ($in)"),
        Villages::Only(_) => tasks_sql!("NOT $7 AND feed IN ($in)"),
    };
    if backwards { backwards_sql } else { onwards_sql }
}

/// Tasks, first due first or last due first, after `page.after` in that order.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_tasks(
    tx: &mut Tx,
    villages: &Villages,
    filter: &TaskFilter,
    page: Page,
) -> Result<Vec<TaskRow>, DbError> {
    let (all, ids) = villages.binds();
    let end = if filter.backwards { (i64::MAX, Uuid::max()) } else { (i64::MIN, Uuid::nil()) };
    let after = page.after.unwrap_or(end);
    let statement = Statement::new(list_sql(villages, filter.backwards))
        .bind(after.0)
        .bind(after.1)
        .bind(filter.assignee)
        .bind(filter.cancelled)
        .bind(filter.visited)
        .bind(page.limit)
        .bind(all)
        .bind_list(ids);
    tx.fetch_all(statement).await?.iter().map(task_row).collect()
}

/// The visits that answered these tasks, those of the tasks' own villages, first handed in first.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_visits_of_tasks(tx: &mut Tx, tasks: &[Uuid]) -> Result<Vec<TaskVisitRow>, DbError> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let statement = Statement::new(
        "SELECT task_visits.inspection, task_visits.feed, task_visits.task, task_visits.person, task_visits.ended_at
         FROM task_visits JOIN tasks ON tasks.id = task_visits.task AND tasks.feed = task_visits.feed
         WHERE task_visits.task IN ($in) ORDER BY task_visits.ended_at, task_visits.inspection",
    )
    .bind_list(tasks.iter().copied().map(Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(visit_row).collect()
}

/// All tasks that sync in a feed after an id, in order of id: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_tasks_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<TaskRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, feed, what, assignee, due_at, made_at, cancelled FROM tasks
         WHERE feed = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(feed)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(task_row).collect()
}

/// All visits of a feed that name a task, after an inspection, in order of that: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_task_visits_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<TaskVisitRow>, DbError> {
    let statement = Statement::new(
        "SELECT inspection, feed, task, person, ended_at FROM task_visits
         WHERE feed = $1 AND inspection > $2 ORDER BY inspection LIMIT $3",
    )
    .bind(feed)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(visit_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_common_lists_walk_an_index_in_order() {
        let one = Villages::Only(vec!["500229001201".to_owned()]);
        for (backwards, sign) in [(false, ">"), (true, "<")] {
            let plan = crate::projections::sqlite_plan(list_sql(&one, backwards), 7, &one).await;
            let own = format!("SEARCH tasks USING INDEX tasks_by_feed (feed=? AND (due_at,id){sign}(?,?))");
            assert!(plan.starts_with(&own) && !plan.contains("SCAN"), "{plan}");
            let plan = crate::projections::sqlite_plan(list_sql(&Villages::All, backwards), 7, &Villages::All).await;
            let all = format!("SEARCH tasks USING INDEX tasks_by_due ((due_at,id){sign}(?,?))");
            assert!(plan.starts_with(&all) && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
