//! Builds the demo, step by step, with a clock that travels: what was done on a day is received in that day's evening. What a newcomer gets
//! wrong: every step must be repeatable, because the program may be stopped at any point and started again.

use super::people::{DEMO_PASSWORD, INSPECTORS, Person, people};
use super::phone::{Phone, Revisions, Save};
use super::pictures::{Photo, Shot, draw};
use super::visits::{Spot, Visit, plan};
use super::{Scale, enterprises, ground, recheck, visits};
use crate::app::App;
use crate::clock::TestClock;
use crate::usecases::append_upload::{Append, append_upload};
use crate::usecases::caller::Caller;
use crate::usecases::create_upload::{NewUpload, create_upload};
use crate::usecases::import_areas::import_areas;
use crate::usecases::import_places::{ImportFile, import_places};
use crate::usecases::import_report::ImportFailure;
use crate::usecases::judge_integrity::{Judge, JudgeError, judge_changes};
use crate::usecases::push_operations::PushError;
use crate::usecases::seed_demo::{
    PasswordWorkOrDb, count_questions, count_underived_photos, list_demo_places, put_demo_people, put_demo_phone,
};
use crate::usecases::upload_access::UploadError;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use sync_protocol::ids::RecordId;
use sync_protocol::role::Role;
use sync_protocol::time::{HOUR_US, LocalDate, Micros};

/// A part of the work, for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Places are imported.
    Places,
    /// Photos are drawn.
    Draw,
    /// Days are lived through.
    Days,
    /// Previews are made.
    Previews,
}

/// What was built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Built {
    /// Places.
    pub places: usize,
    /// Visits.
    pub visits: usize,
    /// Hazards.
    pub hazards: usize,
    /// Photos that were declared.
    pub photos: usize,
    /// Of those: never sent.
    pub owed: usize,
    /// Operations that wait for a person.
    pub review: usize,
}

