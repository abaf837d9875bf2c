//! What the rules are given. Instants are event times unless a name says otherwise; positions are WGS-84.

use serde_json::Value;
use sync_protocol::geo::Wgs84Point;
use sync_protocol::ids::RecordId;
use sync_protocol::time::Micros;

/// A position with what is known about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixFact {
    /// Where.
    pub point: Wgs84Point,
    /// Radius the phone claims, metres.
    pub acc_m: Option<f64>,
    /// The phone says that it is simulated.
    pub mock: bool,
}

/// The registered position of a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SiteFact {
    /// Where.
    pub point: Wgs84Point,
    /// Somebody checked it.
    pub confirmed: bool,
    /// How far the place reaches, metres.
    pub radius_m: f64,
}

/// When a photo was taken, as the phone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The instant.
    pub at: Micros,
    /// The phone's clock was right by better evidence than itself (grade A or B).
    pub trusted: bool,
}

/// Another photo that is the same or looks the same, and was used before.
#[derive(Debug, Clone, PartialEq)]
pub struct Alike {
    /// The record that used it, of another visit.
    pub record: RecordId,
    /// The other photo.
    pub photo: RecordId,
    /// When it was used there.
    pub at: Micros,
    /// Byte for byte the same file.
    pub same_file: bool,
    /// Differing bits of the difference hashes.
    pub dhash_bits: u32,
    /// Differing bits of the DCT hashes.
    pub phash_bits: u32,
    /// Entropy of the poorer of both, bits.
    pub entropy_bits: f64,
}

/// One photo of the record.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoFact {
    /// Its record.
    pub id: RecordId,
    /// Of the original.
    pub sha256: [u8; 32],
    /// `site`, `before`, `after`, ...
    pub roles: Vec<String>,
    /// By the app's own camera.
    pub in_app: bool,
    /// When it was taken.
    pub taken: Option<Taken>,
    /// The camera's own time, in the file.
    pub exif_at: Option<Micros>,
    /// Where the phone says it was taken.
    pub fix: Option<FixFact>,
    /// Difference hash.
    pub dhash: Option<u64>,
    /// The earlier photos it is like.
    pub alike: Vec<Alike>,
}

impl PhotoFact {
    /// Whether it was said to show this.
    pub fn is(&self, role: &str) -> bool {
        self.roles.iter().any(|known| known == role)
    }
}

/// The visit before or after, of the same person or phone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The inspection.
    pub record: RecordId,
    /// When it ended.
    pub ended: Micros,
    /// Where.
    pub fix: FixFact,
    /// Of the same phone rather than the same person.
    pub same_phone: bool,
}

/// The phone's clock, compared with better evidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clock {
    /// Phone's clock less the trusted time, microseconds; nothing without such evidence.
    pub off_us: Option<i64>,
    /// It stepped back between two saves, or contradicts the server.
    pub contradicts: bool,
}

/// Facts about one inspection.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitFacts {
    /// 抽查检查.
    pub spot: bool,
    /// Begin of the visit.
    pub started: Micros,
    /// End of the visit.
    pub ended: Micros,
    /// The phone has handed it in.
    pub submitted: bool,
    /// Where it was made.
    pub fix: Option<FixFact>,
    /// Why there is no photo.
    pub no_photo_reason: bool,
    /// Its photos.
    pub photos: Vec<PhotoFact>,
    /// The registered place.
    pub site: Option<SiteFact>,
    /// Visits before it.
    pub before: Vec<Neighbour>,
    /// Fixes of this person with exactly these coordinates, this one included, each long enough after the one before.
    pub same_spot: u32,
    /// Visits of this person in the month: without a good fix, and all.
    pub poor_fixes: (u32, u32),
    /// Visits of this person in the month: without a photo but with a reason, and all.
    pub reasons: (u32, u32),
    /// The phone's clock.
    pub clock: Clock,
}

/// A hazard found before at the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierHazard {
    /// The hazard.
    pub record: RecordId,
    /// When it was closed.
    pub closed: Micros,
}

/// A finding of somebody else than the enterprise at the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherFinding {
    /// The hazard.
    pub record: RecordId,
    /// When it was found.
    pub found: Micros,
    /// When the server heard of it.
    pub received: Micros,
    /// By the same criterion.
    pub same_criterion: bool,
    /// When it was closed, if it is.
    pub closed: Option<Micros>,
}

/// Somebody who did what somebody else has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// Handed in the repair and reviewed it.
    ReviewedOwnRepair,
    /// Reviewed for the enterprise that repaired.
    ReviewerOfEnterprise,
    /// Approved what they had asked for.
    ApprovedOwnRequest,
}

/// Facts about one hazard.
#[derive(Debug, Clone, PartialEq)]
pub struct HazardFacts {
    /// Not 一般.
    pub serious: bool,
    /// Found by the enterprise itself.
    pub self_found: bool,
    /// When it was found, as claimed.
    pub found: Micros,
    /// That time is known by better evidence than the phone's clock.
    pub found_trusted: bool,
    /// When the server heard of it.
    pub received: Micros,
    /// The last time that repair began.
    pub repair_began: Option<Micros>,
    /// Its photos.
    pub photos: Vec<PhotoFact>,
    /// Same place, same criterion, closed before this was found.
    pub earlier: Vec<EarlierHazard>,
    /// Other places with the same criterion, found in the time before: place and hazard.
    pub elsewhere: Vec<RecordId>,
    /// Found by others at the same place.
    pub others: Vec<OtherFinding>,
    /// People who did what others have to.
    pub separation: Vec<(Evidence, Value)>,
}
