//! The chunks of a PNG before its pixels: the colour profile, unpacked to a bounded size, and a copy without what a decoder would unpack or
//! keep beside the pixels. A newcomer's mistake: giving a decoder the profile; 400 KB of it can unpack to 400 MB before anybody asks.

use std::io::Read as _;
use std::ops::Range;

use flate2::read::ZlibDecoder;

use crate::limits::PROFILE_BYTES_MAX;

/// Length of the signature before the first chunk.
const SIGNATURE_BYTES: usize = 8;
/// Chunks that decoders keep or unpack and that no pixel depends on.
const DROPPED: [&[u8]; 5] = [b"iCCP", b"iTXt", b"zTXt", b"tEXt", b"eXIf"];

/// What a PNG carries beside its pixels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extras {
    /// Whole chunks before the pixels that are not given to a decoder, in their order.
    dropped: Vec<Range<usize>>,
    /// The packed part of the first profile.
    profile: Option<Range<usize>>,
}

impl Extras {
    /// Walks over the chunks before the pixels; what follows the pixels is unpacked by nobody.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut extras = Self::default();
        let mut at = SIGNATURE_BYTES;
        while let Some((length, name)) = chunk_head(bytes, at) {
            if name == b"IDAT" || name == b"IEND" {
                break;
            }
            let body = at + 8;
            let Some(end) = body.checked_add(length).and_then(|end| end.checked_add(4)) else { break };
            if DROPPED.contains(&name) {
                if name == b"iCCP" && extras.profile.is_none() {
                    extras.profile = packed_profile(bytes, body..end - 4);
                }
                extras.dropped.push(at..end.min(bytes.len()));
            }
            at = end;
        }
        extras
    }

    /// Bytes of the copy that decoding needs; 0 when the file itself will do.
    pub(crate) fn copy_bytes(&self, bytes: &[u8]) -> usize {
        if self.dropped.is_empty() { 0 } else { bytes.len() }
    }

    /// The file without the dropped chunks; `None` when there are none.
    pub(crate) fn clean_copy(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.dropped.is_empty() {
            return None;
        }
        let mut copy = Vec::with_capacity(bytes.len());
        let mut at = 0;
        for dropped in &self.dropped {
            copy.extend_from_slice(bytes.get(at..dropped.start)?);
            at = dropped.end;
        }
        copy.extend_from_slice(bytes.get(at..)?);
        Some(copy)
    }

    /// The colour profile; `None` if there is none, it is broken, or it unpacks to more than [`PROFILE_BYTES_MAX`].
    pub(crate) fn profile(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let packed = bytes.get(self.profile.clone()?)?;
        let mut profile = Vec::new();
        let limit = PROFILE_BYTES_MAX as u64 + 1;
        ZlibDecoder::new(packed).take(limit).read_to_end(&mut profile).ok()?;
        (profile.len() <= PROFILE_BYTES_MAX).then_some(profile)
    }
}

/// Length of the body and name of the chunk at `at`.
fn chunk_head(bytes: &[u8], at: usize) -> Option<(usize, &[u8])> {
    let length = bytes.get(at..at.checked_add(4)?)?;
    let name = bytes.get(at + 4..at.checked_add(8)?)?;
    Some((u32::from_be_bytes(length.try_into().ok()?) as usize, name))
}

/// What follows the profile's name, its end mark and the packing method, of which there is one.
fn packed_profile(bytes: &[u8], body: Range<usize>) -> Option<Range<usize>> {
    let content = bytes.get(body.clone())?;
    let name_length = content.iter().position(|&byte| byte == 0)?;
    (content.get(name_length + 1) == Some(&0)).then_some(body.start + name_length + 2..body.end)
}
