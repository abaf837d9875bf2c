//! A ZIP file of a stranger, entry by entry and in bounded memory: sizes are checked against limits before anything is unpacked, and names are
//! only ever compared, never used as paths. Written here because the directory of a hostile file must be refused before it is read. What a
//! newcomer gets wrong: a wrong check sum does not stop the reading, because what is read here carries digests of its own.

use flate2::Crc;
use flate2::read::DeflateDecoder;
use std::io::{self, Read, Seek, SeekFrom, Take};

const END_MAGIC: u32 = 0x0605_4b50;
const ENTRY_MAGIC: u32 = 0x0201_4b50;
const LOCAL_MAGIC: u32 = 0x0403_4b50;
/// Bytes of the record at the end, of a directory entry and of a local header, without their names and comments.
const END_BYTES: usize = 22;
const ENTRY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// The longest comment behind the record at the end.
const COMMENT_BYTES_MAX: u64 = 0xffff;
/// Bytes of the directory for each entry; longer names and comments belong to no file of ours.
const DIRECTORY_BYTES_PER_ENTRY: u64 = 512;
/// Stands where a 64-bit value would have to be looked for elsewhere.
const SIZE_64: u32 = u32::MAX;
/// See [`SIZE_64`].
const COUNT_64: u16 = u16::MAX;
/// Flag of an encrypted entry.
const ENCRYPTED: u16 = 1;

