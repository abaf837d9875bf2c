//! `paicha phone capture`: one visit with its photos, saved durably on this phone before the command returns. Whatever is not said gets
//! an honest default ("not filled in"), because a missing value never stops a save; the form asks for it later. What a newcomer gets
//! wrong: a photo's own position is a claim of whoever took it, so it is used only when the person says so.

use super::super::Output;
use super::explain;
use super::home::{Home, HomeArguments};
use anyhow::{Context as _, bail};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use paicha_client::Phone;
use paicha_client::phone::{Finding, HazardDraft, PhotoDraft, PlaceRef, Position};
use paicha_photos::{ExifFacts, Facts, PhotoType, read_facts};
use std::path::{Path, PathBuf};
use sync_protocol::geo::{Datum, Fix};
use sync_protocol::ids::FeedId;
use sync_protocol::limits::PHOTO_BYTES_MAX;
use sync_protocol::schema::CONTROLS;
use sync_protocol::time::Micros;

/// What prints when nobody named the place.
const PLACE_UNKNOWN: &str = "未填写地点";
/// What prints when nobody described it: the photo does.
const SEE_PHOTO: &str = "见照片";
/// Photos of one visit; more would not fit the operations of one save.
const PHOTOS_MAX: usize = 50;

/// What was found.
#[derive(Debug, Args)]
pub(in crate::cli) struct CaptureArguments {
    /// 照片文件，原样保存。Photo files, kept byte for byte.
    #[arg(value_name = "PHOTO")]
    photos: Vec<PathBuf>,
    /// 村（社区）12 位代码；默认本账号的第一个村。
    #[arg(long, value_name = "CODE")]
    village: Option<String>,
    /// 地点名称，或已登记场所的编号。Name of the place, or the id of a registered one.
    #[arg(long, value_name = "TEXT|ID")]
    place: Option<String>,
    /// 等级：一般 / 疑似重大，请上级核定 / 重大（按判定标准）。
    #[arg(long, default_value = "general", value_parser = [
        PossibleValue::new("general").help("一般"), PossibleValue::new("suspected").help("疑似重大，请上级核定"),
        PossibleValue::new("major_direct").help("重大（按判定标准）")])]
    level: String,
    /// 部位。Where in the place.
    #[arg(long, default_value = SEE_PHOTO)]
    position: String,
    /// 隐患描述。What is wrong; with --no-hazard: what was looked at.
    #[arg(long)]
    description: Option<String>,
    /// 已采取的管控措施。What was done at once.
    #[arg(long, value_parser = PossibleValuesParser::new(CONTROLS))]
    control: Option<String>,
    /// 判定标准编号，可重复。Criterion it rests on; may be repeated.
    #[arg(long = "criterion", value_name = "CODE")]
    criteria: Vec<String>,
    /// 纬度（度）。
    #[arg(long, requires = "lon", conflicts_with = "fix_from_photo", allow_negative_numbers = true)]
    lat: Option<f64>,
    /// 经度（度）。
    #[arg(long, requires = "lat", allow_negative_numbers = true)]
    lon: Option<f64>,
    /// 坐标系。
    #[arg(long, default_value = "wgs84", value_parser = ["wgs84", "cgcs2000", "gcj02", "bd09"])]
    crs: String,
    /// 定位精度（米）。
    #[arg(long, value_name = "METRES", requires = "lat")]
    accuracy: Option<f64>,
    /// 采用照片自带的位置。Takes the position that the photo carries.
    #[arg(long)]
    fix_from_photo: bool,
    /// 没有发现隐患。Nothing was wrong.
    #[arg(long, conflicts_with_all = ["control", "criteria"])]
    no_hazard: bool,
    #[command(flatten)]
    home: HomeArguments,
}

