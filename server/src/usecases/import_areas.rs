//! Takes a map of villages: every village of the file becomes a feed with its boundary, under the feed of its subdistrict, and the map is
//! in force at once. Villages that the file does not name stay as they are. What a newcomer gets wrong: moving a boundary moves no
//! record that is there already; where each was located was written down when it arrived.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::import_report::{ImportFailure, Rejection, RowFault, check_asker};
use crate::usecases::load_village_map::load_village_map;
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit};
use paicha_areas::{LoadError, LoadedVillages, VillageArea, load_villages};
use paicha_db::{Tx, feeds};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::geo::Datum;
use sync_protocol::ids::FeedId;
use utoipa::ToSchema;

/// Villages that are looked at; more than a city has.
const FEEDS_MAX: i64 = 20_000;

/// What a map came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct AreasImported {
    /// Nothing was stored; this is what would have been.
    pub dry_run: bool,
    /// Names of villages that are new.
    pub added: Vec<String>,
    /// Names of villages whose name or boundary changed.
    pub changed: Vec<String>,
    /// Villages that were like this already.
    pub unchanged: usize,
    /// Names of known villages that the file does not name; they stay as they are.
    pub not_in_file: Vec<String>,
    /// Overlaps between villages of the file, Chinese; somebody should look at them.
    pub overlaps: Vec<String>,
}

/// One feed to be written.
struct Planned {
    id: String,
    name: String,
    parent: Option<String>,
    boundary: Option<String>,
}

/// Imports a GeoJSON file.
///
/// # Errors
/// [`ImportFailure`]; then the map in force is the old one.
pub async fn import_areas(
    app: &App,
    caller: &Caller,
    file: Vec<u8>,
    dry_run: bool,
) -> Result<AreasImported, ImportFailure> {
    check_asker(caller, Action::ImportAreas)?;
    let loaded = tokio::task::spawn_blocking(move || load_villages(&file, Datum::Wgs84)).await;
    let loaded = loaded.map_err(|_| ImportFailure::Interrupted)?.map_err(rejection)?;
    let quarantine = FeedId::quarantine();
    if loaded.index.villages().iter().any(|village| village.code.as_str() == quarantine.as_str()) {
        return Err(
            Rejection::of_file(format!("代码{quarantine}留作“待认领”，不能作村（社区）代码；一个也没有导入")).into()
        );
    }
    let mut tx = app.database.begin_write().await?;
    let (mut imported, planned) = plan(&mut tx, &loaded, &app.config.office.name).await?;
    imported.dry_run = dry_run;
    if dry_run {
        tx.rollback().await?;
        return Ok(imported);
    }
    for feed in planned {
        feeds::put_feed(&mut tx, &feed.id, &feed.name, feed.parent.as_deref(), feed.boundary.as_deref()).await?;
    }
    let detail = format!("村界：新增{}个，变更{}个", imported.added.len(), imported.changed.len());
    write_audit(app, &mut tx, Entry::new(caller.actor(), Deed::Import, Subject::default()).detail(detail)).await?;
    tx.commit().await?;
    let map = load_village_map(&app.database).await.map_err(|error| {
        tracing::error!(%error, "the imported map does not load");
        ImportFailure::Interrupted
    })?;
    app.replace_village_map(map);
    let (added, changed) = (imported.added.len(), imported.changed.len());
    tracing::info!(by = %caller.user, added, changed, "village map imported");
    Ok(imported)
}

fn rejection(error: LoadError) -> Rejection {
    match error {
        LoadError::File(_) => Rejection::of_file(error.to_string()),
        LoadError::Features(errors) => {
            let number = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
            let faults = errors.into_iter().map(|error| {
                RowFault::of_row(number(error.feature_index), format!("（村界要素）{}", error.message_zh))
            });
            Rejection::of_rows(faults.collect(), 0)
        }
    }
}

/// Compares the file with what is known.
async fn plan(
    tx: &mut Tx,
    loaded: &LoadedVillages,
    office: &str,
) -> Result<(AreasImported, Vec<Planned>), ImportFailure> {
    let known: BTreeMap<String, feeds::FeedRow> =
        feeds::list_feeds(tx, FEEDS_MAX).await?.into_iter().map(|feed| (feed.id.clone(), feed)).collect();
    let boundaries: BTreeMap<String, String> =
        feeds::list_boundaries(tx, FEEDS_MAX).await?.into_iter().map(|(id, _, boundary)| (id, boundary)).collect();
    let mut imported = AreasImported {
        overlaps: loaded.overlaps.overlaps.iter().map(|overlap| overlap.message_zh.clone()).collect(),
        ..AreasImported::default()
    };
    if !loaded.overlaps.complete {
        imported.overlaps.push("村界太多，没有全部比对是否重叠".to_owned());
    }
    let mut villages: Vec<&VillageArea> = loaded.index.villages().iter().collect();
    villages.sort_by_key(|village| village.code);
    let named: BTreeSet<&str> = villages.iter().map(|village| village.code.as_str()).collect();
    let mut planned = Vec::new();
    for parent in villages.iter().filter_map(|village| parent_of(village)).collect::<BTreeSet<String>>() {
        if !named.contains(parent.as_str()) && !known.contains_key(&parent) {
            planned.push(Planned { id: parent, name: office.to_owned(), parent: None, boundary: None });
        }
    }
    for village in villages {
        let feed = Planned {
            id: village.code.as_str().to_owned(),
            name: village.name.clone(),
            parent: parent_of(village),
            boundary: Some(geometry(village).to_string()),
        };
        let same = known.get(&feed.id).is_some_and(|old| old.name == feed.name && old.parent == feed.parent)
            && boundaries.get(&feed.id) == feed.boundary.as_ref();
        if same {
            imported.unchanged += 1;
            continue;
        }
        let list = if known.contains_key(&feed.id) { &mut imported.changed } else { &mut imported.added };
        list.push(feed.name.clone());
        planned.push(feed);
    }
    let others = known.values().filter(|feed| feed.parent.is_some() && !named.contains(feed.id.as_str()));
    imported.not_in_file = others.map(|feed| feed.name.clone()).collect();
    Ok((imported, planned))
}

/// The subdistrict a village belongs to: what the file says, or what its code says. A subdistrict itself belongs to none here.
fn parent_of(village: &VillageArea) -> Option<String> {
    let code: FeedId = village.code.as_str().parse().ok()?;
    let own = code.subdistrict();
    if own == code {
        return None;
    }
    Some(village.parent.map_or_else(|| own.as_str().to_owned(), |parent| parent.as_str().to_owned()))
}

/// The shape as a GeoJSON geometry in WGS-84, longitude first.
fn geometry(village: &VillageArea) -> Value {
    let polygons = village.shape.iter().map(|polygon| {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        rings
            .map(|ring| ring.coords().map(|corner| json!([corner.x, corner.y])).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    });
    json!({ "type": "MultiPolygon", "coordinates": polygons.collect::<Vec<_>>() })
}
