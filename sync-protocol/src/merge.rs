//! What becomes of an operation: a pure function over the operation, what the server knew when it came (its [`Context`]) and the
//! records it names. Facts merge by union, judgements by danger, workflow by the state machine, text is never lost, and what would
//! make a situation look safer waits for a person (protocol 3.4). What a newcomer gets wrong: nothing here may look at anything
//! that depends on arrival order, or two servers would disagree.

mod apply;
mod context;
mod enterprise;
mod fields;
mod held;
mod merged;
mod needs;
mod outcome;
mod periods;
mod photos;
mod register;
mod standing;
mod view;
mod weight;
mod workflow;

pub use apply::{Submission, World, decide};
pub use context::{Context, EventTime, Scope};
pub use held::{Held, Released, decide_and_release};
pub use merged::{Linked, is_merged_away, linked_from};
pub use outcome::{End, FieldOutcome, Outcome, Settled, Status};
pub use periods::{CountedPeriod, NOT_SELF_FOUND, SELF_ORIGINS, counted_periods};
pub use standing::{Fate, Waiting, waiting};
pub use view::{
    counting_values, incomplete, is_delisted, is_disputed, report_village, shown_at, shown_field, turning_points,
};
