//! The driver against a server in the same process: capture without a server, lost replies, restored databases, restored servers,
//! photos that break off. Every test ends by looking at what the server has.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::fake_server::{FakeServer, FakeSurroundings, Fault, record_ids};
use crate::test_data::{feed, uuid};
use sync_protocol::ids::RecordId;
use sync_protocol::time::DAY_US;

struct Scene {
    server: Arc<FakeServer>,
    surroundings: Arc<FakeSurroundings>,
    folder: tempfile::TempDir,
    phone: Phone,
}

async fn open(path: &Path, server: &Arc<FakeServer>, surroundings: &Arc<FakeSurroundings>) -> Phone {
    Phone::open(path, Arc::<FakeServer>::clone(server), Arc::<FakeSurroundings>::clone(surroundings)).await.unwrap()
}

async fn scene() -> Scene {
    let server = Arc::new(FakeServer::default());
    let surroundings = Arc::new(FakeSurroundings::new(1));
    let folder = tempfile::tempdir().unwrap();
    let phone = open(&folder.path().join("phone.db"), &server, &surroundings).await;
    let enrolment =
        Enrolment { login: "demo".into(), password: "demo".into(), label: "测试手机".into(), model: "test".into() };
    phone.enrol("http://server.example", &enrolment).await.unwrap();
    Scene { server, surroundings, folder, phone }
}

fn finding(photo_bytes: usize) -> Finding {
    let position = Position::Missing { reason: "室内无信号".into() };
    let mut finding = Finding::patrol(feed(), PlaceRef::named("示例木器厂"), position, "示例村", &["示例排查员"]);
    finding.hazards.push(HazardDraft::new("major_direct", "东侧配电间", "线路私拉乱接"));
    let bytes: Vec<u8> = (0..photo_bytes).map(|n| u8::try_from(n % 251).unwrap()).collect();
    finding.photos.push(PhotoDraft::new(bytes, vec![0]));
    finding
}

async fn sync(phone: &Phone) -> SyncReport {
    phone.sync(&mut |_| {}).await.unwrap()
}

fn delivered_once(scene: &Scene, ops: usize) {
    let log = scene.server.state.lock().unwrap().log.clone();
    let distinct: std::collections::BTreeSet<_> = log.iter().collect();
    assert_eq!((log.len(), distinct.len()), (ops, ops));
}

#[tokio::test]
async fn a_finding_saved_without_a_server_arrives_whole_later() {
    let scene = scene().await;
    scene.server.fault(&[Fault::LoseRequest; 5]);
    let receipt = scene.phone.capture(finding(1_200_000)).await.unwrap();
    assert_eq!(receipt.ops, 5, "two records, the photo on both, the submission");
    assert!(scene.phone.sync(&mut |_| {}).await.is_err());
    assert_eq!(scene.phone.status().await.unwrap().waiting_ops, 5);
    assert_eq!(scene.phone.status().await.unwrap().photos_owed, 1);

    let report = sync(&scene.phone).await;
    assert_eq!((report.answered, report.photos_stored, report.photo_bytes), (5, 1, 1_200_000));
    delivered_once(&scene, 5);
    let status = scene.phone.status().await.unwrap();
    assert_eq!((status.waiting_ops, status.photos_owed), (0, 0));
    assert_eq!(record_ids(&scene.server).len(), 3, "inspection, hazard and photo");
    let hazard = scene.phone.view(receipt.hazards[0]).await.unwrap().unwrap();
    assert_eq!((hazard.pending_ops, hazard.fields["level"].as_str()), (0, Some("major_direct")));
    let file = std::fs::read(scene.phone.store().photo_file(receipt.photos[0])).unwrap();
    let uploads = scene.server.state.lock().unwrap().uploads.clone();
    assert_eq!(uploads.into_values().next().unwrap().1, file);
}

#[tokio::test]
async fn a_lost_reply_is_answered_again_and_nothing_doubles() {
    let scene = scene().await;
    scene.phone.capture(finding(10)).await.unwrap();
    scene.server.fault(&[Fault::Pass, Fault::LoseReply]);
    assert!(scene.phone.push_once().await.is_err());
    let rows = scene.phone.store().list_outbox(100).await.unwrap();
    assert!(rows.iter().all(|row| row.state == OpState::Queued));
    let round = scene.phone.push_once().await.unwrap();
    assert_eq!(round.answered, 5);
    delivered_once(&scene, 5);
    let rows = scene.phone.store().list_outbox(100).await.unwrap();
    assert!(rows.iter().all(|row| row.state == OpState::Acked && row.result.as_ref().unwrap().replayed));
}

