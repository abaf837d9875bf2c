//! One server at a time on a data folder with SQLite: a second one would write beside it, and `demo --fresh` would delete under its feet. What a
//! newcomer gets wrong: the lock belongs to the open file, so it ends with the process, however that dies.

use crate::config::Config;
use anyhow::{Context as _, bail};
use std::fs::{File, TryLockError};
use std::path::Path;

const LOCK: &str = "paicha.lock";

/// Takes the folder for this process, until the answer is dropped. Servers before one PostgreSQL may share a folder.
pub(super) fn hold(config: &Config) -> anyhow::Result<Option<File>> {
    if !config.database_url().expose().starts_with("sqlite:") {
        return Ok(None);
    }
    crate::auth::key_file::make_private_folder(&config.data.folder)?;
    lock(&config.data.folder).map(Some)
}

/// Whether another process has the folder; one that does not exist is free.
pub(super) fn check_free(folder: &Path) -> anyhow::Result<()> {
    if folder.join(LOCK).exists() { lock(folder).map(drop) } else { Ok(()) }
}

fn lock(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("无法写入 {}，没有启动。", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "数据文件夹 {} 正由另一个正在运行的 paicha 使用，没有启动，也没有改动。请先停掉它，或用 --data 换一个文件夹。",
                folder.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("无法锁定 {}，没有启动。", path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder() {
        let folder = tempfile::tempdir().unwrap();
        check_free(folder.path()).unwrap();
        let held = lock(folder.path()).unwrap();
        assert!(check_free(folder.path()).is_err() && lock(folder.path()).is_err());
        drop(held);
        check_free(folder.path()).unwrap();
    }
}
