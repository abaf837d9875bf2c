//! Every limit of the protocol, with its name and reason (protocol 3.10). Both sides read them here; `GET /v1/sync/config` tells
//! them to phones that do not. Changing one is a change of the protocol.

/// Operations in one push.
pub const PUSH_OPS_MAX: usize = 500;
/// Bytes of a push as sent, after compression: one bad radio link must not lose more than about 10 s of work.
pub const PUSH_ENCODED_BYTES_MAX: usize = 1 << 20;
/// Bytes of a push after decompression.
pub const PUSH_DECODED_BYTES_MAX: usize = 8 << 20;
/// Bytes of one operation; photos are blobs, not operations.
pub const OP_BYTES_MAX: usize = 64 << 10;
/// Operations in one group (one local save).
pub const GROUP_OPS_MAX: u32 = 20;
/// Bytes of all operations of one group.
pub const GROUP_BYTES_MAX: usize = 256 << 10;
/// Operations in one transaction: short village locks.
pub const CHUNK_OPS_MAX: usize = 50;
/// Microseconds a push may work before it answers with the prefix it has.
pub const PUSH_BUDGET_US: i64 = 20_000_000;
/// Attempts at one chunk after deadlocks, serialization failures and lock time-outs.
pub const CHUNK_ATTEMPTS_MAX: u32 = 5;
/// Bytes of one pull page, before compression, that a phone may ask for.
pub const PULL_PAGE_BYTES_MAX: usize = 1 << 20;
/// Bytes of a pull page when the phone names none.
pub const PULL_PAGE_BYTES_DEFAULT: usize = 512 << 10;
/// Outcomes of earlier operations in one village's part of a pull page.
pub const PULL_OUTCOMES_MAX: usize = 500;
/// Rows read at a time while a pull page is filled.
pub const PULL_ROWS_MAX: i64 = 1000;
/// Villages in one person's scope.
pub const SCOPE_FEEDS_MAX: usize = 1000;
/// Concurrent values kept in one field; every incarnation contributes at most one, so more means something is wrong with devices,
/// and the operation waits for a person instead.
pub const REGISTER_ENTRIES_MAX: usize = 256;
/// Of those, values of one author: nobody can fill a field so that others are not heard.
pub const REGISTER_ENTRIES_OF_ONE_MAX: usize = 32;
/// Replaced values of one author that a field without questions keeps beside those that stand.
pub const PAST_VALUES_OF_ONE_MAX: usize = 16;
/// Answers of people to what waits on one record, and of one person among them.
pub const DECISIONS_MAX: usize = 256;
/// Values that did not fit the schema and are kept beside a record; all of them stay in the stored operations anyway.
pub const ASIDES_MAX: usize = 64;
/// Bytes of one value, about; longer ones are kept in their operation only, and a person is asked.
pub const VALUE_BYTES_MAX: usize = 16 << 10;
/// Fields of one record, those of newer apps and of open families (`answer.*`) included.
pub const FIELDS_OF_RECORD_MAX: usize = 1024;
/// Bytes of all values of one record, about, and of those of one author among them.
pub const RECORD_VALUES_BYTES_MAX: usize = 1 << 20;
/// See [`RECORD_VALUES_BYTES_MAX`].
pub const RECORD_VALUES_BYTES_OF_ONE_MAX: usize = 256 << 10;
/// Photos on one record.
pub const RECORD_PHOTOS_MAX: usize = 500;
/// Bytes of one photo's original.
pub const PHOTO_BYTES_MAX: u64 = 64 << 20;
/// Days a held operation waits for the record it names before a person is asked.
pub const HELD_DAYS_MAX: i64 = 14;
/// Days a phone keeps acknowledged operations when the server names no durable mark.
pub const RETENTION_DAYS: i64 = 30;
/// Version of the envelope.
pub const PROTO: u32 = 1;
/// Newest version of operation payloads this code writes; older ones are read for ever.
pub const SCHEMA: u32 = 1;
/// Bytes of one piece of an upload.
pub const UPLOAD_CHUNK_BYTES_MAX: u64 = 8 << 20;
/// Bytes of a piece that clients should send: a lost link costs at most this.
pub const UPLOAD_CHUNK_BYTES: u64 = 512 << 10;
/// Levels of nesting in one operation. A record wraps the value in more levels, and readers stop at 128.
pub const OP_DEPTH_MAX: usize = 32;
/// Bytes of a rescue file: what fits into a ZIP without 64-bit sizes. Phones make several long before.
pub const RESCUE_BYTES_MAX: u64 = (4 << 30) - 1;
/// Bytes of a rescue file's operations after unpacking: they are read whole.
pub const RESCUE_OPS_BYTES_MAX: u64 = 32 << 20;
/// Entries of a rescue file.
pub const RESCUE_ENTRIES_MAX: usize = 10_000;
