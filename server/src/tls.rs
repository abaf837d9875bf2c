//! Certificates: a local authority and a server certificate for a network without public names, and loading any pair.
//!
//! Phones open the camera and work offline only over HTTPS, and an office network has no public name to get a certificate
//! for. So `paicha cert` makes an authority once, which each phone is told to trust, and server certificates as often as
//! needed. A newcomer gets wrong to send the authority's *key* to phones: whoever has it can pose as any site to them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer};
use rcgen::{KeyPair, KeyUsagePurpose, PublicKeyData as _, SanType};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};

use crate::auth::key_file::{self, KeyError};

/// A server certificate lasts two years; phones refuse more than 825 days.
pub const SERVER_DAYS: u64 = 730;
/// The authority lasts ten years: trusting a new one means a walk to every phone.
pub const AUTHORITY_DAYS: u64 = 3650;
/// Names and addresses in one certificate.
pub const HOSTS_MAX: usize = 32;
/// Certificates in a chain file.
pub const CHAIN_MAX: usize = 8;
/// Valid from this long ago, for phones whose clock is behind.
const BACKDATED: Duration = Duration::from_hours(24);
const DAY: Duration = Duration::from_hours(24);
const HOST_CHARS_MAX: usize = 253;

/// Why a certificate cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No name, or too many.
    #[error("请给出 1 到 {HOSTS_MAX} 个服务器的域名或 IP 地址（手机上访问时输入的那个），证书未生成。")]
    HostCount,
    /// Neither a DNS name nor an address.
    #[error("“{0}” 不是域名也不是 IP 地址，证书未生成。请不要带 https:// 和端口。")]
    Host(String),
    /// A key or certificate file could not be read or written.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The public files could not be read or written.
    #[error("无法读写证书文件 {path}：{source}。请检查路径和权限。")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A PEM file without what it should hold.
    #[error("文件 {0} 中没有可用的证书或私钥（PEM 格式）。请检查设置 server.tls_certificate 和 server.tls_key。")]
    Pem(PathBuf),
    /// Certificate and key do not belong together, or TLS cannot use them.
    #[error("证书和私钥不能一起使用：{0}。请重新生成，或检查两个文件是否配对。")]
    Pair(rustls::Error),
    /// The certificate library failed.
    #[error("无法生成证书：{0}。")]
    Make(rcgen::Error),
}

/// What `paicha cert` made, for the person who ran it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeCertificate {
    /// The authority's certificate: the one file that goes to the phones.
    pub authority: PathBuf,
    /// Whether the authority is new, so that every phone must be told.
    pub authority_is_new: bool,
    /// SHA-256 of the authority's certificate, as phones show it.
    pub authority_fingerprint: String,
    /// The server's certificate, for `server.tls_certificate`.
    pub certificate: PathBuf,
    /// The server's key, for `server.tls_key`.
    pub key: PathBuf,
    /// The names and addresses it is good for.
    pub hosts: Vec<String>,
}

/// Makes a server certificate for these names and addresses (this machine's own are added), and the authority if the
/// folder has none. An existing authority is kept; the server's certificate and key are replaced.
///
/// # Errors
/// See [`TlsError`].
pub fn make_certificate(folder: &Path, hosts: &[String], now_us: i64) -> Result<MadeCertificate, TlsError> {
    let names = subject_names(hosts)?;
    key_file::make_private_folder(folder)?;
    let (authority_key, authority_is_new) = load_or_make_authority_key(folder)?;
    let params = authority_params(&authority_key, now_us);
    let authority = folder.join("paicha-ca.crt");
    if authority_is_new || !authority.exists() {
        let made = params.self_signed(&authority_key).map_err(TlsError::Make)?;
        write_public(&authority, &made.pem())?;
    }
    let authority_der = CertificateDer::from_pem_file(&authority).map_err(|_| TlsError::Pem(authority.clone()))?;
    let issuer = Issuer::new(params, authority_key);
    let server_key = generate_key()?;
    let server = server_params(names.clone(), now_us).signed_by(&server_key, &issuer).map_err(TlsError::Make)?;
    let (certificate, key) = (folder.join("server.crt"), folder.join("server.key"));
    key_file::replace_private(&key, server_key.serialize_pem().as_bytes())?;
    write_public(&certificate, &server.pem())?;
    Ok(MadeCertificate {
        authority,
        authority_is_new,
        authority_fingerprint: fingerprint(&authority_der),
        certificate,
        key,
        hosts: names.iter().map(shown_name).collect(),
    })
}