/// Saves it.
pub(super) async fn run(arguments: CaptureArguments, output: &mut Output) -> anyhow::Result<()> {
    if arguments.photos.is_empty() && arguments.description.is_none() {
        bail!("没有照片，也没有描述，尚未保存。请加照片文件，或用 --description 说明。");
    }
    if arguments.photos.len() > PHOTOS_MAX {
        bail!("一次最多 {PHOTOS_MAX} 张照片，尚未保存。请分几次保存。");
    }
    let photos = read_photos(&arguments)?;
    let phone = Home::find(&arguments.home)?.open().await?;
    let fix = find_fix(&arguments, &photos)?;
    let (_, name) =
        phone.store().find_user().await?.context(
            "此手机还没有登录过，尚未保存。请在有网络时运行 paicha phone enrol 登录一次，之后可以离线使用。",
        )?;
    let village = find_village(&phone, arguments.village.as_deref()).await?;
    let finding = finding(&arguments, village.clone(), &photos, fix, (&phone.store().find_unit().await?, &name));
    let receipt = phone.capture(finding).await.map_err(|error| explain("尚未保存。", error))?;
    let hazard = if receipt.hazards.is_empty() { "，无隐患" } else { "，隐患 1 处" };
    output.line(format!(
        "已存手机，有网时运行 paicha phone sync 上传：村（社区）{village}{hazard}，照片 {} 张，编号 {}",
        receipt.photos.len(),
        receipt.inspection
    ))?;
    let missing = missing(&arguments);
    if !missing.is_empty() {
        output.line(format!("还缺：{}。已照样保存，可在补齐前上传。", missing.join("、")))?;
    }
    if !phone.list_villages().await?.is_empty() && !phone.list_villages().await?.contains(&village) {
        output.line(format!("{village} 不在本账号的村（社区）内：上传后要等街道纳入才算数，照片随后上传。"))?;
    }
    let carries_position = photos.iter().any(|(_, facts)| facts.exif.gps.is_some());
    if carries_position && !arguments.fix_from_photo && arguments.lat.is_none() {
        output.line("照片自带位置，未采用。下次如需采用，请加 --fix-from-photo。")?;
    }
    phone.close().await;
    Ok(())
}

/// What the form will ask for.
fn missing(arguments: &CaptureArguments) -> Vec<&'static str> {
    let hazard = !arguments.no_hazard;
    let serious = arguments.level != "general";
    let fields = [
        ("地点（--place）", arguments.place.is_none()),
        ("隐患描述（--description）", hazard && arguments.description.is_none()),
        ("判定标准（--criterion）", hazard && arguments.level == "major_direct" && arguments.criteria.is_empty()),
        ("管控措施（--control）", hazard && serious && arguments.control.is_none()),
    ];
    fields.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name).collect()
}

type ReadPhoto = (Vec<u8>, Facts);

fn read_photos(arguments: &CaptureArguments) -> anyhow::Result<Vec<ReadPhoto>> {
    arguments.photos.iter().map(|path| read_photo(path)).collect()
}

fn read_photo(path: &Path) -> anyhow::Result<ReadPhoto> {
    let shown = path.display();
    let size = std::fs::metadata(path).with_context(|| format!("找不到照片 {shown}，尚未保存。请检查路径。"))?;
    if !size.is_file() || size.len() == 0 || size.len() > PHOTO_BYTES_MAX {
        bail!("{shown} 不是照片，或超过 {} MiB，尚未保存。请换一张照片。", PHOTO_BYTES_MAX >> 20);
    }
    let bytes = std::fs::read(path).with_context(|| format!("无法读取照片 {shown}，尚未保存。"))?;
    let facts = read_facts(&bytes);
    if facts.photo_type == PhotoType::Unknown {
        bail!("{shown} 不是能识别的照片（JPEG、HEIC、PNG、WebP），尚未保存。请检查文件。");
    }
    Ok((bytes, facts))
}

/// The village that was named, or the first one of this phone's scope.
async fn find_village(phone: &Phone, named: Option<&str>) -> anyhow::Result<FeedId> {
    if let Some(code) = named {
        return code.parse().map_err(|_| {
            anyhow::anyhow!("“{code}”不是 12 位村（社区）代码，尚未保存。请用 paicha phone status 查看。")
        });
    }
    let villages = phone.list_villages().await?;
    // A subdistrict is in the scope of those who work in all its villages; its own feed is not where inspections lie.
    let village = |feed: &&FeedId| !feed.is_quarantine() && !feed.as_str().ends_with("000");
    let first = villages.iter().find(village).or_else(|| villages.iter().find(|feed| !feed.is_quarantine()));
    first.cloned().context(
        "不知道是哪个村（社区），尚未保存。请加 --village 代码，或在有网络时运行 paicha phone sync 取得村（社区）名单。",
    )
}

