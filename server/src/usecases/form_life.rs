//! The life of the monthly forms: a village hands one in, the subdistrict returns or locks it, a mistake becomes a new revision that two people
//! agreed to (domain 2.6). Each step is an event in the form's record, written by an operation of the server's own, so it stands in the
//! village's ledger with the hash of what was handed in. What a newcomer gets wrong: what is locked is what was handed in, not what the records
//! say when somebody presses the button.

pub mod act;
pub mod checks;
pub mod content;
mod earlier;
mod facts;
pub(in crate::usecases) mod lists;
mod view;

pub use view::{EventView, FormView, LateView, RevisionView};

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::form_area::{FormAreaError, find_form_area};
use crate::usecases::projection::form_events;
use crate::usecases::push_operations::{PushError, read_record};
use crate::usecases::read_appendix1::Appendix1Error;
use crate::usecases::read_appendix2::{Counted, FormNumbers, counting_of};
pub use checks::Check;
use content::{FormContent, Purpose};
use paicha_db::feeds::FeedRow;
use paicha_db::projections::{self, FormRow};
use paicha_db::{DbError, Tx, records};
use std::num::NonZeroU32;
use sync_protocol::digest::from_hex;
use sync_protocol::form::{FormEvent, FormLife, FormRefusal};
use sync_protocol::ids::FeedId;
use sync_protocol::time::{Micros, Month};
use uuid::Uuid;

/// Which of the two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormKind {
    /// 附件1.
    Appendix1,
    /// 附件2.
    Appendix2,
}

impl FormKind {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Appendix1 => "appendix1",
            Self::Appendix2 => "appendix2",
        }
    }

    /// The kind with that code.
    pub fn find_by_code(code: &str) -> Option<Self> {
        [Self::Appendix1, Self::Appendix2].into_iter().find(|kind| kind.code() == code)
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Appendix1 => "附件1",
            Self::Appendix2 => "附件2",
        }
    }
}

/// A form of an area and a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormQuery {
    /// Which form.
    pub kind: FormKind,
    /// Village or subdistrict; nothing is the one that the caller reaches.
    pub area: Option<FeedId>,
    /// The month.
    pub month: Month,
}