/// Why the demo was not finished. Starting it again goes on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// An import failed.
    #[error("an import failed")]
    Import(#[from] ImportFailure),
    /// Accounts could not be made.
    #[error("accounts could not be made")]
    People(#[from] PasswordWorkOrDb),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] paicha_db::DbError),
    /// A push failed.
    #[error("a push failed")]
    Push(#[from] PushError),
    /// A push was answered in a way that the demo does not expect.
    #[error("a push stopped: {0}")]
    Stopped(String),
    /// A photo could not be sent.
    #[error("a photo could not be sent")]
    Upload(#[from] UploadError),
    /// The drawing died.
    #[error("drawing photos failed")]
    Draw,
    /// The integrity rules failed.
    #[error("the integrity rules failed")]
    Judge(#[from] JudgeError),
    /// Previews did not come.
    #[error("the previews were not made in time")]
    Previews,
}

/// Told how far a step has come, and of how much.
pub type Watch = Arc<dyn Fn(Step, u64, u64) + Send + Sync>;

/// Longest wait for one preview.
const PREVIEW_WAIT_MAX: Duration = Duration::from_secs(60);
/// How often previews are counted.
const PREVIEW_LOOK_EVERY: Duration = Duration::from_millis(250);

/// Builds the demo of the two months before `base` into an application whose clock is `clock`; the clock is left at `base`.
///
/// # Errors
/// [`DemoError`]; building again with the same `base` goes on where it stopped.
pub async fn build_demo(
    app: &Arc<App>,
    clock: &TestClock,
    base: Micros,
    scale: Scale,
    watch: Watch,
) -> Result<Built, DemoError> {
    let first_day = base.local_month().previous().first_instant();
    clock.set(first_day.saturating_add(-15 * HOUR_US).as_micros());
    import_areas(app, &server(app), ground::geojson(), false).await?;
    let everybody = people();
    put_demo_people(app, &everybody, DEMO_PASSWORD).await?;
    let file = ImportFile { name: "演示企业台账.csv".to_owned(), bytes: enterprises::csv(scale.places) };
    let told = watch.clone();
    let imported =
        import_places(app, &server(app), file, false, &move |done, whole| told(Step::Places, done, whole)).await?;
    let mut phones = enrol(app, &everybody).await?;
    let visits = plan(base, scale, &spots(app).await?);
    let photos = draw_all(&visits, scale, &watch).await?;
    let mut built = Built {
        places: imported.rows,
        visits: visits.len(),
        hazards: visits.iter().map(|visit| visit.found.len()).sum(),
        photos: photos.len(),
        owed: photos.values().filter(|photo| photo.shot.owed).count(),
        review: 0,
    };
    let days = by_day(&visits, &photos, &phones, base);
    let whole = u64::try_from(days.len()).unwrap_or(u64::MAX);
    let mut known = Revisions::new();
    for ((day, saves), done) in days.into_iter().zip(0_u64..) {
        watch(Step::Days, done, whole);
        live_through(app, clock, base, day, &saves, &mut phones, &mut known).await?;
        send_photos(app, &saves, &photos, &phones).await?;
    }
    watch(Step::Days, whole, whole);
    clock.set(base.as_micros());
    make_previews(app, built.photos - built.owed, &watch).await?;
    judge_all(app).await?;
    built.review = count_questions(app).await?;
    Ok(built)
}

fn server(app: &App) -> Caller {
    Caller { user: app.installation.user, device: None, grants: Vec::new(), scope_version: 0, server: true }
}

/// A phone with its owner.
struct Carried {
    person: Person,
    phone: Phone,
}

/// Phones of the inspectors, and the office's as the last.
async fn enrol(app: &App, everybody: &[Person]) -> Result<Vec<Carried>, DemoError> {
    let inspectors = everybody.iter().filter(|person| person.role == Role::R1);
    let office = everybody.iter().filter(|person| person.role == Role::R3);
    let mut phones = Vec::with_capacity(INSPECTORS + 1);
    for person in inspectors.chain(office) {
        let caller = put_demo_phone(app, person, Phone::device_of(person)).await?;
        phones.push(Carried { person: person.clone(), phone: Phone::of(person, caller) });
    }
    Ok(phones)
}

async fn spots(app: &App) -> Result<Vec<Spot>, DemoError> {
    let codes = ground::VILLAGES.map(|village| village.code);
    let places = list_demo_places(app, &codes).await?;
    let spot = |place: paicha_db::projections::PlaceRow| {
        let village = codes.iter().position(|code| *code == place.feed)?;
        Some(Spot { id: place.id.into(), village, lat: place.lat84?, lon: place.lon84? })
    };
    Ok(places.into_iter().filter_map(spot).collect())
}

async fn draw_all(visits: &[Visit], scale: Scale, watch: &Watch) -> Result<Arc<BTreeMap<RecordId, Photo>>, DemoError> {
    let shots: Vec<Shot> = visits.iter().flat_map(|visit| visit.shots.iter().cloned()).collect();
    let watch = watch.clone();
    let drawn = tokio::task::spawn_blocking(move || {
        let whole = u64::try_from(shots.len()).unwrap_or(u64::MAX);
        draw(&shots, scale, &|done| watch(Step::Draw, done, whole))
    });
    let photos = drawn.await.map_err(|_| DemoError::Draw)?;
    Ok(Arc::new(photos.into_iter().map(|photo| (photo.shot.id, photo)).collect()))
}

/// Everything that is saved, by business day, in order of time.
fn by_day(
    visits: &[Visit],
    photos: &BTreeMap<RecordId, Photo>,
    phones: &[Carried],
    base: Micros,
) -> BTreeMap<LocalDate, Vec<Save>> {
    let at_visits = visits.iter().filter_map(|visit| visits::save(visit, &phones[visit.phone].person, photos));
    let mut saves: Vec<Save> = at_visits.chain(recheck::saves(visits, base)).collect();
    saves.sort_by(|left, right| (left.at, &left.name).cmp(&(right.at, &right.name)));
    let mut days: BTreeMap<LocalDate, Vec<Save>> = BTreeMap::new();
    for save in saves {
        days.entry(save.at.local_date()).or_default().push(save);
    }
    days
}

/// Everybody works without a signal, and hands in in the evening.
async fn live_through(
    app: &Arc<App>,
    clock: &TestClock,
    base: Micros,
    day: LocalDate,
    saves: &[Save],
    phones: &mut [Carried],
    known: &mut Revisions,
) -> Result<(), DemoError> {
    for save in saves {
        phones[save.phone].phone.save(save, known);
    }
    let evening = day.first_instant().saturating_add(18 * HOUR_US);
    clock.set(evening.min(base).as_micros());
    for carried in phones.iter_mut().filter(|carried| carried.phone.waiting() > 0) {
        carried.phone.push(app, known).await?;
    }
    Ok(())
}

/// The originals of a day, each by the phone that took it; the owed ones stay where they are.
async fn send_photos(
    app: &Arc<App>,
    saves: &[Save],
    photos: &BTreeMap<RecordId, Photo>,
    phones: &[Carried],
) -> Result<(), DemoError> {
    use sync_protocol::op::Body;
    for save in saves {
        let caller = &phones[save.phone].phone.caller;
        for act in &save.acts {
            let Body::PhotoAttach(attached) = &act.body else { continue };
            let Some(photo) = photos.get(&attached.photo).filter(|photo| !photo.shot.owed) else { continue };
            send(app, caller, photo).await?;
        }
    }
    Ok(())
}

async fn send(app: &Arc<App>, caller: &Caller, photo: &Photo) -> Result<(), DemoError> {
    let length = u64::try_from(photo.jpeg.len()).unwrap_or(u64::MAX);
    let new = NewUpload { photo: photo.shot.id, sha256: photo.sha256, length };
    let upload = create_upload(app, caller, new).await?;
    if upload.offset < length {
        let start = usize::try_from(upload.offset).unwrap_or(0);
        let rest = Bytes::copy_from_slice(&photo.jpeg[start..]);
        let body = futures_util::stream::iter([Ok::<Bytes, Infallible>(rest)]);
        let append = Append { id: upload.id, offset: upload.offset, checksum: None };
        append_upload(app.clone(), caller.clone(), append, body).await?;
    }
    Ok(())
}

/// Lets the integrity rules look at everything, so that what they find is there when the demo opens.
async fn judge_all(app: &App) -> Result<(), DemoError> {
    let mut judge = Judge::default();
    while judge_changes(app, &mut judge).await? {}
    Ok(())
}

/// Lets the photo jobs run until nothing waits.
async fn make_previews(app: &Arc<App>, photos: usize, watch: &Watch) -> Result<(), DemoError> {
    let whole = u64::try_from(photos).unwrap_or(u64::MAX);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let jobs = crate::jobs::spawn(app.clone(), stopped);
    let mut left = u64::MAX;
    let mut since = std::time::Instant::now();
    let made = loop {
        let now_left = count_underived_photos(app).await?;
        watch(Step::Previews, whole.saturating_sub(now_left), whole);
        if now_left == 0 {
            break true;
        }
        if now_left < left {
            left = now_left;
            since = std::time::Instant::now();
        }
        if since.elapsed() > PREVIEW_WAIT_MAX {
            break false;
        }
        tokio::time::sleep(PREVIEW_LOOK_EVERY).await;
    };
    // An error means that the jobs ended already.
    let _ = stop.send(true);
    let _ = jobs.await;
    if made { Ok(()) } else { Err(DemoError::Previews) }
}
