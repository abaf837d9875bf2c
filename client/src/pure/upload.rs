//! Photos on their way (tus 1.0): which goes first, which request comes next and what each answer means. Photos of major hazards first,
//! then the newest, because those are what a supervisor waits for. What a newcomer gets wrong: no answer ever gives a photo up; the
//! worst one only ends the attempt, and the next sync begins with it again.

use sync_protocol::ids::RecordId;
use sync_protocol::time::Micros;

/// Bytes of one PATCH unless the radio link is worse.
pub const CHUNK_BYTES_DEFAULT: u64 = 512 << 10;
/// Smallest PATCH that halving leads to.
pub const CHUNK_BYTES_MIN: u64 = 16 << 10;
/// A chunk that arrives damaged this often ends the attempt.
pub const DAMAGED_MAX: u32 = 5;

/// How urgent a photo is; smaller goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// On a hazard that is, or may be, major.
    MajorHazard,
    /// On a general hazard.
    Hazard,
    /// On the inspection only.
    Other,
}

impl Urgency {
    /// The urgency of a hazard of this level (schema codes).
    #[must_use]
    pub fn of_level(level: &str) -> Self {
        if level == "general" { Self::Hazard } else { Self::MajorHazard }
    }

    /// The number in the database.
    #[must_use]
    pub const fn rank(self) -> i64 {
        match self {
            Self::MajorHazard => 0,
            Self::Hazard => 1,
            Self::Other => 2,
        }
    }

    /// The urgency of that number; unknown numbers are not urgent.
    #[must_use]
    pub const fn of_rank(rank: i64) -> Self {
        match rank {
            0 => Self::MajorHazard,
            1 => Self::Hazard,
            _ => Self::Other,
        }
    }
}

/// A photo whose bytes the server does not have yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwedPhoto {
    /// The photo.
    pub id: RecordId,
    /// How urgent.
    pub urgency: Urgency,
    /// When it was saved.
    pub made_at: Micros,
}

/// Sorts photos into the order in which they are sent.
pub fn order_uploads(photos: &mut [OwedPhoto]) {
    photos.sort_by_key(|photo| (photo.urgency, std::cmp::Reverse(photo.made_at), photo.id));
}

/// How far one upload has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Where the server keeps it, once it was created.
    pub location: Option<String>,
    /// Bytes the server has; unknown after anything ambiguous.
    pub offset: Option<u64>,
    /// Bytes of the photo.
    pub length: u64,
    /// Bytes of the next PATCH at most.
    pub chunk_bytes: u64,
    /// Chunks in a row that arrived damaged.
    pub damaged: u32,
}

impl Progress {
    /// A photo of which nothing is known.
    #[must_use]
    pub const fn new(length: u64) -> Self {
        Self { location: None, offset: None, length, chunk_bytes: CHUNK_BYTES_DEFAULT, damaged: 0 }
    }

    /// What to ask next.
    #[must_use]
    pub fn next_request(&self) -> UploadRequest {
        match (&self.location, self.offset) {
            (None, _) => UploadRequest::Create,
            (Some(location), None) => UploadRequest::Head { location: location.clone() },
            (Some(_), Some(offset)) if offset >= self.length => UploadRequest::Nothing,
            (Some(location), Some(offset)) => UploadRequest::Patch {
                location: location.clone(),
                offset,
                bytes: self.chunk_bytes.min(self.length - offset),
            },
        }
    }
}

/// The next request of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadRequest {
    /// POST: begin or find the upload.
    Create,
    /// HEAD: how much is there?
    Head {
        /// The upload's address.
        location: String,
    },
    /// PATCH: send bytes.
    Patch {
        /// The upload's address.
        location: String,
        /// First byte.
        offset: u64,
        /// How many.
        bytes: u64,
    },
    /// The server has all of it.
    Nothing,
}

/// The parts of an answer that matter here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadAnswer {
    /// HTTP status; `None` when no answer came (time-out, reset).
    pub status: Option<u16>,
    /// `Location`.
    pub location: Option<String>,
    /// `Upload-Offset`.
    pub offset: Option<u64>,
    /// `Retry-After` in seconds.
    pub retry_after_s: Option<u64>,
}

/// What to do after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadNext {
    /// Ask [`Progress::next_request`].
    Continue,
    /// The same after the retry policy's wait, which is at least this many seconds.
    Retry {
        /// From `Retry-After`.
        after_s: Option<u64>,
    },
    /// The access token no longer holds: renew it, then continue.
    Reauthenticate,
    /// Leave this photo for the next sync; it stays owed.
    LaterSync,
}

/// Takes an answer to `request` into account.
pub fn on_answer(progress: &mut Progress, request: &UploadRequest, answer: &UploadAnswer) -> UploadNext {
    match answer.status {
        Some(status @ (200 | 201 | 204)) => on_success(progress, request, answer, status),
        Some(401) => UploadNext::Reauthenticate,
        Some(404 | 410) if *request == UploadRequest::Create => UploadNext::LaterSync,
        Some(404 | 410) => {
            (progress.location, progress.offset) = (None, None);
            UploadNext::Continue
        }
        Some(409 | 423) => ask_again(progress, None),
        Some(413) if *request != UploadRequest::Create && progress.chunk_bytes > CHUNK_BYTES_MIN => {
            progress.chunk_bytes = (progress.chunk_bytes / 2).max(CHUNK_BYTES_MIN);
            UploadNext::Continue
        }
        Some(460) if progress.damaged < DAMAGED_MAX => {
            progress.damaged += 1;
            UploadNext::Continue
        }
        Some(408 | 425 | 429) | None => ask_again(progress, answer.retry_after_s),
        Some(500..=599) => ask_again(progress, answer.retry_after_s),
        Some(_) => UploadNext::LaterSync,
    }
}

