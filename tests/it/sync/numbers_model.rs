//! The fourteen numbers against a model of a few dozen plain lines: random histories of hazards and spot checks go through the real push, and the
//! model counts them from what was said. What a newcomer gets wrong: the model knows nothing of registers, slots or projections; when both
//! differ, read the history and domain 2.6, not the model.

mod hazards;
mod spots;
mod world;

use anyhow::{Context as _, Result};
use paicha_tests::app::{TestApp, both_servers};
use paicha_tests::databases::ENGINES;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use sync_protocol::time::{Micros, Month};
use uuid::Uuid;
use world::{HISTORIES, VILLAGES, live_through, subdistrict, village_code};

/// How many times [`HISTORIES`] are lived through on each engine, where [`SEEDS_VARIABLE`] does not say.
const SEEDS: u64 = 1;
/// For a long run on demand: `PAICHA_TEST_SEEDS=0..200` is 1 000 histories on each engine.
const SEEDS_VARIABLE: &str = "PAICHA_TEST_SEEDS";

fn seeds() -> Result<Range<u64>> {
    let Ok(asked) = std::env::var(SEEDS_VARIABLE) else { return Ok(0..SEEDS) };
    let (from, to) = asked.split_once("..").context("PAICHA_TEST_SEEDS is like 0..200")?;
    Ok(from.parse()?..to.parse()?)
}

const LINES: [(&str, &[&str]); 7] = [
    ("2.2", &["k2"]),
    ("2.3", &["k3"]),
    ("2.4", &["k4"]),
    ("2.5", &["k5a", "k5b"]),
    ("2.6", &["k6a", "k6b"]),
    ("2.7", &["k7a", "k7a2", "k7b", "k7c", "k7d"]),
    ("2.8", &["k8a", "k8b"]),
];

/// What somebody said: since when it counts, about what, and what it was. Villages are numbers.
#[derive(Debug, Clone)]
struct Said {
    at: Micros,
    about: Uuid,
    what: What,
}

/// Where a record says it belongs.
#[derive(Debug, Clone)]
struct Where {
    site: Option<Uuid>,
    located: Option<usize>,
    feed: usize,
}

#[derive(Debug, Clone)]
enum What {
    /// A site of an enterprise, registered in a village.
    Registered {
        village: usize,
    },
    /// The 统一社会信用代码 of a site: sites with one code are one enterprise.
    Identified {
        code: String,
    },
    /// `trusted`: nobody doubts when it was found.
    Found {
        place: Where,
        by_itself: bool,
        trusted: bool,
        major: bool,
        criterion: usize,
        received: Micros,
    },
    Level {
        major: bool,
    },
    Accepted,
    Closed,
    Reopened,
    Listed,
    Voided,
    MergedAway,
    Moved {
        site: Uuid,
    },
    /// The enterprise found it, as the office and a leader agreed although somebody else said so for it.
    FoundByItself,
    /// Others found it, although somebody said that the enterprise did.
    FoundByOthers,
    /// The office does not doubt that the enterprise found it first.
    Cleared,
    /// `counts`: a spot check, handed in as complete.
    Checked {
        place: Where,
        named: String,
        wrong: BTreeSet<&'static str>,
        counts: bool,
    },
    AlsoWrong {
        atom: &'static str,
    },
    Corrected {
        atom: &'static str,
    },
    CheckVoided,
}

#[derive(Debug, Clone)]
struct Hazard {
    place: Where,
    by_itself: bool,
    trusted: bool,
    criterion: usize,
    found: Micros,
    received: Micros,
    closed: Option<Micros>,
    major: bool,
    /// When it was first called 重大.
    first_major: Option<Micros>,
    fixed: bool,
    listed: bool,
    gone: bool,
    cleared: bool,
}

/// What an office may choose about the numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Choice {
    /// Until the moment at which a form is asked for, and not until the end of the month before.
    until_asked: bool,
    /// Spot checks count for those who made them.
    by_performer: bool,
    /// From this instant on.
    from: Option<Micros>,
}

impl Hazard {
    /// 企业自查 only before anybody else found the same there, and not by a time that nothing supports (rule 3).
    fn is_self_found(&self, all: &BTreeMap<Uuid, Self>) -> bool {
        let beside = |other: &&Self| {
            !other.by_itself
                && other.place.site == self.place.site
                && other.place.feed == self.place.feed
                && other.closed.is_none_or(|closed| self.found <= closed)
        };
        let came_first = |other: &Self| {
            let back_dated = !self.trusted && other.received < self.received && self.found <= other.found;
            let before = self.received < other.found || self.trusted && self.found < other.found;
            back_dated || self.criterion == other.criterion && !before
        };
        self.by_itself && (self.cleared || self.place.site.is_none() || !all.values().filter(beside).any(came_first))
    }
}