#[tokio::test]
async fn no_http_status_takes_anything_out_of_the_outbox() {
    for status in [400, 401, 403, 404, 409, 410, 413, 415, 422, 426, 429, 500, 503] {
        let scene = scene().await;
        scene.phone.capture(finding(10)).await.unwrap();
        scene.server.fault(&[Fault::Answer(status), Fault::Answer(status), Fault::Answer(status)]);
        assert!(scene.phone.push_once().await.is_err(), "{status}");
        assert_eq!(scene.phone.status().await.unwrap().waiting_ops, 5, "{status}");
    }
}

#[tokio::test]
async fn a_restored_database_begins_a_new_life_and_loses_nothing() {
    let scene = scene().await;
    scene.phone.capture(finding(10)).await.unwrap();
    let copy = scene.folder.path().join("copy.db");
    scene.phone.store().copy_to(&copy).await.unwrap();
    scene.phone.capture(finding(11)).await.unwrap();
    sync(&scene.phone).await;

    let restored = open(&copy, &scene.server, &scene.surroundings).await;
    let before = restored.status().await.unwrap().life;
    restored.capture(finding(12)).await.unwrap();
    let report = sync(&restored).await;
    assert_eq!(report.new_lives, 1);
    let life = restored.status().await.unwrap().life;
    assert_eq!(life.parent, Some(before.incarnation));
    delivered_once(&scene, 15);
    assert_eq!(restored.status().await.unwrap().waiting_ops, 0);
    assert_eq!(restored.status().await.unwrap().photos_owed, 0);
}

/// A copy that has numbered as many operations as the original: only the digest of the last one tells them apart.
async fn copy_with_as_many_operations(names_digest: bool) {
    let scene = scene().await;
    scene.server.state.lock().unwrap().names_digest = names_digest;
    scene.phone.capture(finding(10)).await.unwrap();
    let copy = scene.folder.path().join("copy.db");
    scene.phone.store().copy_to(&copy).await.unwrap();
    scene.phone.capture(finding(11)).await.unwrap();
    sync(&scene.phone).await;

    let restored = open(&copy, &scene.server, &scene.surroundings).await;
    restored.capture(finding(12)).await.unwrap();
    restored.capture(finding(13)).await.unwrap();
    let report = sync(&restored).await;
    assert_eq!(report.new_lives, 1, "the server's last operation is not ours");
    let rows = restored.store().list_outbox(100).await.unwrap();
    assert!(rows.iter().all(|row| row.state == OpState::Acked));
    let reused = scene.server.state.lock().unwrap().reused;
    assert_eq!(reused, 0, "noticed before anything was sent under a used number");
    delivered_once(&scene, 20);
}

#[tokio::test]
async fn a_copy_that_saved_as_much_is_noticed_by_the_phone() {
    copy_with_as_many_operations(true).await;
}

#[tokio::test]
async fn a_copy_that_saved_as_much_is_noticed_by_the_server() {
    copy_with_as_many_operations(false).await;
}

