//! The certificate that phones see: there, readable, and valid for long enough to be renewed in peace.

use super::{Examined, Verdict};
use crate::config::Config;
use sync_protocol::time::DAY_US;
use x509_parser::pem::Pem;

/// Days before its end from which a certificate is asked to be renewed.
const RENEW_DAYS: i64 = 30;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// Looks at the configured certificate.
pub(super) fn examine(config: &Config, now_us: i64) -> Examined {
    let path = &config.server.tls_certificate;
    if path.as_os_str().is_empty() {
        return Examined::good("certificate", "没有设置证书");
    }
    let shown = path.display();
    let broken = |why: String| {
        let advice = "重新运行 paicha cert，或更换证书文件后重启";
        Examined::bad("certificate", Verdict::Fault, format!("证书 {shown} 不能使用：{why}"), advice)
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return broken(error.to_string()),
    };
    let Some(Ok(pem)) = Pem::iter_from_buffer(&bytes).next() else { return broken("不是 PEM 证书".to_owned()) };
    let Ok(certificate) = pem.parse_x509() else { return broken("内容无法读取".to_owned()) };
    let validity = certificate.validity();
    let (from, to) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    let now_s = now_us / MICROS_PER_SECOND;
    if now_s < from || now_s >= to {
        return broken("不在有效期内".to_owned());
    }
    let days = (to - now_s) * MICROS_PER_SECOND / DAY_US;
    if days < RENEW_DAYS {
        let text = format!("证书还有 {days} 天到期");
        return Examined::bad("certificate", Verdict::Warning, text, "请更换证书；到期后手机将无法连接");
    }
    Examined::good("certificate", format!("证书有效，还有 {days} 天"))
}
