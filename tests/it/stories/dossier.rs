//! 一患一档: the archive of one hazard holds the very bytes that the phone sent, and says what is missing.

use anyhow::{Context as _, Result, ensure};
use paicha_tests::phones::{finding, long_photo, sync};
use serde_json::Value;
use std::io::{Cursor, Read as _};
use sync_protocol::digest::{sha256, to_hex};
use sync_protocol::role::Role;

use super::{VILLAGE, inspector, on_both_engines};

#[tokio::test]
async fn the_archive_of_a_hazard_is_complete_and_says_what_is_missing() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "inspector", &app.url).await?;
        let office = app.user("office", Role::R3, &["*"]).await?;
        let photos = vec![long_photo(1, 30_000), long_photo(2, 40_000)];
        phone.capture(finding(VILLAGE, "配电箱门敞开，线头裸露", photos.clone())).await?;
        sync(&phone).await?;
        let listed = app.get(Some(&office), "/v1/hazards").await?.ok()?;
        let hazard = listed["items"][0]["id"].as_str().context("a hazard")?.to_owned();
        app.app.blobs.delete(&paicha::blobs::original_key(&sha256(&photos[1]))).await?;

        let ask = |format: &str| {
            let path = format!("/v1/hazards/{hazard}/dossier?format={format}");
            app.request(reqwest::Method::GET, &path).bearer_auth(&office.access_token).send()
        };
        let zip = ask("zip").await?.error_for_status()?.bytes().await?;
        let mut archive = zip::ZipArchive::new(Cursor::new(zip))?;
        let mut read = |name: &str| -> Result<Vec<u8>> {
            let mut bytes = Vec::new();
            archive.by_name(name)?.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let manifest: Value = serde_json::from_slice(&read("manifest.json")?)?;
        let files = manifest["files"].as_array().context("files")?;
        ensure!(files.len() >= 5, "document, record, a photo, operations: {manifest}");
        for file in files {
            let bytes = read(file["path"].as_str().context("path")?)?;
            ensure!(file["sha256"] == to_hex(&sha256(&bytes)), "{file}");
        }
        let originals: Vec<&Value> =
            files.iter().filter(|file| file["path"].as_str().is_some_and(|path| path.starts_with("照片/"))).collect();
        ensure!(originals.len() == 1 && originals[0]["as_declared"] == true, "{originals:?}");
        ensure!(read(originals[0]["path"].as_str().context("path")?)? == photos[0], "byte for byte");
        let lost = to_hex(&sha256(&photos[1]));
        ensure!(
            manifest["missing"][0]["sha256"] == lost && manifest["missing"][0]["why"] == "照片库中没有",
            "{manifest}"
        );

        let docx = ask("docx").await?.error_for_status()?.bytes().await?;
        let mut document = String::new();
        zip::ZipArchive::new(Cursor::new(docx))?.by_name("word/document.xml")?.read_to_string(&mut document)?;
        for words in ["重大事故隐患一患一档", "配电箱门敞开，线头裸露", "五落实", "双报告", "办理过程", lost.as_str()]
        {
            ensure!(document.contains(words), "{words} is not in the document");
        }
        phone.close().await;
        Ok(())
    })
    .await
}