/// What the server has is unknown now: the next request is HEAD, after a wait.
fn ask_again(progress: &mut Progress, retry_after_s: Option<u64>) -> UploadNext {
    progress.offset = None;
    UploadNext::Retry { after_s: retry_after_s }
}

fn on_success(progress: &mut Progress, request: &UploadRequest, answer: &UploadAnswer, status: u16) -> UploadNext {
    let believable = answer.offset.filter(|offset| *offset <= progress.length);
    match request {
        UploadRequest::Create => {
            if answer.location.is_none() {
                return UploadNext::LaterSync;
            }
            progress.location.clone_from(&answer.location);
            progress.offset = believable;
        }
        UploadRequest::Head { .. } => match believable {
            Some(offset) => progress.offset = Some(offset),
            None => return UploadNext::LaterSync,
        },
        UploadRequest::Patch { .. } if status == 204 && believable.is_some() => {
            progress.damaged = 0;
            progress.offset = believable;
        }
        // A PATCH that tells no offset proves nothing: ask.
        UploadRequest::Patch { .. } | UploadRequest::Nothing => progress.offset = None,
    }
    UploadNext::Continue
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::uuid;

    fn at(offset: Option<u64>) -> Progress {
        Progress { location: Some("/v1/uploads/a".into()), offset, ..Progress::new(1_000_000) }
    }

    fn answer(status: u16, offset: Option<u64>) -> UploadAnswer {
        UploadAnswer { status: Some(status), offset, location: Some("/v1/uploads/a".into()), retry_after_s: Some(7) }
    }

    #[test]
    fn major_hazards_go_first_and_then_the_newest() {
        let photo =
            |id, urgency, at| OwedPhoto { id: uuid(id).into(), urgency, made_at: Micros::from_micros(at).unwrap() };
        let mut photos = [
            photo(1, Urgency::Other, 900),
            photo(2, Urgency::Hazard, 500),
            photo(3, Urgency::MajorHazard, 100),
            photo(4, Urgency::MajorHazard, 200),
        ];
        order_uploads(&mut photos);
        assert_eq!(photos.map(|photo| photo.id), [4, 3, 2, 1].map(|id| uuid(id).into()));
        assert!(Urgency::of_level("suspected") < Urgency::of_level("general"));
    }

    #[test]
    fn every_answer_has_its_next_request() {
        use UploadNext::{Continue, LaterSync, Reauthenticate, Retry};
        let patch = at(Some(0)).next_request();
        let head = at(None).next_request();
        let cases = [
            ("created", UploadRequest::Create, answer(201, Some(0)), Continue, Some(0)),
            ("resumed", UploadRequest::Create, answer(201, Some(600)), Continue, Some(600)),
            ("already there", UploadRequest::Create, answer(201, Some(1_000_000)), Continue, Some(1_000_000)),
            ("not declared yet", UploadRequest::Create, answer(404, None), LaterSync, Some(0)),
            ("told", head.clone(), answer(200, Some(5)), Continue, Some(5)),
            ("taken", patch.clone(), answer(204, Some(524_288)), Continue, Some(524_288)),
            ("taken, untold", patch.clone(), answer(204, None), Continue, None),
            ("beyond the end", patch.clone(), answer(204, Some(2_000_000)), Continue, None),
            ("other offset", patch.clone(), answer(409, None), Retry { after_s: None }, None),
            ("damaged", patch.clone(), answer(460, None), Continue, Some(0)),
            ("token", patch.clone(), answer(401, None), Reauthenticate, Some(0)),
            ("revoked", patch.clone(), answer(403, None), LaterSync, Some(0)),
            ("busy", patch.clone(), answer(503, None), Retry { after_s: Some(7) }, None),
            ("nothing came", patch.clone(), UploadAnswer::default(), Retry { after_s: None }, None),
        ];
        for (name, request, answer, next, offset) in cases {
            let mut progress = at(Some(0));
            assert_eq!(on_answer(&mut progress, &request, &answer), next, "{name}");
            assert_eq!(progress.offset, offset, "{name}");
        }
    }

    #[test]
    fn an_expired_upload_is_created_again() {
        let mut progress = at(Some(7));
        let request = progress.next_request();
        assert_eq!(on_answer(&mut progress, &request, &answer(410, None)), UploadNext::Continue);
        assert_eq!(progress.next_request(), UploadRequest::Create);
    }

    #[test]
    fn chunks_shrink_on_413_and_damage_is_not_endless() {
        let mut progress = at(Some(0));
        for _ in 0..5 {
            let request = progress.next_request();
            assert_eq!(on_answer(&mut progress, &request, &answer(413, None)), UploadNext::Continue);
        }
        assert_eq!(progress.chunk_bytes, CHUNK_BYTES_MIN);
        let request = progress.next_request();
        assert_eq!(on_answer(&mut progress, &request, &answer(413, None)), UploadNext::LaterSync);
        for _ in 0..DAMAGED_MAX {
            assert_eq!(on_answer(&mut progress, &request, &answer(460, None)), UploadNext::Continue);
        }
        assert_eq!(on_answer(&mut progress, &request, &answer(460, None)), UploadNext::LaterSync);
    }

    #[test]
    fn the_last_chunk_is_as_short_as_it_must_be() {
        let expected = UploadRequest::Patch { location: "/v1/uploads/a".into(), offset: 999_999, bytes: 1 };
        assert_eq!(at(Some(999_999)).next_request(), expected);
        assert_eq!(at(Some(1_000_000)).next_request(), UploadRequest::Nothing);
    }
}
