//! Two hundred phones come back from the valley at once: all photos arrive, and memory stays bounded.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use paicha_db::Engine;

use super::photo_rig::{Rig, VILLAGE, header, noise};

const PHONES: usize = 200;
const PHOTO_BYTES: usize = 3 << 19;
/// Of the whole test process, clients included.
const RESIDENT_KIB_MAX: u64 = 300 * 1024;

fn original(all: &Bytes, seed: usize) -> Bytes {
    all.slice(seed..seed + PHOTO_BYTES)
}

/// The most this process ever had in memory.
fn peak_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn is_cut(error: &anyhow::Error) -> bool {
    error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_request)
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_phones_at_once_stay_within_the_memory() -> Result<()> {
    let rig = Arc::new(Rig::start(Engine::Sqlite, &[]).await?);
    let phone = rig.phone(VILLAGE).await?;
    // The phones share these bytes, so that what is measured is the server's.
    let all = Bytes::from(noise(1, PHOTO_BYTES + PHONES));
    let mut photos = Vec::new();
    for seed in 0..PHONES {
        photos.push(rig.declare(&phone, VILLAGE, &original(&all, seed)).await?);
    }
    let mut sending = tokio::task::JoinSet::new();
    for (seed, photo) in photos.iter().cloned().enumerate() {
        let (rig, phone, bytes) = (rig.clone(), phone.clone(), original(&all, seed));
        sending.spawn(async move {
            let path = loop {
                match rig.create(&phone, &photo).await {
                    Err(error) if is_cut(&error) => {}
                    path => break path?,
                }
            };
            for _ in 0..200 {
                let offset = match rig.offset(&phone, &path).await {
                    // Asked on a line that the server closed when it refused a body on it.
                    Err(error) if is_cut(&error) => continue,
                    offset => offset?,
                };
                if offset == photo.length {
                    return Ok(0);
                }
                match rig.append(&phone, &path, offset, &[]).body(bytes.slice(offset..)).send().await {
                    Ok(answer) if answer.status() == 503 => {
                        ensure!(header(&answer, "retry-after").is_some(), "{answer:?}");
                        // Sooner than it was told: the crowd is the point here.
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                    Ok(answer) => ensure!(answer.status() == 204, "{answer:?}"),
                    // Refused while it was sending.
                    Err(error) => ensure!(error.is_request(), "{error}"),
                }
            }
            anyhow::bail!("photo {seed} never arrived")
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    for photo in &photos {
        assert!(rig.photo(photo.id).await?.stored);
    }
    let peak = peak_kib()?;
    println!("peak of server and clients: {} MiB", peak / 1024);
    assert!(peak < RESIDENT_KIB_MAX, "{} MiB", peak / 1024);
    Arc::into_inner(rig).context("a task still holds the server")?.stop().await
}
