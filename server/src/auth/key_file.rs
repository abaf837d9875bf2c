//! Key files: numbered files in a folder that only the server's own account may read; the highest number is the newest.
//!
//! Used by the token ring and the seal ring: both sign with the newest key and accept all. The files are secrets, so they
//! are made with mode 0600 and refused when others may read them. A newcomer gets wrong to overwrite a key: rotation adds
//! the next number, removing an old file is what ends its validity.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::secret::Secret;

/// Keys in one ring; more means that nobody ever removed an old one.
pub const KEYS_MAX: usize = 16;
/// Bytes of one key file; ours have about 200.
pub const KEY_FILE_BYTES_MAX: u64 = 16 * 1024;

/// Why keys could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Reading or writing failed.
    #[error("无法读写密钥文件 {path}：{source}。请检查文件夹权限。")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Others than the owner may read the file.
    #[error("密钥文件 {0} 可以被其他账号读取，服务器拒绝使用。请执行 chmod 600 后重试。")]
    TooOpen(PathBuf),
    /// The content is no key of the expected kind.
    #[error("密钥文件 {0} 的内容不是有效的密钥。请恢复备份，或移走该文件后重新启动以生成新密钥。")]
    Content(PathBuf),
    /// More than [`KEYS_MAX`] files.
    #[error("文件夹 {0} 中的密钥超过 {KEYS_MAX} 个。请移走最旧的密钥。")]
    TooMany(PathBuf),
    /// A new key could not be made.
    #[error("无法生成新密钥：系统随机数不可用。请稍后重试。")]
    Generate,
}

/// One key file: where it lies and what it holds.
#[derive(Debug)]
pub struct KeyFile {
    /// The file, for messages.
    pub path: PathBuf,
    /// The whole text.
    pub text: Secret<String>,
}

/// All key files of a folder, oldest first; makes the first one with `generate` when there is none.
///
/// Two processes that start together on one folder end up with the same first key.
///
/// # Errors
/// The folder or a file cannot be read or made, is too open, or there are too many.
pub fn load_or_create<F>(folder: &Path, generate: F) -> Result<Vec<KeyFile>, KeyError>
where
    F: FnOnce() -> Result<Secret<String>, KeyError>,
{
    if list_paths(folder)?.is_empty() {
        // Always the same name: looking again for the next free one would let two processes make two first keys.
        make_private_folder(folder)?;
        create_private(&folder.join(format!("{:06}.key", 1)), generate()?.expose().as_bytes())?;
    }
    list_paths(folder)?.into_iter().map(read).collect()
}

/// Adds the next key, which signs from the next start of each process on; all processes need it before that.
///
/// # Errors
/// As for [`load_or_create`].
pub fn add<F>(folder: &Path, generate: F) -> Result<PathBuf, KeyError>
where
    F: FnOnce() -> Result<Secret<String>, KeyError>,
{
    make_private_folder(folder)?;
    let existing = list_paths(folder)?;
    if existing.len() >= KEYS_MAX {
        return Err(KeyError::TooMany(folder.to_owned()));
    }
    let next = existing.last().and_then(|path| number(path)).map_or(1, |last| last.saturating_add(1));
    let path = folder.join(format!("{next:06}.key"));
    create_private(&path, generate()?.expose().as_bytes())?;
    Ok(path)
}

/// Writes a new file with mode 0600, whole or not at all. A file that already exists wins and is left alone.
///
/// # Errors
/// Writing failed.
pub fn create_private(path: &Path, content: &[u8]) -> Result<(), KeyError> {
    let draft = draft_beside(path);
    write_draft(&draft, content).map_err(|source| KeyError::Io { path: draft.clone(), source })?;
    // A hard link never replaces: of two processes that make the first key, one wins and both read its key.
    let linked = fs::hard_link(&draft, path);
    let _ = fs::remove_file(&draft);
    match linked {
        Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
            Err(KeyError::Io { path: path.to_owned(), source })
        }
        _ => sync_folder(path).map_err(|source| KeyError::Io { path: path.to_owned(), source }),
    }
}

/// Writes a file with mode 0600 over an older one, whole or not at all. For what is made anew, never for a signing key.
///
/// # Errors
/// Writing failed.
pub fn replace_private(path: &Path, content: &[u8]) -> Result<(), KeyError> {
    let draft = draft_beside(path);
    write_draft(&draft, content)
        .and_then(|()| fs::rename(&draft, path))
        .and_then(|()| sync_folder(path))
        .map_err(|source| KeyError::Io { path: path.to_owned(), source })
}

