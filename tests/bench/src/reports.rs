//! The two forms of the notice: 附件2 over a million records, 附件1 with hundreds of pictures. Both are asked for over HTTP as people do, and
//! what they say is checked before anything is measured. What a newcomer gets wrong: the time ends with the last byte of the file.

mod expected;
mod form;
mod hand_in;
mod histories;
mod numbers;

use crate::world::{PASSWORD, SUBDISTRICT};
use anyhow::Result;
use paicha::app::App;
use paicha::auth::secret::Secret;
use paicha::usecases::manage_users::{Manager, NewUser, create_user, grant_role};
use paicha::usecases::sign_in::{SignIn, sign_in};
use paicha_db::Engine;
use std::net::IpAddr;
use std::path::Path;
use std::time::Instant;
use sync_protocol::role::Role;

pub(crate) async fn run(engine: Engine, program: &Path, records: usize, rows: usize) -> Result<()> {
    if records > 0 {
        numbers::run(engine, records).await?;
    }
    if rows > 0 {
        form::run(engine, program, rows).await?;
    }
    Ok(())
}

/// Somebody of the office who asks for forms.
pub(crate) struct Asked {
    http: reqwest::Client,
    address: String,
    token: String,
}

impl Asked {
    pub(crate) fn new(address: String, token: String) -> Self {
        Self { http: reqwest::Client::new(), address, token }
    }

    /// What the server answers, and after how many seconds it was all here.
    pub(crate) async fn get(&self, path: &str) -> Result<(Vec<u8>, f64)> {
        self.ask(path, self.http.get(format!("{}{path}", self.address))).await
    }

    /// The same for something that is done.
    pub(crate) async fn post(&self, path: &str, body: &serde_json::Value) -> Result<(Vec<u8>, f64)> {
        self.ask(path, self.http.post(format!("{}{path}", self.address)).json(body)).await
    }

    async fn ask(&self, path: &str, request: reqwest::RequestBuilder) -> Result<(Vec<u8>, f64)> {
        let started = Instant::now();
        let answer = request.bearer_auth(&self.token).send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        let took = started.elapsed().as_secs_f64();
        anyhow::ensure!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&bytes));
        Ok((bytes.into(), took))
    }
}

/// The token of somebody who reads the forms of the subdistrict.
pub(crate) async fn office(app: &App) -> Result<String> {
    let new = NewUser {
        login: "office".to_owned(),
        name: "试用员".to_owned(),
        unit: "云杉街道".to_owned(),
        phone: String::new(),
        password: Secret::new(PASSWORD.to_owned()),
    };
    let user = create_user(app, Manager::CommandLine, new).await?;
    grant_role(app, Manager::CommandLine, user, Role::R3, SUBDISTRICT).await?;
    let request = SignIn {
        login: "office".to_owned(),
        password: Secret::new(PASSWORD.to_owned()),
        device: None,
        address: IpAddr::from([10, 1, 0, 1]),
    };
    Ok(sign_in(app, request).await?.access_token.expose().clone())
}
