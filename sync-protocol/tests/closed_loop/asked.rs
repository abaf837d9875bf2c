//! What a record still asks for, by its kind, its level and how far it is.

use super::story::*;
use serde_json::json;

#[test]
fn a_hazard_asks_for_what_its_level_needs() {
    let story = Story::of("general");
    let general = ["place", "position_text", "fix", "found_at", "finders", "photos"];
    assert_eq!(story.record().incomplete(), general);
    let mut story = Story::of("major_direct");
    assert!(story.record().incomplete().contains(&"criterion_ids"));
    let outcome = story.set(INSPECTOR, json!({"criterion_ids": ["GM-2023-3.1"]})).1;
    assert!(!story.record().incomplete().contains(&"criterion_ids"));
    assert_eq!(outcome.incomplete, story.record().incomplete());
}