/// How much a file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Entries.
    pub entries: usize,
    /// Bytes of all entries after unpacking.
    pub unpacked_bytes: u64,
}

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It does not end as a ZIP file ends: something else, or a part of one.
    #[error("不是 ZIP 文件，或者没有传完整")]
    NotWhole,
    /// More entries than it may have.
    #[error("压缩包里的文件太多")]
    TooMany,
    /// Its entries unpack to more than they may.
    #[error("压缩包解开后太大")]
    TooLarge,
    /// 64-bit sizes, several volumes, encryption, or a compression other than deflate.
    #[error("压缩包加了密，或者用了不支持的压缩方式")]
    Unsupported,
    /// The file cannot be read.
    #[error("文件无法读取")]
    Io(#[from] io::Error),
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveEntry {
    /// Its name, as it stands there; bytes that are no UTF-8 are replaced.
    pub name: String,
    /// Bytes after unpacking.
    pub bytes: u64,
    packed_bytes: u64,
    deflated: bool,
    offset: u64,
    crc: u32,
}

/// Reads the directory of a ZIP file.
///
/// # Errors
/// [`ArchiveError`].
pub fn read_archive<R: Read + Seek>(file: &mut R, limits: ArchiveLimits) -> Result<Vec<ArchiveEntry>, ArchiveError> {
    let length = file.seek(SeekFrom::End(0))?;
    let end = find_end(file, length)?;
    let count = usize::from(u16_at(&end, 10));
    let (bytes, start) = (u64::from(u32_at(&end, 12)), u64::from(u32_at(&end, 16)));
    let split = u16_at(&end, 4) != 0 || u16_at(&end, 6) != 0 || u16_at(&end, 8) != u16_at(&end, 10);
    if split || u16_at(&end, 10) == COUNT_64 || u32_at(&end, 12) == SIZE_64 || u32_at(&end, 16) == SIZE_64 {
        return Err(ArchiveError::Unsupported);
    }
    let most = u64::try_from(limits.entries).unwrap_or(u64::MAX).saturating_mul(DIRECTORY_BYTES_PER_ENTRY);
    if count > limits.entries || bytes > most {
        return Err(ArchiveError::TooMany);
    }
    if start.saturating_add(bytes) > length {
        return Err(ArchiveError::NotWhole);
    }
    file.seek(SeekFrom::Start(start))?;
    let mut directory = Vec::new();
    file.by_ref().take(bytes).read_to_end(&mut directory)?;
    let mut rest = directory.as_slice();
    let mut entries = Vec::with_capacity(count);
    let mut unpacked = 0_u64;
    for _ in 0..count {
        let (entry, after) = read_entry(rest)?;
        unpacked = unpacked.saturating_add(entry.bytes);
        if unpacked > limits.unpacked_bytes {
            return Err(ArchiveError::TooLarge);
        }
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

/// The record at the end: the last one whose comment reaches to the end of the file.
fn find_end<R: Read + Seek>(file: &mut R, length: u64) -> Result<Vec<u8>, ArchiveError> {
    let record = u64::try_from(END_BYTES).unwrap_or(0);
    let tail = length.min(COMMENT_BYTES_MAX + record);
    file.seek(SeekFrom::Start(length - tail))?;
    let mut bytes = Vec::new();
    file.by_ref().take(tail).read_to_end(&mut bytes)?;
    let starts = (0..(bytes.len() + 1).saturating_sub(END_BYTES)).rev();
    let mut ends = starts
        .map(|start| &bytes[start..])
        .filter(|end| u32_at(end, 0) == END_MAGIC && usize::from(u16_at(end, 20)) == end.len() - END_BYTES);
    ends.next().map(<[u8]>::to_vec).ok_or(ArchiveError::NotWhole)
}

fn read_entry(rest: &[u8]) -> Result<(ArchiveEntry, &[u8]), ArchiveError> {
    if rest.len() < ENTRY_BYTES || u32_at(rest, 0) != ENTRY_MAGIC {
        return Err(ArchiveError::NotWhole);
    }
    let (name, extra, comment) = (u16_at(rest, 28), u16_at(rest, 30), u16_at(rest, 32));
    let name_end = ENTRY_BYTES + usize::from(name);
    let end = name_end + usize::from(extra) + usize::from(comment);
    if rest.len() < end {
        return Err(ArchiveError::NotWhole);
    }
    let deflated = match u16_at(rest, 10) {
        0 => false,
        8 => true,
        _ => return Err(ArchiveError::Unsupported),
    };
    let (packed, bytes, offset) = (u32_at(rest, 20), u32_at(rest, 24), u32_at(rest, 42));
    let is_64 = packed == SIZE_64 || bytes == SIZE_64 || offset == SIZE_64;
    if is_64 || u16_at(rest, 8) & ENCRYPTED != 0 || !deflated && packed != bytes {
        return Err(ArchiveError::Unsupported);
    }
    let entry = ArchiveEntry {
        name: String::from_utf8_lossy(&rest[ENTRY_BYTES..name_end]).into_owned(),
        bytes: bytes.into(),
        packed_bytes: packed.into(),
        deflated,
        offset: offset.into(),
        crc: u32_at(rest, 16),
    };
    Ok((entry, &rest[end..]))
}

/// An entry's bytes, never more than the directory promised.
pub struct EntryReader<R: Read> {
    bytes: Bytes<R>,
    sum: Crc,
    entry: ArchiveEntry,
}

enum Bytes<R: Read> {
    Stored(Take<R>),
    Deflated(Box<Take<DeflateDecoder<Take<R>>>>),
}

impl ArchiveEntry {
    /// Opens the entry in its file.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn open<R: Read + Seek>(&self, mut file: R) -> Result<EntryReader<R>, ArchiveError> {
        file.seek(SeekFrom::Start(self.offset))?;
        let mut header = [0; LOCAL_BYTES];
        file.read_exact(&mut header).map_err(|_| ArchiveError::NotWhole)?;
        if u32_at(&header, 0) != LOCAL_MAGIC {
            return Err(ArchiveError::NotWhole);
        }
        file.seek_relative(i64::from(u16_at(&header, 26)) + i64::from(u16_at(&header, 28)))?;
        let packed = file.take(self.packed_bytes);
        let bytes = if self.deflated {
            Bytes::Deflated(Box::new(DeflateDecoder::new(packed).take(self.bytes)))
        } else {
            Bytes::Stored(packed)
        };
        Ok(EntryReader { bytes, sum: Crc::new(), entry: self.clone() })
    }
}

impl<R: Read> EntryReader<R> {
    /// Once it was read to its end: whether length and check sum are those of the directory.
    pub fn is_intact(&self) -> bool {
        self.sum.sum() == self.entry.crc && u64::from(self.sum.amount()) == self.entry.bytes
    }
}

impl<R: Read> Read for EntryReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.bytes {
            Bytes::Stored(bytes) => bytes.read(buffer)?,
            Bytes::Deflated(bytes) => bytes.read(buffer)?,
        };
        self.sum.update(&buffer[..count]);
        Ok(count)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write as _};
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    const LIMITS: ArchiveLimits = ArchiveLimits { entries: 9, unpacked_bytes: 1_000 };

    fn archive(entries: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn contents(file: &[u8]) -> Result<Vec<(String, Vec<u8>, bool)>, ArchiveError> {
        let mut file = Cursor::new(file);
        let mut read = Vec::new();
        for entry in read_archive(&mut file, LIMITS)? {
            let mut reader = entry.open(&mut file)?;
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes)?;
            read.push((entry.name.clone(), bytes, reader.is_intact()));
        }
        Ok(read)
    }

    #[test]
    fn what_another_program_packed_is_read() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let file = archive(&[("ops.json", b"{}"), ("photos/a", &[7; 300])], method);
            let expected = [("ops.json".to_owned(), b"{}".to_vec(), true), ("photos/a".to_owned(), vec![7; 300], true)];
            assert_eq!(contents(&file).unwrap(), expected);
        }
    }

    #[test]
    fn a_flipped_byte_is_read_and_told() {
        let mut file = archive(&[("ops.json", b"evidence")], CompressionMethod::Stored);
        let at = file.windows(8).position(|bytes| bytes == b"evidence").unwrap();
        file[at] ^= 1;
        assert_eq!(contents(&file).unwrap(), [("ops.json".to_owned(), b"dvidence".to_vec(), false)]);
    }

    #[test]
    fn bombs_and_pieces_are_refused_before_anything_is_unpacked() {
        let many: Vec<(String, &[u8])> = (0..10).map(|n| (n.to_string(), &b""[..])).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        assert!(matches!(contents(&archive(&many, CompressionMethod::Stored)), Err(ArchiveError::TooMany)));
        let bomb = archive(&[("ops.json", &[0; 1_001])], CompressionMethod::Deflated);
        assert!(matches!(contents(&bomb), Err(ArchiveError::TooLarge)));
        let whole = archive(&[("ops.json", b"{}")], CompressionMethod::Stored);
        for length in 0..whole.len() {
            assert!(matches!(contents(&whole[..length]), Err(ArchiveError::NotWhole)), "{length}");
        }
        // The directory promises less than the entry unpacks to: no more than promised is read.
        let mut liar = archive(&[("ops.json", &[0; 900])], CompressionMethod::Deflated);
        let entry = liar.windows(4).rposition(|bytes| bytes == ENTRY_MAGIC.to_le_bytes()).unwrap();
        liar[entry + 24..entry + 28].copy_from_slice(&10_u32.to_le_bytes());
        assert_eq!(contents(&liar).unwrap()[0].1.len(), 10);
        assert!(!contents(&liar).unwrap()[0].2);
    }

    #[test]
    fn what_is_encrypted_or_has_64_bit_sizes_is_refused() {
        let whole = archive(&[("ops.json", b"{}")], CompressionMethod::Stored);
        let entry = whole.windows(4).rposition(|bytes| bytes == ENTRY_MAGIC.to_le_bytes()).unwrap();
        for (at, bytes) in [(8, [1, 0]), (10, [99, 0]), (24, [0xff, 0xff])] {
            let mut changed = whole.clone();
            changed[entry + at..entry + at + 2].copy_from_slice(&bytes);
            assert!(matches!(contents(&changed), Err(ArchiveError::Unsupported)), "{at}");
        }
        let mut changed = whole.clone();
        let end = changed.len() - END_BYTES;
        changed[end + 16..end + 20].copy_from_slice(&[0xff; 4]);
        assert!(matches!(contents(&changed), Err(ArchiveError::Unsupported)));
    }
}
