//! 附件2 of the subdistrict handed in and locked: every number names its records, and every one of them is looked at. What a newcomer gets wrong: the
//! memory is that of this process, in which the server runs; what counts is how much it grows.

use super::Asked;
use crate::world::SUBDISTRICT;
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

/// A month before those whose hazards without 五落实 cannot be explained any more.
const MONTH: &str = "2023-11";
/// The longest list.
const NUMBER: &str = "2.1";
/// Pages of it that are read.
const PAGES: usize = 20;

pub(super) async fn run(asked: &Asked) -> Result<()> {
    let life = format!("/v1/forms/appendix2/life?village={SUBDISTRICT}&month={MONTH}");
    // The kernel then counts the most from now on.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = resident_mb("VmRSS:")?;
    let explained = json!({ "B3": "演示", "W2": "演示", "W3": "演示", "W4": "演示", "W5": "演示", "W6": "演示" });
    let (_, submitted) = asked.post(&life, &json!({ "action": "submit", "explained": explained })).await?;
    let after_one = resident_mb("VmHWM:")?;
    let (locked, lock) = asked.post(&life, &json!({ "action": "lock", "explained": explained })).await?;
    let locked: Value = serde_json::from_slice(&locked)?;
    ensure!(locked["late"]["added"] == json!([]), "{}", locked["late"]);
    println!(
        "  handed in for {MONTH} in {submitted:.1} s, locked in {lock:.1} s; resident {before:.1} MB before, at most {after_one:.1} MB, {:.1} MB",
        resident_mb("VmHWM:")?
    );
    let path = format!("/v1/forms/appendix2/records?village={SUBDISTRICT}&month={MONTH}&number={NUMBER}&rev=1");
    let (mut read, mut slowest, mut next) = (0, 0.0_f64, String::new());
    for _ in 0..PAGES {
        let (page, took) = asked.get(&format!("{path}{next}")).await?;
        let page: Value = serde_json::from_slice(&page)?;
        read += page["items"].as_array().map_or(0, Vec::len);
        slowest = slowest.max(took);
        let Some(after) = page["next"].as_str() else { break };
        next = format!("&after={after}");
    }
    ensure!(read > 0, "the locked number names nothing");
    println!("  {read} records of its number {NUMBER} read, a page in at most {:.1} ms", slowest * 1000.0);
    Ok(())
}

fn resident_mb(name: &str) -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
    let kb: u32 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(f64::from(kb) * 1024.0 / 1_000_000.0)
}
