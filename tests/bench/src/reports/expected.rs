//! The fourteen numbers as they follow from the plot of the histories, for a few cutoffs, of each village and of all. What a newcomer gets wrong:
//! of part 二 the numbers of villages do not add up to those of all, since an enterprise may be checked in two of them.

use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What matters for the form.
pub(crate) enum Plot {
    /// A hazard: since when it is 重大, and when it was accepted, listed, voided.
    Found { major_at: Option<i64>, own: bool, accepted: Option<i64>, listed: Option<i64>, void: Option<i64> },
    /// A spot check and the lines of part 二 in which something was wrong.
    Checked { at: i64, enterprise: u64, wrong: [bool; 9] },
}

/// Who counts: a village, or all under the empty name.
type Area = String;

/// Counted so far.
pub(crate) struct Expected {
    cutoffs: Vec<i64>,
    hazards: HashMap<(usize, Area), [i64; 6]>,
    checked: HashMap<(usize, Area, usize), HashSet<u64>>,
}

impl Expected {
    pub(crate) fn new(cutoffs: Vec<i64>) -> Self {
        Self { cutoffs, hazards: HashMap::new(), checked: HashMap::new() }
    }

    pub(crate) fn add(&mut self, village: &str, plot: &Plot) {
        for (slot, cutoff) in self.cutoffs.clone().into_iter().enumerate() {
            for area in [String::new(), village.to_owned()] {
                match plot {
                    Plot::Found { major_at, own, accepted, listed, void } => {
                        let before = |at: &Option<i64>| at.is_some_and(|at| at < cutoff);
                        if !before(major_at) || before(void) {
                            continue;
                        }
                        let (done, listed) = (before(accepted), before(listed));
                        let counts = [*own, *own && done, !*own, !*own && done, listed, listed && done];
                        let numbers = self.hazards.entry((slot, area)).or_default();
                        numbers.iter_mut().zip(counts).for_each(|(number, counts)| *number += i64::from(counts));
                    }
                    Plot::Checked { at, enterprise, wrong } if *at < cutoff => {
                        for (line, wrong) in wrong.iter().enumerate().skip(1) {
                            if line == 1 || *wrong {
                                self.checked.entry((slot, area.clone(), line)).or_default().insert(*enterprise);
                            }
                        }
                    }
                    Plot::Checked { .. } => {}
                }
            }
        }
    }

    /// The numbers of an area for the cutoff in that place, as the API writes them.
    pub(crate) fn numbers(&self, slot: usize, area: &str) -> Value {
        let hazards = self.hazards.get(&(slot, area.to_owned())).copied().unwrap_or_default();
        let part_one = (1..).zip(hazards).map(|(line, number)| (format!("1.{line}"), number));
        let checked = |line: usize| {
            let found = self.checked.get(&(slot, area.to_owned(), line)).map_or(0, HashSet::len);
            (format!("2.{line}"), i64::try_from(found).unwrap_or(i64::MAX))
        };
        json!(part_one.chain((1..=8).map(checked)).collect::<BTreeMap<_, _>>())
    }
}