/// What does not depend on the cutoff: where sites and records belong, who is whom, and which findings hold.
#[derive(Default)]
struct Known {
    villages: BTreeMap<Uuid, usize>,
    codes: BTreeMap<Uuid, String>,
    hazards: BTreeMap<Uuid, Hazard>,
    checks: BTreeMap<Uuid, (Micros, Where, String, BTreeSet<&'static str>)>,
}

impl Known {
    fn of(said: &[Said], cutoff: Micros) -> Self {
        let mut known = Self::default();
        for one in said {
            match &one.what {
                What::Registered { village } => drop(known.villages.insert(one.about, *village)),
                What::Identified { code } => drop(known.codes.insert(one.about, code.clone())),
                What::Checked { place, named, wrong, counts: true } => {
                    known.checks.insert(one.about, (one.at, place.clone(), named.clone(), wrong.clone()));
                }
                What::AlsoWrong { atom } => drop(known.checks.get_mut(&one.about).map(|check| check.3.insert(atom))),
                What::Corrected { atom } => drop(known.checks.get_mut(&one.about).map(|check| check.3.remove(atom))),
                What::CheckVoided => drop(known.checks.remove(&one.about)),
                What::Found { place, by_itself, trusted, criterion, received, .. } => {
                    let (by_itself, trusted, criterion, received) = (*by_itself, *trusted, *criterion, *received);
                    let (major, fixed, listed, gone, cleared, closed) = (false, false, false, false, false, None);
                    let (place, found) = (place.clone(), one.at);
                    let hazard = Hazard {
                        place,
                        by_itself,
                        trusted,
                        criterion,
                        found,
                        received,
                        closed,
                        major,
                        first_major: None,
                        fixed,
                        listed,
                        gone,
                        cleared,
                    };
                    known.hazards.insert(one.about, hazard);
                }
                _ => {}
            }
        }
        let mut timed: Vec<&Said> = said.iter().collect();
        timed.sort_by_key(|one| one.at);
        for one in timed {
            let Some(hazard) = known.hazards.get_mut(&one.about) else { continue };
            match &one.what {
                What::Moved { site } => hazard.place.site = Some(*site),
                What::FoundByItself => hazard.by_itself = true,
                What::FoundByOthers => hazard.by_itself = false,
                What::Cleared => hazard.cleared = true,
                What::Closed => hazard.closed = Some(one.at),
                What::Reopened => hazard.closed = None,
                _ => {}
            }
            if one.at >= cutoff {
                continue;
            }
            match &one.what {
                What::Found { major, .. } | What::Level { major } => {
                    hazard.major = *major;
                    hazard.first_major = hazard.first_major.or(major.then_some(one.at));
                }
                What::Accepted => hazard.fixed = true,
                What::Reopened => hazard.fixed = false,
                What::Listed => hazard.listed = true,
                What::Voided | What::MergedAway => hazard.gone = true,
                _ => {}
            }
        }
        known
    }

    /// Rule 8: the registered village of the site, the village around the fix, the inspector's.
    fn village(&self, place: &Where) -> usize {
        place.site.map(|site| self.villages[&site]).or(place.located).unwrap_or(place.feed)
    }

