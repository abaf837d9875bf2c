//! Reads a rescue file: its directory first, then the operations whole, and of the photos only their names. What a newcomer gets wrong: a damaged
//! check sum of the operations refuses nothing by itself, because each operation has a digest, and the others are whole.

use crate::usecases::import_report::Rejection;
use crate::usecases::push_operations::IncomingOp;
use paicha_imports::{ArchiveEntry, ArchiveError, ArchiveLimits, read_archive};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use sync_protocol::digest::Sha256Bytes;
use sync_protocol::ids::{DeviceId, IncarnationId};
use sync_protocol::limits::{RESCUE_BYTES_MAX, RESCUE_ENTRIES_MAX, RESCUE_OPS_BYTES_MAX};
use sync_protocol::rescue::{
    RESCUE_OPS, RESCUE_VERSION, RescueOps, RescuePart, RescuePhoto, RescueUser, RescueVersion, photo_of_name,
};
use sync_protocol::time::Micros;

/// Characters of a strange name that are repeated to whoever sent it.
const NAME_CHARS_SHOWN: usize = 60;
/// Bytes of the operations that are read at a time.
const PIECE_BYTES: usize = 64 << 10;

/// What a rescue file holds.
#[derive(Debug)]
pub(super) struct RescueFile {
    pub(super) made_at: Micros,
    pub(super) device: Option<DeviceId>,
    pub(super) user: Option<RescueUser>,
    pub(super) life: IncarnationId,
    pub(super) part: Option<RescuePart>,
    /// Photos that the phone still owed.
    pub(super) owed: Vec<RescuePhoto>,
    pub(super) ops: Vec<IncomingOp>,
    pub(super) photos: BTreeMap<Sha256Bytes, ArchiveEntry>,
    /// Whether the operations arrived as they were packed.
    pub(super) is_intact: bool,
}

/// Reads it.
///
/// # Errors
/// [`Rejection`] with what is wrong and what to do, Chinese; nothing of the file is used then.
pub(super) fn read_rescue(file: &mut File) -> Result<RescueFile, Rejection> {
    let limits = ArchiveLimits { entries: RESCUE_ENTRIES_MAX, unpacked_bytes: RESCUE_BYTES_MAX };
    let entries = read_archive(file, limits).map_err(|error| refused(&error))?;
    let mut photos = BTreeMap::new();
    let mut operations = None;
    for entry in entries {
        if entry.name == RESCUE_OPS {
            if operations.replace(entry).is_some() {
                return Err(strange(RESCUE_OPS));
            }
        } else if let Some(hash) = photo_of_name(&entry.name) {
            photos.insert(hash, entry);
        } else {
            return Err(strange(&entry.name));
        }
    }
    let missing = || {
        Rejection::of_file(format!(
            "压缩包里没有 {RESCUE_OPS}，不是手机生成的救援文件，什么也没有导入。{SEND_ORIGINAL}"
        ))
    };
    let (bytes, is_intact) = read_operations(file, &operations.ok_or_else(missing)?)?;
    let parsed = parse(&bytes, is_intact)?;
    Ok(RescueFile {
        made_at: parsed.made_at,
        device: parsed.device,
        user: parsed.user,
        life: parsed.incarnation,
        part: parsed.part,
        owed: parsed.photos,
        ops: parsed.ops.iter().map(IncomingOp::of_pushed).collect(),
        photos,
        is_intact,
    })
}

/// What to do about a file that cannot be used.
const SEND_ORIGINAL: &str = "请发送手机生成的原文件，不要解压、改名后重新打包；手机上的内容不受影响。";

fn refused(error: &ArchiveError) -> Rejection {
    let advice = match error {
        ArchiveError::NotWhole | ArchiveError::Io(_) => "请重新发送；文件还在手机上时，可以重新生成一份。",
        ArchiveError::TooMany | ArchiveError::TooLarge | ArchiveError::Unsupported => SEND_ORIGINAL,
    };
    Rejection::of_file(format!("{error}，什么也没有导入。{advice}"))
}

fn strange(name: &str) -> Rejection {
    let shown: String = name.chars().filter(|letter| !letter.is_control()).take(NAME_CHARS_SHOWN).collect();
    Rejection::of_file(format!("压缩包里有不该有的文件“{shown}”，什么也没有导入。{SEND_ORIGINAL}"))
}

fn read_operations(file: &mut File, entry: &ArchiveEntry) -> Result<(Vec<u8>, bool), Rejection> {
    if entry.bytes > RESCUE_OPS_BYTES_MAX {
        let most = RESCUE_OPS_BYTES_MAX >> 20;
        return Err(Rejection::of_file(format!(
            "{RESCUE_OPS} 超过 {most} MiB，什么也没有导入。请保留文件，联系技术人员。"
        )));
    }
    let mut reader = entry.open(file).map_err(|error| refused(&error))?;
    let mut bytes = Vec::new();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match reader.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(refused(&ArchiveError::Io(error))),
        }
    }
    let is_intact = reader.is_intact();
    Ok((bytes, is_intact))
}

fn parse(bytes: &[u8], is_intact: bool) -> Result<RescueOps<'_>, Rejection> {
    let unreadable = || {
        let why = if is_intact { "不是救援文件的格式" } else { "在传送中损坏，无法读取" };
        Rejection::of_file(format!(
            "{RESCUE_OPS} {why}，什么也没有导入。请保留文件；手机还在时，请重新生成一份再发送。"
        ))
    };
    let version: RescueVersion = serde_json::from_slice(bytes).map_err(|_| unreadable())?;
    if version.rescue != RESCUE_VERSION {
        let text = format!(
            "救援文件的版本是 {}，本服务器只认识版本 {RESCUE_VERSION}，什么也没有导入。请保留文件，升级服务器程序后再导入。",
            version.rescue
        );
        return Err(Rejection::of_file(text));
    }
    let parsed: RescueOps<'_> = serde_json::from_slice(bytes).map_err(|_| unreadable())?;
    if parsed.device.is_none() && !parsed.ops.is_empty() {
        let text = "文件没有写明是哪部手机，什么也没有导入。请保留文件，联系技术人员。";
        return Err(Rejection::of_file(text));
    }
    Ok(parsed)
}
