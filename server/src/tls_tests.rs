//! Certificates are proven by a whole handshake in memory, as a phone that trusts the authority would make it.

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};

use super::*;

const NOW_US: i64 = 1_690_000_000_000_000;
const DAY_S: u64 = 24 * 3600;

#[derive(Debug)]
struct FixedTime(u64);

impl TimeProvider for FixedTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0)))
    }
}

fn hosts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn made(folder: &Path) -> MadeCertificate {
    make_certificate(folder, &hosts(&["192.168.1.10", "Paicha.Example"]), NOW_US).unwrap()
}

/// A phone that trusts this authority and whose clock is this many days after the certificate was made.
fn phone(authority: &Path, days_later: u64) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let time = FixedTime(u64::try_from(NOW_US / 1_000_000).unwrap() + days_later * DAY_S);
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(time))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_webpki_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

/// Passes bytes until both sides are done or one refuses; gives the agreed protocol.
fn handshake(server: ServerConfig, phone: Arc<ClientConfig>, host: &str) -> Result<Vec<u8>, rustls::Error> {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut client = ClientConnection::new(phone, name)?;
    let mut server = ServerConnection::new(Arc::new(server))?;
    while client.is_handshaking() || server.is_handshaking() {
        let mut bytes = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut bytes).unwrap();
        }
        server.read_tls(&mut bytes.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut bytes = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut bytes).unwrap();
        }
        client.read_tls(&mut bytes.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(client.alpn_protocol().unwrap_or_default().to_vec())
}

fn loaded(made: &MadeCertificate) -> ServerConfig {
    load_server_config(&made.certificate, &made.key).unwrap()
}

#[test]
fn a_phone_that_trusts_the_authority_connects_by_each_name() {
    let folder = tempfile::tempdir().unwrap();
    let made = made(folder.path());
    assert_eq!(made.hosts, ["192.168.1.10", "paicha.example", "localhost", "127.0.0.1", "::1"]);
    for host in &made.hosts {
        assert_eq!(handshake(loaded(&made), phone(&made.authority, 0), host), Ok(b"h2".to_vec()), "{host}");
    }
}

#[test]
fn another_name_another_authority_and_another_time_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let other_folder = tempfile::tempdir().unwrap();
    let made = made(folder.path());
    let other = super::make_certificate(other_folder.path(), &hosts(&["192.168.1.10"]), NOW_US).unwrap();
    let try_with = |authority: &Path, days, host| handshake(loaded(&made), phone(authority, days), host);
    assert!(try_with(&made.authority, 0, "192.168.1.11").is_err());
    assert!(try_with(&other.authority, 0, "192.168.1.10").is_err());
    assert!(try_with(&made.authority, SERVER_DAYS - 1, "192.168.1.10").is_ok());
    assert!(try_with(&made.authority, SERVER_DAYS + 1, "192.168.1.10").is_err());
}

#[test]
fn a_second_certificate_is_trusted_by_the_phones_that_trust_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let first = made(folder.path());
    let kept = folder.path().join("on-the-phone.crt");
    std::fs::copy(&first.authority, &kept).unwrap();
    let later_us = NOW_US + 400 * 86_400_000_000;
    let second = make_certificate(folder.path(), &hosts(&["10.0.0.5"]), later_us).unwrap();
    assert!(first.authority_is_new && !second.authority_is_new);
    assert_eq!(first.authority_fingerprint, second.authority_fingerprint);
    assert!(handshake(loaded(&second), phone(&kept, 1000), "10.0.0.5").is_ok());
}

#[test]
fn a_lost_authority_certificate_is_made_again_from_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let first = made(folder.path());
    let kept = folder.path().join("on-the-phone.crt");
    std::fs::rename(&first.authority, &kept).unwrap();
    let again = made(folder.path());
    assert!(again.authority.exists());
    assert!(handshake(loaded(&again), phone(&kept, 0), "192.168.1.10").is_ok());
}

#[cfg(unix)]
#[test]
fn keys_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    made(folder.path());
    for name in ["paicha-ca.key", "server.key"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn hosts_that_no_phone_could_type_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("{}.example", "a".repeat(64));
    for host in ["", "https://a", "a b", "192.168.1.256", "a:8443", "-a", "a..b", "街道", "*.example", &long] {
        let result = make_certificate(folder.path(), &hosts(&[host]), NOW_US);
        assert!(matches!(result, Err(TlsError::Host(_))), "{host:?}");
    }
    assert!(matches!(make_certificate(folder.path(), &[], NOW_US), Err(TlsError::HostCount)));
    let many = vec!["a.example".to_owned(); HOSTS_MAX + 1];
    assert!(matches!(make_certificate(folder.path(), &many, NOW_US), Err(TlsError::HostCount)));
    assert!(!folder.path().join("paicha-ca.key").exists(), "a refusal makes nothing");
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = (made(one.path()), made(two.path()));
    let result = load_server_config(&first.certificate, &second.key);
    assert!(matches!(result, Err(TlsError::Pair(_))), "{result:?}");
    let swapped = load_server_config(&first.key, &first.certificate);
    assert!(matches!(swapped, Err(TlsError::Pem(_))), "{swapped:?}");
    let missing = load_server_config(&one.path().join("none.crt"), &first.key);
    assert!(matches!(missing, Err(TlsError::Pem(_))), "{missing:?}");
}

#[test]
fn the_instructions_name_the_files_and_hold_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let made = made(folder.path());
    let text = made.instructions();
    for part in [&made.authority_fingerprint, "证书信任设置", "server.crt", "paicha-ca.crt", "不要发给任何人"]
    {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("PRIVATE KEY"));
    assert_eq!(made.authority_fingerprint.len(), 32 * 3 - 1);
}