    fn enterprise(&self, place: &Where, named: &str) -> String {
        match place.site {
            Some(site) => self.codes.get(&site).cloned().unwrap_or_else(|| site.to_string()),
            // There is a 小卖部 in every village.
            None => format!("{} {named}", self.village(place)),
        }
    }
}

/// The fourteen numbers of some villages before an instant.
fn count(said: &[Said], here: &dyn Fn(usize) -> bool, cutoff: Micros, choice: Choice) -> BTreeMap<String, usize> {
    let known = Known::of(said, cutoff);
    let in_time = |at: Micros| choice.from.is_none_or(|from| at >= from);
    let is_counted = |hazard: &&Hazard| {
        hazard.major && !hazard.gone && hazard.first_major.is_some_and(in_time) && here(known.village(&hazard.place))
    };
    let counted: Vec<(bool, &Hazard)> = known
        .hazards
        .values()
        .filter(is_counted)
        .map(|hazard| (hazard.is_self_found(&known.hazards), hazard))
        .collect();
    let number = |of: &dyn Fn(bool, &Hazard) -> bool| counted.iter().filter(|(own, hazard)| of(*own, hazard)).count();
    let mut numbers: BTreeMap<String, usize> = [
        ("1.1", number(&|own, _| own)),
        ("1.2", number(&|own, hazard| own && hazard.fixed)),
        ("1.3", number(&|own, _| !own)),
        ("1.4", number(&|own, hazard| !own && hazard.fixed)),
        ("1.5", number(&|_, hazard| hazard.listed)),
        ("1.6", number(&|_, hazard| hazard.listed && hazard.fixed)),
    ]
    .map(|(code, number)| (code.to_owned(), number))
    .into();
    let of_check = |place: &Where| if choice.by_performer { place.feed } else { known.village(place) };
    let counts = |(at, place, ..): &&(Micros, Where, String, BTreeSet<&'static str>)| {
        *at < cutoff && in_time(*at) && here(of_check(place))
    };
    let checks: Vec<_> = known.checks.values().filter(counts).collect();
    let enterprises = |is_wrong: &dyn Fn(&BTreeSet<&'static str>) -> bool| {
        let found = checks.iter().filter(|(.., wrong)| is_wrong(wrong));
        found.map(|(_, place, named, _)| known.enterprise(place, named)).collect::<BTreeSet<_>>().len()
    };
    numbers.insert("2.1".to_owned(), enterprises(&|_| true));
    for (line, atoms) in LINES {
        numbers.insert(line.to_owned(), enterprises(&|wrong| atoms.iter().any(|atom| wrong.contains(atom))));
    }
    numbers
}

/// Asks for every form of every village and subdistrict and compares.
async fn compare(app: &TestApp, said: &[Said], seed: u64, choice: Choice) -> Result<()> {
    let now = app.app.now();
    let reader = app.sign_in("reader", None).await?;
    for (history, month) in (0..HISTORIES).flat_map(|history| (3..=10).map(move |month| (history, month))) {
        let month = Month::new(2023, month)?;
        let path = format!("/v1/forms/appendix2?village={}&month={month}&format=json", subdistrict(history));
        let forms = app.get(Some(&reader), &path).await?.ok()?;
        let cutoff = if choice.until_asked { now.min(month.next().first_instant()) } else { month.first_instant() };
        let whole = count(said, &|village| village / VILLAGES == history, cutoff, choice);
        assert_eq!(forms["form"]["numbers"], json!(whole), "seed {seed}, history {history}, {month}, all villages");
        for village in history * VILLAGES..(history + 1) * VILLAGES {
            let mut of = forms["villages"].as_array().context("villages")?.iter();
            let form = of.find(|form| form["area"] == village_code(village)).context("a village without a form")?;
            let own = count(said, &|other| other == village, cutoff, choice);
            assert_eq!(form["numbers"], json!(own), "seed {seed}, history {history}, {month}, village {village}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_model_of_plain_lines_counts_the_same() -> Result<()> {
    for seed in seeds()? {
        both_servers(|app| async move {
            let said = live_through(&app, seed, Choice::default()).await?;
            let last = count(&said, &|_| true, Month::new(2023, 10)?.first_instant(), Choice::default());
            assert!(
                last.values().all(|number| *number > 0),
                "a history in which something never happens tests nothing: {last:?}"
            );
            Ok(())
        })
        .await;
    }
    Ok(())
}

/// The same by what an office may choose: each choice by itself, and all of them together.
#[tokio::test]
async fn a_model_of_plain_lines_counts_the_same_by_every_choice() -> Result<()> {
    let day = "2023-05-01";
    let from = Some("2023-05-01T00:00:00+08:00".parse()?);
    let usual = Choice::default();
    let all = [
        (vec![("appendix2.cutoff", "submit_day")], Choice { until_asked: true, ..usual }),
        (vec![("appendix2.spot_scope", "performed_by")], Choice { by_performer: true, ..usual }),
        (vec![("appendix2.cum_from", day)], Choice { from, ..usual }),
        (
            vec![
                ("appendix2.cutoff", "submit_day"),
                ("appendix2.spot_scope", "performed_by"),
                ("appendix2.cum_from", day),
            ],
            Choice { until_asked: true, by_performer: true, from },
        ),
    ];
    for (seed, number) in seeds()?.flat_map(|seed| (0..all.len()).map(move |number| (seed, number))) {
        let (settings, choice) = &all[number];
        // The engines take turns, since each is a long story.
        let engine = ENGINES[(usize::try_from(seed)? + number) % ENGINES.len()];
        let app = TestApp::start_with(engine, settings).await?;
        live_through(&app, seed + 1_000, *choice).await?;
        app.remove().await?;
    }
    Ok(())
}