/// Reads a private file, refusing one that others may read.
///
/// # Errors
/// Unreadable, too open, too big or not UTF-8.
pub fn read(path: PathBuf) -> Result<KeyFile, KeyError> {
    let text = read_text(&path).map_err(|source| KeyError::Io { path: path.clone(), source })?;
    match text {
        None => Err(KeyError::TooOpen(path)),
        Some(text) => Ok(KeyFile { path, text: Secret::new(text) }),
    }
}

/// The text, or nothing when others may read the file.
fn read_text(path: &Path) -> io::Result<Option<String>> {
    let file = fs::File::open(path)?;
    if is_open_to_others(&file.metadata()?) {
        return Ok(None);
    }
    let mut text = String::new();
    file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Makes a folder that only the owner may enter; an existing folder keeps its mode.
///
/// # Errors
/// The folder cannot be made.
pub fn make_private_folder(folder: &Path) -> Result<(), KeyError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| KeyError::Io { path: folder.to_owned(), source })
}

/// A name of its own for each draft: two servers in one process (tests do that) must not write into the same one.
fn draft_beside(path: &Path) -> PathBuf {
    static DRAFTS: AtomicU64 = AtomicU64::new(0);
    let count = DRAFTS.fetch_add(1, Ordering::Relaxed);
    path.with_extension(format!("{}-{count}.draft", std::process::id()))
}

/// Makes the new name survive a power cut: a key that vanishes after it signed something logs everybody out.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    // A bare file name has the empty parent, which means the current folder.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    // Other systems cannot open a folder as a file and keep names in order themselves.
    Ok(())
}

fn write_draft(draft: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(draft)?;
    file.write_all(content)?;
    file.sync_all()
}

fn list_paths(folder: &Path) -> Result<Vec<PathBuf>, KeyError> {
    let failed = |source| KeyError::Io { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if number(&path).is_none() {
            continue;
        }
        if paths.len() >= KEYS_MAX {
            return Err(KeyError::TooMany(folder.to_owned()));
        }
        paths.push(path);
    }
    paths.sort_by_key(|path| number(path));
    Ok(paths)
}

/// The number in `000001.key`; drafts and foreign files have none.
fn number(path: &Path) -> Option<u32> {
    let digits = path.file_name()?.to_str()?.strip_suffix(".key")?;
    digits.parse().ok()
}

#[cfg(unix)]
fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_metadata: &fs::Metadata) -> bool {
    // Other systems inherit the folder's access list, which the installer sets.
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Result<Secret<String>, KeyError> {
        Ok(Secret::new(value.to_owned()))
    }

    fn texts(files: &[KeyFile]) -> Vec<&str> {
        files.iter().map(|file| file.text.expose().as_str()).collect()
    }

    #[test]
    fn the_first_key_is_made_once_and_later_ones_follow() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        assert_eq!(texts(&load_or_create(&keys, || text("first")).unwrap()), ["first"]);
        assert_eq!(texts(&load_or_create(&keys, || text("never")).unwrap()), ["first"]);
        add(&keys, || text("second")).unwrap();
        assert_eq!(texts(&load_or_create(&keys, || text("never")).unwrap()), ["first", "second"]);
        let names: Vec<_> = fs::read_dir(&keys).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "no draft stays behind: {names:?}");
    }

    #[test]
    fn servers_that_start_together_agree_on_the_first_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let start = std::sync::Barrier::new(8);
        let seen: Vec<_> = std::thread::scope(|scope| {
            let load = |number: usize| {
                start.wait();
                let files = load_or_create(&keys, || text(&format!("{number}").repeat(5_000))).unwrap();
                texts(&files).concat()
            };
            let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || load(number))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(seen[0].len(), 5_000);
        assert!(seen.iter().all(|text| *text == seen[0]));
    }

    #[test]
    fn an_existing_key_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("000001.key");
        create_private(&path, b"mine").unwrap();
        create_private(&path, b"theirs").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[cfg(unix)]
    #[test]
    fn key_files_are_private_and_open_ones_are_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = add(folder.path(), || text("secret")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = load_or_create(folder.path(), || text("never")).unwrap_err();
        assert!(matches!(error, KeyError::TooOpen(_)), "{error:?}");
        assert!(error.to_string().contains("chmod 600"));
    }

    #[test]
    fn a_ring_has_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..KEYS_MAX {
            add(folder.path(), || text("key")).unwrap();
        }
        assert!(matches!(add(folder.path(), || text("one more")), Err(KeyError::TooMany(_))));
    }
}
