//! Phones that declare one photo each and send it by tus over a slow link, as phones do: 512 KiB a request, the offset asked for again after
//! a failure. What a newcomer gets wrong: the photo is drawn once; a comment segment makes each phone's bytes its own.

use crate::world::Phone;
use anyhow::{Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use paicha::app::App;
use paicha::usecases::push_operations::{PushBatch, push_operations};
use paicha_photos::sample::{Stamp, field_photo};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use sync_protocol::digest::{Sha256Bytes, op_digest, sha256, to_hex};
use sync_protocol::limits::UPLOAD_CHUNK_BYTES;
use tokio::time::Instant;
use uuid::Uuid;

/// Bytes that go out at a time; about what a phone's link buffers.
const SLICE_BYTES: usize = 16 << 10;
/// Requests that may fail one after another before a phone gives up.
const FAILURES_MAX: u32 = 20;
/// Bytes every photo is brought to, like those of phones.
const PHOTO_BYTES: usize = 3_000_000;
/// The payload of a comment segment holds at most this.
const COMMENT_BYTES_MAX: usize = 65_533;

/// One phone's photo: its own beginning before the pixels all share.
#[derive(Clone)]
pub(crate) struct Photo {
    start: Vec<u8>,
    base: Arc<Vec<u8>>,
    pub(crate) sha256: Sha256Bytes,
}

impl Photo {
    /// A drawn photo of 12 megapixels, filled up with comment segments to the size phones make.
    pub(crate) fn draw_base() -> Arc<Vec<u8>> {
        let mut photo = field_photo(1, 4000, 3000, &Stamp::example());
        while photo.len() + 4 < PHOTO_BYTES {
            let length = (PHOTO_BYTES - photo.len() - 4).min(COMMENT_BYTES_MAX);
            photo.splice(2..2, comment(&vec![b' '; length]));
        }
        Arc::new(photo)
    }

    fn of(number: u128, base: &Arc<Vec<u8>>) -> Self {
        let mut start = base[..2].to_vec();
        start.extend(comment(format!("phone {number}").as_bytes()));
        let sha256 = sha256(&[&start, &base[2..]].concat());
        Self { start, base: base.clone(), sha256 }
    }

    pub(crate) fn len(&self) -> usize {
        self.start.len() + self.base.len() - 2
    }

    fn slice(&self, from: usize, to: usize) -> Vec<u8> {
        (from..to)
            .map(|at| self.start.get(at).copied().unwrap_or_else(|| self.base[at - self.start.len() + 2]))
            .collect()
    }
}

fn comment(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len() + 2).expect("a segment has at most 65 535 bytes");
    [&[0xff, 0xfe][..], &length.to_be_bytes(), text].concat()
}

/// A phone with a photo that the server knows of and does not have.
#[derive(Clone)]
pub(crate) struct UploadingPhone {
    phone: Phone,
    record: Uuid,
    id: Uuid,
    pub(crate) photo: Photo,
}

/// Pushes a hazard with its photo.
pub(crate) async fn declare(app: &Arc<App>, phone: Phone, base: &Arc<Vec<u8>>) -> Result<UploadingPhone> {
    let photo = Photo::of(phone.number, base);
    let (record, id) = (Uuid::from_u128((2 << 64) | phone.number), Uuid::from_u128((4 << 64) | phone.number));
    let bodies = [
        json!({"kind": "create", "fields": {"level": "general", "description": "配电箱门敞开，线头裸露"}}),
        json!({"kind": "photo.attach", "photo": id, "sha256": to_hex(&photo.sha256), "bytes": photo.len(),
            "mime": "image/jpeg", "role": "before"}),
    ];
    let ops: Vec<_> = bodies
        .into_iter()
        .zip(1_u128..)
        .map(|(body, seq)| {
            let mut op = json!({
                "type": "hazard", "village": phone.village, "record": record, "base_rev": 0,
                "made_at": "2023-06-12T09:00:00+08:00", "author": phone.caller.user,
            });
            op.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
            let id = Uuid::from_u128((seq << 80) | phone.number);
            json!({"seq": seq, "id": id, "digest": op_digest(op.to_string().as_bytes()), "op": op})
        })
        .collect();
    let envelope =
        json!({"proto": 1, "device": phone.caller.device, "incarnation": phone.incarnation, "ops": ops}).to_string();
    let batch = PushBatch::of_request(&serde_json::from_str(&envelope)?);
    let pushed = push_operations(app.clone(), phone.caller.clone(), batch).await?;
    ensure!(pushed.consumed_to == 2, "the photo was not declared: {pushed:?}");
    Ok(UploadingPhone { phone, record, id, photo })
}