fn find_fix(arguments: &CaptureArguments, photos: &[ReadPhoto]) -> anyhow::Result<Option<Fix>> {
    if arguments.fix_from_photo {
        let fix = photos.iter().find_map(|(_, facts)| photo_fix(&facts.exif));
        return Ok(Some(
            fix.context("照片没有自带位置，尚未保存。请去掉 --fix-from-photo，或用 --lat 和 --lon 填写。")?,
        ));
    }
    let (Some(lat), Some(lon)) = (arguments.lat, arguments.lon) else { return Ok(None) };
    if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lon) {
        bail!("纬度应在 -90 至 90、经度应在 -180 至 180 之间，尚未保存。请检查是否写反了。");
    }
    let crs = match arguments.crs.as_str() {
        "gcj02" => Datum::Gcj02,
        "bd09" => Datum::Bd09,
        "cgcs2000" => Datum::Cgcs2000,
        _ => Datum::Wgs84,
    };
    Ok(Some(fix(lat, lon, crs, arguments.accuracy)))
}

fn fix(lat: f64, lon: f64, crs: Datum, acc_m: Option<f64>) -> Fix {
    Fix { lat, lon, crs, acc_m, alt_m: None, provider: None, gnss_at: None, mock: None, age_ms: None }
}

/// The position that a photo claims; cameras write WGS-84.
fn photo_fix(exif: &ExifFacts) -> Option<Fix> {
    let gps = exif.gps?;
    let gnss_at = exif.gps_time_text.as_deref().and_then(|text| text.parse().ok());
    let fix = fix(gps.latitude, gps.longitude, Datum::Wgs84, exif.gps_accuracy_m);
    Some(Fix { alt_m: exif.altitude_m, gnss_at, ..fix })
}

/// When a photo says it was taken. A phone that writes no zone stands in China, where there is one.
fn taken_at(exif: &ExifFacts) -> Option<Micros> {
    let offset = exif.offset_text.as_deref().unwrap_or("+08:00");
    format!("{}{offset}", exif.taken_at_text.as_deref()?).parse().ok()
}

fn finding(
    arguments: &CaptureArguments,
    village: FeedId,
    photos: &[ReadPhoto],
    fix: Option<Fix>,
    (unit, inspector): (&str, &str),
) -> Finding {
    let place = match &arguments.place {
        Some(text) => text.parse().map_or_else(|_| PlaceRef::named(text), PlaceRef::Registered),
        None => PlaceRef::named(PLACE_UNKNOWN),
    };
    let position = fix.map_or_else(
        || Position::Missing { reason: "命令行录入，无定位".to_owned() },
        |fix| Position::Fix(Box::new(fix)),
    );
    let mut finding = Finding::patrol(village, place, position, unit, &[inspector]);
    if arguments.no_hazard {
        finding.summary = arguments.description.clone();
    } else {
        let description = arguments.description.as_deref().unwrap_or(SEE_PHOTO);
        let mut hazard = HazardDraft::new(&arguments.level, &arguments.position, description);
        hazard.control.clone_from(&arguments.control);
        hazard.criterion_ids.clone_from(&arguments.criteria);
        finding.hazards.push(hazard);
    }
    if photos.is_empty() {
        finding.no_photo_reason = Some("没有拍照".to_owned());
    }
    let shown = if arguments.no_hazard { Vec::new() } else { vec![0] };
    finding.photos = photos
        .iter()
        .map(|(bytes, facts)| PhotoDraft {
            fix: photo_fix(&facts.exif).filter(|_| arguments.fix_from_photo),
            taken_at: taken_at(&facts.exif),
            source: "file".to_owned(),
            ..PhotoDraft::new(bytes.clone(), shown.clone())
        })
        .collect();
    finding
}