impl MadeCertificate {
    /// What to do next, in Chinese, for the terminal.
    #[must_use]
    pub fn instructions(&self) -> String {
        let phones = if self.authority_is_new {
            "二、把根证书装到每部手机（只需一次）"
        } else {
            "二、根证书没有变化，已信任过的手机不必再做；新手机请照做"
        };
        format!(
            "已生成证书，适用于：{hosts}（{SERVER_DAYS} 天内有效）\n\
             \n\
             一、写进服务器设置文件已有的 [server] 一节（同名的行请替换），然后重新启动\n\
             listen = \"0.0.0.0:8443\"\n\
             tls_certificate = {certificate:?}\n\
             tls_key = {key:?}\n\
             \n\
             {phones}\n\
             文件：{authority}\n\
             指纹（SHA-256）：{fingerprint}\n\
             安卓/鸿蒙：设置 → 安全 → 更多安全设置 → 加密和凭据 → 从存储设备安装 → CA 证书，选择该文件。\n\
             苹果：用“隔空投送”或邮件打开该文件 → 设置 → 已下载描述文件 → 安装；\n\
             再到 设置 → 通用 → 关于本机 → 证书信任设置，打开它的开关。\n\
             安装时请核对指纹。\n\
             \n\
             注意：paicha-ca.key 是根证书的私钥，只留在服务器上，不要发给任何人。\n",
            hosts = self.hosts.join("、"),
            certificate = self.certificate.display().to_string(),
            key = self.key.display().to_string(),
            authority = self.authority.display(),
            fingerprint = self.authority_fingerprint,
        )
    }
}

/// Loads a certificate chain and its key for HTTP/2 and HTTP/1.1. The crypto provider is named, not the process default:
/// another crate may have installed another one.
///
/// # Errors
/// A file is missing or holds something else, or the two do not belong together.
pub fn load_server_config(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let no_pem = |path: &Path| TlsError::Pem(path.to_owned());
    let chain = CertificateDer::pem_file_iter(certificate)
        .map_err(|_| no_pem(certificate))?
        .take(CHAIN_MAX)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| no_pem(certificate))?;
    if chain.is_empty() {
        return Err(no_pem(certificate));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|_| no_pem(key))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The names asked for and this machine's own, without repeats.
fn subject_names(hosts: &[String]) -> Result<Vec<SanType>, TlsError> {
    if hosts.is_empty() || hosts.len() > HOSTS_MAX {
        return Err(TlsError::HostCount);
    }
    let mut names = hosts.iter().map(|host| subject_name(host.trim())).collect::<Result<Vec<_>, _>>()?;
    names.push(subject_name("localhost")?);
    names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    names.push(SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)));
    let mut unique = Vec::with_capacity(names.len());
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    Ok(unique)
}

fn subject_name(host: &str) -> Result<SanType, TlsError> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let wrong = || TlsError::Host(host.chars().take(HOST_CHARS_MAX).collect());
    let is_label = |label: &str| {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(good) && !label.starts_with('-') && !label.ends_with('-')
    };
    // Digits and dots alone are a mistyped address: no phone would ever look that up as a name.
    let is_mistyped_address = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if host.len() > HOST_CHARS_MAX || is_mistyped_address || !host.split('.').all(is_label) {
        return Err(wrong());
    }
    host.to_ascii_lowercase().try_into().map(SanType::DnsName).map_err(|_| wrong())
}

fn shown_name(name: &SanType) -> String {
    match name {
        SanType::DnsName(name) => name.as_str().to_owned(),
        SanType::IpAddress(address) => address.to_string(),
        other => format!("{other:?}"),
    }
}

/// The key is the authority: its name is derived from it, so its certificate can be rebuilt without parsing one.
fn load_or_make_authority_key(folder: &Path) -> Result<(KeyPair, bool), TlsError> {
    let path = folder.join("paicha-ca.key");
    let is_new = !path.exists();
    if is_new {
        key_file::create_private(&path, generate_key()?.serialize_pem().as_bytes())?;
    }
    let file = key_file::read(path)?;
    let key = KeyPair::from_pem(file.text.expose()).map_err(|_| TlsError::Key(KeyError::Content(file.path)))?;
    Ok((key, is_new))
}

/// ECDSA on P-256: browsers do not take Ed25519 certificates.
fn generate_key() -> Result<KeyPair, TlsError> {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(TlsError::Make)
}

fn authority_params(key: &KeyPair, now_us: i64) -> CertificateParams {
    let digest = hex::encode(Sha256::digest(key.subject_public_key_info()));
    let mut params = dated(now_us, AUTHORITY_DAYS);
    // Two authorities of two offices on one phone must not have the same name.
    params.distinguished_name.push(DnType::CommonName, format!("Paicha Local CA {}", &digest[..8]));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn server_params(names: Vec<SanType>, now_us: i64) -> CertificateParams {
    let mut params = dated(now_us, SERVER_DAYS);
    params.distinguished_name.push(DnType::CommonName, "Paicha Server");
    params.subject_alt_names = names;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params
}

fn dated(now_us: i64, days: u64) -> CertificateParams {
    let since_epoch = Duration::from_micros(u64::try_from(now_us).unwrap_or(0));
    let now = rcgen::date_time_ymd(1970, 1, 1) + since_epoch;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.not_before = now - BACKDATED;
    params.not_after = now + DAY * u32::try_from(days).expect("the constants above are small");
    params
}

fn write_public(path: &Path, text: &str) -> Result<(), TlsError> {
    std::fs::write(path, text).map_err(|source| TlsError::Io { path: path.to_owned(), source })
}

/// SHA-256 in pairs with colons, as phones show it.
fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let pairs: Vec<_> = Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