/// Sends the photo; how often the phone was told to come back later.
pub(crate) async fn upload(http: Client, address: String, own: UploadingPhone, bits_per_second: u64) -> Result<u32> {
    let (mut waits, mut failures) = (0, 0);
    let mut place: Option<(String, usize)> = None;
    loop {
        if place.as_ref().is_some_and(|(_, offset)| *offset >= own.photo.len()) {
            return Ok(waits);
        }
        let request = match &place {
            None => creation(&http, &address, &own),
            Some((url, offset)) => piece(&http, url, &own, *offset, bits_per_second),
        };
        let answer = request.bearer_auth(&own.phone.token).header("tus-resumable", "1.0.0").send().await;
        match answer {
            Ok(answer) if answer.status().is_success() => {
                let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
                let offset = header("upload-offset").and_then(|text| text.parse().ok()).unwrap_or(0);
                let known = place.take().map(|(url, _)| url);
                let url = known.or(header("location").map(|path| format!("{address}{path}")));
                let Some(url) = url else { bail!("an upload without an address") };
                place = Some((url, offset));
                failures = 0;
            }
            Ok(answer) if answer.status() == StatusCode::SERVICE_UNAVAILABLE => {
                waits += 1;
                let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
                tokio::time::sleep(Duration::from_secs(after.and_then(|text| text.parse().ok()).unwrap_or(5))).await;
            }
            other => {
                failures += 1;
                ensure!(failures < FAILURES_MAX, "{:?}", other.map(|answer| answer.status()));
                tokio::time::sleep(Duration::from_secs(1)).await;
                // Creating again finds the upload and says where it stands.
                place = None;
            }
        }
    }
}

fn creation(http: &Client, address: &str, own: &UploadingPhone) -> RequestBuilder {
    let value = |text: String| STANDARD.encode(text);
    let metadata = format!(
        "photo {},sha256 {},record {}",
        value(own.id.to_string()),
        value(to_hex(&own.photo.sha256)),
        value(own.record.to_string())
    );
    let request = http.post(format!("{address}/v1/uploads"));
    request.header("upload-length", own.photo.len()).header("upload-metadata", metadata)
}

/// The next piece, sent no faster than the link.
fn piece(http: &Client, url: &str, own: &UploadingPhone, offset: usize, bits_per_second: u64) -> RequestBuilder {
    let chunk = usize::try_from(UPLOAD_CHUNK_BYTES).unwrap_or(usize::MAX);
    let end = (offset + chunk).min(own.photo.len());
    let (photo, started) = (own.photo.clone(), Instant::now());
    let body = stream::unfold(offset, move |at| {
        let slice = (at < end).then(|| photo.slice(at, (at + SLICE_BYTES).min(end)));
        let bits = u64::try_from(at - offset).unwrap_or(u64::MAX).saturating_mul(8);
        let due = started + Duration::from_millis(bits * 1000 / bits_per_second.max(1));
        async move {
            let slice = slice?;
            tokio::time::sleep_until(due).await;
            let next = at + slice.len();
            Some((Ok::<_, std::io::Error>(slice), next))
        }
    });
    http.patch(url)
        .header("upload-offset", offset)
        .header("content-type", "application/offset+octet-stream")
        .header("content-length", end - offset)
        .body(reqwest::Body::wrap_stream(body))
}
