//! The integrity rules (domain 5): pure functions from facts about one visit or one hazard to flags. A flag asks for a second look or
//! withholds credit; it never blocks and never hides a hazard, and it says nothing about a person. What a newcomer gets wrong: a rule
//! does not fetch anything; whoever calls it has put together what the rule compares, and says how well each time is known.

mod alike;
mod facts;
mod flag;
mod rules;
mod thresholds;

pub use alike::{Hashed, Likeness, SimilarPhotos};
pub use facts::{
    Alike, Clock, EarlierHazard, Evidence, FixFact, HazardFacts, Neighbour, OtherFinding, PhotoFact, SiteFact, Taken,
    VisitFacts,
};
pub use flag::{Flag, Level, RULES_VERSION};
pub use rules::{judge_hazard, judge_visit};
pub use thresholds::Thresholds;

/// Flags of one record that are kept; further ones would only say the same again.
pub const FLAGS_MAX: usize = 100;