/// Why something about a form cannot be done; then nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum LifeError {
    /// There is no form of that area for the caller.
    #[error(transparent)]
    Area(#[from] FormAreaError),
    /// It cannot be computed.
    #[error(transparent)]
    Form(#[from] Appendix1Error),
    /// No role of the caller allows it.
    #[error("the role does not allow this")]
    NotAllowed,
    /// It cannot happen where the form stands.
    #[error(transparent)]
    Refused(#[from] FormRefusal),
    /// Somebody else was first.
    #[error("{0}")]
    Overtaken(String),
    /// A reason is missing, or there is no such revision.
    #[error("{0}")]
    Unsound(String),
    /// Checks stand against it.
    #[error("checks stand against it")]
    Blocked(Vec<Check>),
    /// It could not be stored.
    #[error(transparent)]
    Push(#[from] PushError),
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// A form with everything about it, as read in one snapshot.
struct Loaded {
    area: FeedRow,
    villages: Vec<FeedRow>,
    record: Option<Uuid>,
    events: Vec<FormEvent>,
    life: FormLife,
}

async fn load(tx: &mut Tx, caller: &Caller, query: &FormQuery) -> Result<Loaded, LifeError> {
    let (area, villages) = find_form_area(tx, caller, query.area.as_ref()).await?;
    let known = find_form(tx, &area, query).await?;
    let mut events = Vec::new();
    if let Some(form) = &known {
        let rows = records::find_records(tx, &[form.record]).await?;
        events = rows.first().map(read_record).transpose()?.as_ref().map(form_events).unwrap_or_default();
    }
    let life = FormLife::of(&events);
    Ok(Loaded { area, villages, record: known.map(|form| form.record), events, life })
}

async fn find_form(tx: &mut Tx, area: &FeedRow, query: &FormQuery) -> Result<Option<FormRow>, DbError> {
    projections::find_form(tx, &area.id, query.kind.code(), &query.month.to_string()).await
}

/// Where a form stands, what happened to it, what stands against handing it in, and what arrived since.
///
/// # Errors
/// [`LifeError`].
pub async fn read_form_life(app: &App, caller: &Caller, query: &FormQuery) -> Result<FormView, LifeError> {
    let as_of = app.now();
    let mut tx = app.database.begin_read().await?;
    let loaded = load(&mut tx, caller, query).await?;
    let place = (&loaded.area, loaded.villages.as_slice());
    let standing = in_force(&mut tx, &loaded.life).await?;
    let purpose = standing.as_ref().map_or(Purpose::HandIn, Purpose::Compare);
    let now = content::compute(&mut tx, (query.kind, query.month), place, &app.config, as_of, purpose).await?;
    let checked = standing.as_ref().unwrap_or(&now);
    let checks = checks::check(app, &mut tx, (query.kind, query.month), place, checked).await?;
    let late = match &standing {
        Some(standing) => Some(view::late(&mut tx, standing, &now).await?),
        None => None,
    };
    tx.rollback().await?;
    Ok(view::form_view(query, &loaded, &checks, late))
}

/// What speaks for the form: its newest locked revision, or what was handed in.
async fn in_force(tx: &mut Tx, life: &FormLife) -> Result<Option<FormContent>, DbError> {
    let Some(hash) = life.in_force().and_then(|in_force| from_hex(&in_force.content)) else { return Ok(None) };
    content::stored_content(tx, &hash).await
}

/// A form as it prints.
#[derive(Debug, Clone, PartialEq)]
pub struct PrintedForm {
    /// What it says.
    pub content: FormContent,
    /// The locked revision; 0 for what is not locked.
    pub revision: u32,
}

/// The form of the area, and for a subdistrict those of its villages, as they print: the revision asked for (of the area's own form),
/// `Some(0)` for what the records say now, or what is in force.
///
/// # Errors
/// [`LifeError`].
pub async fn read_printed_forms(
    app: &App,
    caller: &Caller,
    query: &FormQuery,
    revision: Option<u32>,
) -> Result<(PrintedForm, Vec<PrintedForm>), LifeError> {
    let as_of = app.now();
    let mut tx = app.database.begin_read().await?;
    let loaded = load(&mut tx, caller, query).await?;
    let mut below = Vec::with_capacity(loaded.villages.len());
    for village in &loaded.villages {
        let own = FormQuery { area: village.id.parse().ok(), ..query.clone() };
        let loaded = load(&mut tx, caller, &own).await?;
        below.push((own, loaded));
    }
    let of_villages = revision.filter(|number| *number == 0);
    let is_counted = |loaded: &Loaded, revision: Option<u32>| {
        revision == Some(0) || (revision.is_none() && loaded.life.in_force().is_none())
    };
    let mut any = is_counted(&loaded, revision);
    any |= below.iter().any(|(_, loaded)| is_counted(loaded, of_villages));
    // Read once for all of them; not at all where every form says what was handed in.
    let counted = match query.kind {
        FormKind::Appendix2 if any => {
            let counting = counting_of(&app.config.appendix2, query.month, as_of);
            Some(Counted::read(&mut tx, &loaded.area, &loaded.villages, (query.month, &counting)).await?)
        }
        FormKind::Appendix1 | FormKind::Appendix2 => None,
    };
    let numbers = counted.as_ref().map(Counted::of_all);
    let form = printed(app, &mut tx, query, &loaded, (revision, as_of, numbers.as_ref())).await?;
    let mut villages = Vec::with_capacity(below.len());
    for (own, loaded) in &below {
        let alone = counted.as_ref().filter(|_| loaded.villages.is_empty());
        let numbers = alone.map(|counted| counted.of_village(&loaded.area.id));
        villages.push(printed(app, &mut tx, own, loaded, (of_villages, as_of, numbers.as_ref())).await?);
    }
    tx.rollback().await?;
    Ok((form, villages))
}

/// One locked revision of the area's own form.
///
/// # Errors
/// [`LifeError`], also for a revision that there is not.
pub async fn read_revision(
    app: &App,
    caller: &Caller,
    query: &FormQuery,
    revision: NonZeroU32,
) -> Result<PrintedForm, LifeError> {
    let as_of = app.now();
    let mut tx = app.database.begin_read().await?;
    let loaded = load(&mut tx, caller, query).await?;
    let form = printed(app, &mut tx, query, &loaded, (Some(revision.get()), as_of, None)).await?;
    tx.rollback().await?;
    Ok(form)
}

async fn printed(
    app: &App,
    tx: &mut Tx,
    query: &FormQuery,
    loaded: &Loaded,
    (revision, as_of, numbers): (Option<u32>, Micros, Option<&FormNumbers>),
) -> Result<PrintedForm, LifeError> {
    let life = &loaded.life;
    let newest = u32::try_from(life.revisions.len()).unwrap_or(u32::MAX);
    let wanted = match revision {
        Some(0) => None,
        Some(number) => {
            let found = life.revisions.iter().find(|known| known.number == number);
            let found = found.ok_or_else(|| LifeError::Unsound(format!("没有第{number}版")))?;
            Some((found.handed_in.content.clone(), number))
        }
        None => life.in_force().map(|in_force| (in_force.content.clone(), newest)),
    };
    let Some((hash, revision)) = wanted else {
        let place = (&loaded.area, loaded.villages.as_slice());
        let which = (query.kind, query.month);
        let content = content::compute(tx, which, place, &app.config, as_of, Purpose::Print(numbers)).await?;
        return Ok(PrintedForm { content, revision: 0 });
    };
    let hash = from_hex(&hash).ok_or(DbError::NotFound)?;
    let content = content::stored_content(tx, &hash).await?.ok_or(DbError::NotFound)?;
    Ok(PrintedForm { content, revision })
}

/// Whether the caller may do this for the area.
fn allow(caller: &Caller, action: Action, area: &FeedRow) -> Result<(), LifeError> {
    if caller.may(action, Some(&area.id)) { Ok(()) } else { Err(LifeError::NotAllowed) }
}
