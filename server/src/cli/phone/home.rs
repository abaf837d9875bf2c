//! The folder a phone lives in: its database, its photos and the certificate of its server. Opening needs no server; the way to it is
//! known only after the first sign-in. What a newcomer gets wrong: two commands at once share one folder safely, because each
//! writing transaction is short and the server repeats its answers.

use anyhow::Context as _;
use clap::Args;
use paicha_client::Phone;
use paicha_client::http::{Http, HttpOptions};
use paicha_client::surroundings::BoxFuture;
use paicha_client::system::System;
use paicha_client::transport::{Request, Response, Transport, TransportError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the phone lies.
#[derive(Debug, Args)]
pub(in crate::cli) struct HomeArguments {
    /// 手机文件夹，默认 ~/.local/share/paicha-phone。Where this phone keeps everything.
    #[arg(long, env = "PAICHA_PHONE_HOME", value_name = "DIR")]
    pub(in crate::cli) home: Option<PathBuf>,
}

/// An existing folder of a phone.
#[derive(Debug)]
pub(in crate::cli) struct Home(PathBuf);

/// Before the first sign-in nobody knows where the server is.
struct Nowhere;

impl Transport for Nowhere {
    fn send(&self, _request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async { Err(TransportError::Unreachable("还没有登录过".to_owned())) })
    }
}

impl Home {
    /// Finds the folder, making it when it is missing; only its owner may look into it.
    pub(in crate::cli) fn find(arguments: &HomeArguments) -> anyhow::Result<Self> {
        let folder = match &arguments.home {
            Some(folder) => folder.clone(),
            None => default_folder().context("找不到个人文件夹，什么也没有做。请用 --home 指明手机文件夹。")?,
        };
        crate::auth::key_file::make_private_folder(&folder)
            .with_context(|| format!("无法使用手机文件夹 {}，什么也没有做。请检查权限。", folder.display()))?;
        Ok(Self(folder))
    }

    fn certificate_file(&self) -> PathBuf {
        self.0.join("server-ca.pem")
    }

    /// Keeps a certificate for later commands.
    pub(super) fn keep_certificate(&self, file: &Path) -> anyhow::Result<()> {
        let target = self.certificate_file();
        std::fs::copy(file, &target)
            .with_context(|| format!("无法读取证书文件 {}，没有登录。请检查路径。", file.display()))?;
        Ok(())
    }

    fn options(&self, server: &str) -> anyhow::Result<HttpOptions> {
        let mut options = HttpOptions::new(server);
        match std::fs::read(self.certificate_file()) {
            Ok(pem) => options.root_certificate_pem = Some(pem),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).context("无法读取手机文件夹中的证书。"),
        }
        Ok(options)
    }

    /// Opens the phone; with the way to its server when it has signed in before.
    pub(in crate::cli) async fn open(&self) -> anyhow::Result<Phone> {
        let phone = Phone::open(&self.0.join("phone.db"), Arc::new(Nowhere), Arc::new(System::new())).await;
        let phone = phone.with_context(|| format!("无法打开手机数据（{}），没有改动。", self.0.display()))?;
        match phone.find_server().await? {
            Some(server) => self.reach(&phone, &server),
            None => Ok(phone),
        }
    }

    /// The same phone with the way to a server.
    pub(super) fn reach(&self, phone: &Phone, server: &str) -> anyhow::Result<Phone> {
        let http = Http::new(&self.options(server)?)?;
        Ok(phone.with_transport(Arc::new(http)))
    }
}

/// `$XDG_DATA_HOME/paicha-phone`, `~/.local/share/paicha-phone`, or on Windows below the user's application data.
fn default_folder() -> Option<PathBuf> {
    let folder = |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = folder("XDG_DATA_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".local/share")))
        .or_else(|| folder("APPDATA"))?;
    Some(data.join("paicha-phone"))
}