#[tokio::test]
async fn a_village_that_left_while_everything_was_fetched_anew_goes_too() {
    let scene = scene().await;
    scene.phone.capture(finding(10)).await.unwrap();
    sync(&scene.phone).await;
    let mut tx = scene.phone.store().begin().await.unwrap();
    crate::store::start_over(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    scene.server.state.lock().unwrap().forgotten = true;
    sync(&scene.phone).await;
    assert!(scene.phone.store().list_feeds().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_restored_from_backup_gets_everything_again() {
    let scene = scene().await;
    scene.phone.capture(finding(10)).await.unwrap();
    sync(&scene.phone).await;
    let backup = scene.server.state.lock().unwrap().clone();
    scene.phone.capture(finding(11)).await.unwrap();
    sync(&scene.phone).await;
    {
        let mut state = scene.server.state.lock().unwrap();
        let tokens = state.tokens;
        *state = crate::fake_server::State { epoch: 1, tokens, ..backup };
    }
    sync(&scene.phone).await;
    delivered_once(&scene, 10);
    assert_eq!(record_ids(&scene.server).len(), 6);
    assert_eq!(scene.server.state.lock().unwrap().uploads.len(), 2);
    assert_eq!(scene.phone.store().list_feeds().await.unwrap()[0].records, 6);
}

/// Puts the server back to `backup` in secret: the same history, as if nobody had noticed.
fn put_back(scene: &Scene, backup: crate::fake_server::State) {
    let mut state = scene.server.state.lock().unwrap();
    let tokens = state.tokens;
    *state = crate::fake_server::State { tokens, ..backup };
}

async fn photos_come_again_after_a_secret_restore(names_digest: bool) {
    let mut scene = scene().await;
    scene.server.state.lock().unwrap().names_digest = names_digest;
    scene.phone.capture(finding(10)).await.unwrap();
    sync(&scene.phone).await;
    scene.surroundings.advance(60_000_000);
    // The server has the second finding's words when the copy is made, and its photo only afterwards.
    scene.phone.capture(finding(11)).await.unwrap();
    scene.phone.push_once().await.unwrap();
    let backup = scene.server.state.lock().unwrap().clone();
    scene.surroundings.advance(60_000_000);
    sync(&scene.phone).await;
    scene.phone.capture(finding(12)).await.unwrap();
    // Set by hand, and wrongly: the third photo counts as stored before it was saved.
    scene.surroundings.advance(-DAY_US);
    sync(&scene.phone).await;
    assert_eq!(scene.server.state.lock().unwrap().uploads.len(), 3);
    put_back(&scene, backup);

    scene.phone.close().await;
    scene.phone = open(&scene.folder.path().join("phone.db"), &scene.server, &scene.surroundings).await;
    let report = sync(&scene.phone).await;
    assert_eq!((report.answered, report.photos_stored), (5, 2), "the first photo was stored before the copy was made");
    let uploads = scene.server.state.lock().unwrap().uploads.clone();
    let mut lengths: Vec<u64> = uploads.into_values().map(|(length, bytes)| length.min(bytes.len() as u64)).collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [10, 11, 12]);
    assert_eq!(scene.phone.status().await.unwrap().photos_owed, 0);
}

#[tokio::test]
async fn photos_of_a_server_that_was_put_back_in_secret_come_again() {
    photos_come_again_after_a_secret_restore(true).await;
    photos_come_again_after_a_secret_restore(false).await;
}

#[tokio::test]
async fn a_server_that_knows_nothing_of_this_life_gets_all_recent_photos() {
    let mut scene = scene().await;
    let backup = scene.server.state.lock().unwrap().clone();
    scene.phone.capture(finding(10)).await.unwrap();
    sync(&scene.phone).await;
    put_back(&scene, backup);
    scene.phone.close().await;
    scene.phone = open(&scene.folder.path().join("phone.db"), &scene.server, &scene.surroundings).await;
    let report = sync(&scene.phone).await;
    assert_eq!((report.answered, report.photos_stored), (5, 1));
}

#[tokio::test]
async fn a_photo_whose_file_is_damaged_is_named_and_keeps_no_other_back() {
    let scene = scene().await;
    let mut files = Vec::new();
    for bytes in [600_000, 600_001, 600_002, 600_003] {
        let receipt = scene.phone.capture(finding(bytes)).await.unwrap();
        files.push(scene.phone.store().photo_file(receipt.photos[0]));
    }
    std::fs::remove_file(&files[3]).unwrap();
    std::fs::write(&files[2], vec![0; 300_000]).unwrap();
    let whole = std::fs::read(&files[1]).unwrap();
    let mut flipped = whole.clone();
    flipped[599_999] ^= 1;
    std::fs::write(&files[1], &flipped).unwrap();

    let report = sync(&scene.phone).await;
    assert_eq!((report.photos_stored, report.photos_postponed, report.photo_bytes), (1, 3, 600_000));
    let mut told: Vec<_> = report.photos_damaged.into_iter().map(|photo| (photo.file, photo.fault)).collect();
    told.sort();
    let mut expected = vec![
        (files[3].clone(), "文件不见了".to_owned()),
        (files[2].clone(), "文件不完整，应有 600002 字节，只有 300000 字节".to_owned()),
        (files[1].clone(), "文件内容与保存时不一致".to_owned()),
    ];
    expected.sort();
    assert_eq!(told, expected);
    // Put back, it goes.
    std::fs::write(&files[1], &whole).unwrap();
    let report = sync(&scene.phone).await;
    assert_eq!((report.photos_stored, report.photos_damaged.len()), (1, 2));
}

#[tokio::test]
async fn a_save_without_room_leaves_no_file_behind() {
    let scene = scene().await;
    let files = || std::fs::read_dir(scene.phone.store().photo_folder()).unwrap().count();
    // The words cannot be frozen, after the files were written.
    let mut long = finding(10);
    long.summary = Some("字".repeat(40_000));
    assert!(matches!(scene.phone.capture(long).await, Err(PhoneError::Freeze(_))));
    assert_eq!(files(), 0);
    // Where the file should go, something else stands, as when the disk refuses it: its half does not stay.
    let photo = RecordId::from(uuid(77));
    std::fs::create_dir_all(scene.phone.store().photo_file(photo)).unwrap();
    assert!(scene.phone.store().write_photo_file(photo, b"bytes").is_err());
    assert_eq!(files(), 1);
    scene.phone.capture(finding(10)).await.unwrap();
    assert_eq!(files(), 2);
}

#[tokio::test]
async fn a_broken_upload_goes_on_where_the_server_stopped() {
    let scene = scene().await;
    scene.phone.capture(finding(2_000_000)).await.unwrap();
    scene.phone.push_once().await.unwrap();
    let first = scene.phone.upload_once(1).await.unwrap();
    assert_eq!((first.bytes, first.stored.len()), (512 << 10, 0));
    assert_eq!(scene.phone.status().await.unwrap().photo_bytes_sent, 512 << 10);
    // The second chunk arrives, its reply does not; then HEAD tells the truth.
    scene.server.fault(&[Fault::Pass, Fault::LoseReply]);
    let rest = scene.phone.upload_once(100).await.unwrap();
    assert_eq!(rest.stored.len(), 1);
    let patches = scene.server.state.lock().unwrap().requests.iter().filter(|r| r.starts_with("Patch")).count();
    assert_eq!(patches, 4, "no byte travels twice");
}

#[tokio::test]
async fn an_expired_token_is_renewed_once() {
    let scene = scene().await;
    scene.phone.capture(finding(10)).await.unwrap();
    scene.surroundings.advance(DAY_US);
    sync(&scene.phone).await;
    let requests = scene.server.state.lock().unwrap().requests.clone();
    assert_eq!(requests.iter().filter(|request| request.contains("refresh")).count(), 1);
    delivered_once(&scene, 5);
}

#[tokio::test]
async fn operations_after_a_sync_name_the_anchor_and_its_arrival() {
    let scene = scene().await;
    scene.phone.capture(finding(10)).await.unwrap();
    sync(&scene.phone).await;
    scene.surroundings.advance(60_000_000);
    scene.phone.capture(finding(11)).await.unwrap();
    let rows = scene.phone.store().list_outbox(100).await.unwrap();
    let times = |at: usize| sync_protocol::op::Op::parse(&rows[at].bytes).unwrap().head.times;
    assert_eq!((times(0).anchor, times(0).anchor_mono_us), (None, None));
    assert_eq!(times(5).anchor.as_deref(), Some("sealed"));
    assert_eq!(times(5).mono_us.unwrap() - times(5).anchor_mono_us.unwrap(), 60_000_000);
}

#[tokio::test]
async fn a_village_that_left_the_scope_goes_when_its_outbox_is_empty() {
    let scene = scene().await;
    scene.phone.capture(finding(10)).await.unwrap();
    sync(&scene.phone).await;
    scene.phone.capture(finding(11)).await.unwrap();
    scene.server.state.lock().unwrap().removed = true;
    scene.phone.pull_once().await.unwrap();
    let feeds = scene.phone.store().list_feeds().await.unwrap();
    assert_eq!((feeds.len(), feeds[0].records), (1, 3), "work is waiting, so the rows stay");
    assert!(scene.phone.list_villages().await.unwrap().is_empty());
    scene.phone.push_once().await.unwrap();
    assert!(scene.phone.store().list_feeds().await.unwrap().is_empty());
    delivered_once(&scene, 10);
}

#[tokio::test]
async fn a_divergence_is_fetched_anew_and_not_for_ever() {
    let scene = scene().await;
    scene.phone.capture(finding(10)).await.unwrap();
    scene.server.state.lock().unwrap().wrong_check = true;
    let report = sync(&scene.phone).await;
    assert_eq!(report.diverged.len(), 3);
    scene.server.state.lock().unwrap().wrong_check = false;
    assert!(sync(&scene.phone).await.diverged.is_empty());
    assert_eq!(scene.phone.store().list_feeds().await.unwrap()[0].records, 3);
}

#[tokio::test]
async fn edits_are_shown_at_once_and_name_what_was_seen() {
    let scene = scene().await;
    let receipt = scene.phone.capture(finding(10)).await.unwrap();
    sync(&scene.phone).await;
    let set = [("position_text".to_owned(), "西侧走廊".into())].into();
    scene.phone.edit(receipt.hazards[0], set).await.unwrap();
    scene
        .phone
        .transition(receipt.hazards[0], "plan", Some("下达整改"), std::collections::BTreeMap::new())
        .await
        .unwrap();
    let shown = scene.phone.view(receipt.hazards[0]).await.unwrap().unwrap();
    assert_eq!(
        (shown.fields["position_text"].as_str(), shown.fields["state"].as_str()),
        (Some("西侧走廊"), Some("plan"))
    );
    let rows = scene.phone.store().list_ops_about(receipt.hazards[0]).await.unwrap();
    let patch = rows.iter().rev().nth(1).unwrap();
    let text = String::from_utf8(patch.bytes.clone()).unwrap();
    assert!(text.contains(r#""base":"东侧配电间""#) && text.contains(r#""base_rev":2"#), "{text}");
    sync(&scene.phone).await;
    let shown = scene.phone.view(receipt.hazards[0]).await.unwrap().unwrap();
    assert_eq!((shown.pending_ops, shown.fields["state"].as_str()), (0, Some("plan")));
}

#[tokio::test]
async fn a_save_that_cannot_be_frozen_leaves_nothing_behind() {
    let scene = scene().await;
    let mut long = finding(10);
    long.summary = Some("字".repeat(40_000));
    assert!(matches!(scene.phone.capture(long).await, Err(PhoneError::Freeze(_))));
    let empty = finding(0);
    assert!(matches!(scene.phone.capture(empty).await, Err(PhoneError::Photo { index: 1, bytes: 0 })));
    assert_eq!(scene.phone.status().await.unwrap().life.last_seq, 0);
    assert_eq!(scene.phone.status().await.unwrap().photos_owed, 0);
}

#[tokio::test]
async fn many_findings_drain_in_batches_and_survive_a_restart() {
    let scene = scene().await;
    for _ in 0..110 {
        scene.phone.capture(finding(10)).await.unwrap();
    }
    assert_eq!(scene.phone.push_once().await.unwrap().answered, 500);
    scene.phone.close().await;
    let phone = open(&scene.folder.path().join("phone.db"), &scene.server, &scene.surroundings).await;
    assert_eq!(phone.status().await.unwrap().waiting_ops, 50);
    sync(&phone).await;
    delivered_once(&scene, 550);
    assert_eq!(phone.status().await.unwrap().photos_owed, 0);
}

/// Repeatable choices without a dependency (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// One random step: save, talk over a bad line, or go on with an old copy of the database.
async fn random_step(scene: &mut Scene, dice: &mut Dice, step: usize) {
    let faults = [Fault::Pass, Fault::LoseRequest, Fault::LoseReply, Fault::Answer(503), Fault::Answer(413)];
    let sides = faults.len() as u64;
    scene.server.faults.lock().unwrap().clear();
    scene.server.fault(&[(); 3].map(|()| faults[usize::try_from(dice.roll(sides)).unwrap()]));
    match dice.roll(8) {
        0..=2 => drop(scene.phone.capture(finding(700_000)).await.unwrap()),
        3 | 4 => drop(scene.phone.push_once().await),
        5 => drop(scene.phone.pull_once().await),
        6 => drop(scene.phone.upload_once(1).await),
        _ => {
            let copy = scene.folder.path().join(format!("copy-{step}.db"));
            scene.phone.store().copy_to(&copy).await.unwrap();
            for _ in 0..dice.roll(3) {
                scene.phone.capture(finding(10)).await.unwrap();
                drop(scene.phone.push_once().await);
            }
            scene.phone.close().await;
            scene.phone = open(&copy, &scene.server, &scene.surroundings).await;
        }
    }
}

#[tokio::test]
async fn any_history_of_faults_and_restores_ends_with_everything_delivered_once() {
    for seed in 1..=8 {
        let mut scene = scene().await;
        let mut dice = Dice(seed);
        for step in 0..25 {
            random_step(&mut scene, &mut dice, step).await;
        }
        scene.server.faults.lock().unwrap().clear();
        sync(&scene.phone).await;
        let log = scene.server.state.lock().unwrap().log.clone();
        let distinct: std::collections::BTreeSet<_> = log.iter().copied().collect();
        assert_eq!(log.len(), distinct.len(), "seed {seed}: an operation took effect twice");
        let rows = scene.phone.store().list_outbox(10_000).await.unwrap();
        assert!(rows.iter().all(|row| distinct.contains(&row.id)), "seed {seed}: an operation is missing");
        assert!(rows.iter().all(|row| row.state == OpState::Acked), "seed {seed}");
        assert_eq!(scene.phone.status().await.unwrap().photos_owed, 0, "seed {seed}");
        let records = scene.phone.store().list_feeds().await.unwrap()[0].records;
        assert_eq!(usize::try_from(records).unwrap(), record_ids(&scene.server).len(), "seed {seed}");
    }
}
