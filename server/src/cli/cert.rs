//! `paicha cert HOST...`: a certificate for an office network, and what to do with it on the phones.

use super::Output;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::tls::make_certificate;
use clap::Args;

/// For whom.
#[derive(Debug, Args)]
pub(super) struct CertArguments {
    /// 手机上访问服务器时输入的域名或 IP 地址。Names and addresses that people type to reach the server.
    #[arg(required = true, value_name = "HOST")]
    hosts: Vec<String>,
}

/// Makes the certificate and says what to do.
pub(super) fn run(config: &Config, arguments: &CertArguments, output: &mut Output) -> anyhow::Result<()> {
    let made = make_certificate(&config.tls_folder(), &arguments.hosts, SystemClock.now_us())?;
    output.line(made.instructions().trim_end())
}
