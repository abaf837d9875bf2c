//! The raster base map under the console's own map: where its tiles come from, and what the pages must therefore be allowed to fetch. What a
//! newcomer gets wrong: tiles in GCJ-02 are the same grid as others, only the ground on them is shifted, so the findings are shifted too;
//! those in BD-09 are cut by another projection and cannot be used.

use serde::{Deserialize, Serialize};
use sync_protocol::geo::Datum;

/// Deepest zoom of any tile service.
const ZOOM_MAX: u8 = 24;
/// Longest address of tiles, in bytes.
const TILES_BYTES_MAX: usize = 500;
/// Longest attribution, in characters.
const ATTRIBUTION_CHARS_MAX: usize = 100;

/// The settings; off while `tiles` is empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BaseMap {
    /// Address with `{z}`, `{x}` and `{y}`, or empty.
    pub tiles: String,
    /// Whose map it is, as the service wants it said.
    pub attribution: String,
    /// Datum of the tiles.
    pub datum: Datum,
    /// Deepest zoom that the service has.
    pub zoom_max: u8,
}

impl BaseMap {
    /// Scheme, host and port of the tiles, which is what a policy names; nothing while there is no base map, or none that can be used.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        let (scheme, rest) = self.tiles.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_host = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | ':');
        let fits = matches!(scheme, "http" | "https") && !host.is_empty() && host.chars().all(is_host);
        fits.then(|| format!("{scheme}://{host}"))
    }

    /// What is wrong with it: the setting and why.
    pub(super) fn fault(&self) -> Option<(&'static str, &'static str)> {
        if self.tiles.is_empty() {
            return None;
        }
        let has_all = ["{z}", "{x}", "{y}"].iter().all(|part| self.tiles.contains(part));
        let is_plain = self.tiles.chars().all(|letter| letter.is_ascii_graphic());
        if !has_all || !is_plain || self.tiles.len() > TILES_BYTES_MAX || self.origin().is_none() {
            return Some(("map.tiles", "应为 http:// 或 https:// 开头、含 {z}、{x}、{y} 的固定主机地址"));
        }
        if self.datum == Datum::Bd09 {
            return Some(("map.datum", "百度瓦片的分块方式不同，不能使用；请用 wgs84、cgcs2000 或 gcj02 的瓦片"));
        }
        if self.attribution.trim().is_empty() || self.attribution.chars().count() > ATTRIBUTION_CHARS_MAX {
            return Some(("map.attribution", "请写明底图来源（不超过 100 字）"));
        }
        (!(1..=ZOOM_MAX).contains(&self.zoom_max)).then_some(("map.zoom_max", "应在 1 到 24 之间"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(tiles: &str) -> BaseMap {
        BaseMap { tiles: tiles.to_owned(), attribution: "测试底图".to_owned(), datum: Datum::Gcj02, zoom_max: 18 }
    }

    #[test]
    fn the_policy_names_scheme_host_and_port_only() {
        let origin = |tiles: &str| map(tiles).origin();
        assert_eq!(
            origin("https://t0.example.org/img?x={x}&y={y}&z={z}&tk=key").as_deref(),
            Some("https://t0.example.org")
        );
        assert_eq!(origin("http://127.0.0.1:9000/{z}/{x}/{y}.png").as_deref(), Some("http://127.0.0.1:9000"));
        for bad in [
            "",
            "ftp://a.b/{z}/{x}/{y}",
            "https:///{z}/{x}/{y}",
            "https://*.b/{z}/{x}/{y}",
            "https://a b;c/{z}/{x}/{y}",
        ] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let good = map("https://a.example.org/{z}/{x}/{y}.png");
        assert_eq!((good.fault(), map("").fault()), (None, None));
        let faults = [
            map("https://a.example.org/{z}/{x}.png").fault(),
            BaseMap { datum: Datum::Bd09, ..good.clone() }.fault(),
            BaseMap { attribution: " ".to_owned(), ..good.clone() }.fault(),
            BaseMap { zoom_max: 0, ..good }.fault(),
        ];
        let settings: Vec<_> = faults.into_iter().map(|fault| fault.map(|(setting, _)| setting)).collect();
        assert_eq!(settings, [Some("map.tiles"), Some("map.datum"), Some("map.attribution"), Some("map.zoom_max")]);
    }
}
