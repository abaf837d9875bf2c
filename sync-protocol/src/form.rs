//! The life of a monthly form (domain 2.6): a list of events from which its state, its revisions and what may happen next follow. What a
//! newcomer gets wrong: a locked revision never changes; what arrives later flows into the next form, and a mistake becomes a new revision
//! that two people agreed to.

use crate::ids::UserId;
use crate::time::Micros;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What happened to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormAction {
    /// 提交: the village hands it in as it stands then.
    Submit,
    /// 退回: the subdistrict wants it done again.
    Return,
    /// 锁定: what was handed in becomes the first revision.
    Lock,
    /// 申请更正: the subdistrict proposes a new revision.
    RequestCorrection,
    /// 同意更正: another person makes it the revision in force.
    ApproveCorrection,
    /// 不同意更正.
    RefuseCorrection,
}

/// One event, as it is stored in the form's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormEvent {
    /// What happened.
    pub action: FormAction,
    /// When.
    pub at: Micros,
    /// Who did it.
    pub by: UserId,
    /// Their name on that day.
    pub by_name: String,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// SHA-256 of the content that is handed in or proposed, 64 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// What was explained or overridden, by check.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub explained: BTreeMap<String, String>,
    /// Tells two attempts at the same event apart.
    pub token: String,
}

/// Where a form stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormState {
    /// 未提交.
    #[default]
    Draft,
    /// 村（社区）已提交.
    VillageSubmitted,
    /// 街道已退回.
    StreetReturned,
    /// 街道已锁定.
    StreetLocked,
}

/// A content with who answers for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedIn {
    /// SHA-256 of the content, 64 hex digits.
    pub content: String,
    /// When it was computed.
    pub as_of: Micros,
    /// By whom.
    pub by: UserId,
    /// Their name.
    pub by_name: String,
    /// Why.
    pub reason: Option<String>,
}

/// A locked revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// From 1.
    pub number: u32,
    /// What it says.
    pub handed_in: HandedIn,
    /// When it was locked.
    pub locked_at: Micros,
    /// Name of who locked it.
    pub locked_by: String,
}

/// Everything that follows from the events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormLife {
    /// Where it stands.
    pub state: FormState,
    /// What was handed in last and is not locked.
    pub submitted: Option<HandedIn>,
    /// Locked revisions, in order.
    pub revisions: Vec<Revision>,
    /// A revision that waits for a second person.
    pub proposed: Option<HandedIn>,
}

/// Why something cannot happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormRefusal {
    /// It was handed in already.
    #[error("本月表格已提交，如需修改请联系街道退回")]
    AlreadySubmitted,
    /// It is locked.
    #[error("已报街道，如需修改请申请更正")]
    Locked,
    /// It was not handed in.
    #[error("本月表格还没有提交")]
    NotSubmitted,
    /// It is not locked.
    #[error("本月表格还没有锁定，可直接退回修改")]
    NotLocked,
    /// A correction waits already.
    #[error("已有一份更正在等待批准")]
    AlreadyProposed,
    /// No correction waits.
    #[error("没有等待批准的更正")]
    NothingProposed,
    /// The second person must be another one.
    #[error("申请人不能自己批准更正，请由另一位领导批准")]
    SamePerson,
}

impl FormLife {
    /// Folds the events in order; one that is not possible where it stands changes nothing.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a FormEvent>) -> Self {
        let mut life = Self::default();
        for event in events {
            if life.check(event.action, event.by).is_ok() {
                life.apply(event);
            }
        }
        life
    }

    /// Whether that can happen now.
    ///
    /// # Errors
    /// [`FormRefusal`], in words for the person.
    pub fn check(&self, action: FormAction, by: UserId) -> Result<(), FormRefusal> {
        let locked = self.state == FormState::StreetLocked;
        match action {
            FormAction::Submit | FormAction::Return | FormAction::Lock if locked => Err(FormRefusal::Locked),
            FormAction::Submit if self.state == FormState::VillageSubmitted => Err(FormRefusal::AlreadySubmitted),
            FormAction::Return | FormAction::Lock if self.state != FormState::VillageSubmitted => {
                Err(FormRefusal::NotSubmitted)
            }
            FormAction::Submit | FormAction::Return | FormAction::Lock => Ok(()),
            FormAction::RequestCorrection if !locked => Err(FormRefusal::NotLocked),
            FormAction::RequestCorrection if self.proposed.is_some() => Err(FormRefusal::AlreadyProposed),
            FormAction::RequestCorrection => Ok(()),
            FormAction::ApproveCorrection | FormAction::RefuseCorrection => match &self.proposed {
                None => Err(FormRefusal::NothingProposed),
                Some(proposed) if action == FormAction::ApproveCorrection && proposed.by == by => {
                    Err(FormRefusal::SamePerson)
                }
                Some(_) => Ok(()),
            },
        }
    }

    fn apply(&mut self, event: &FormEvent) {
        let handed_in = || HandedIn {
            content: event.content.clone().unwrap_or_default(),
            as_of: event.at,
            by: event.by,
            by_name: event.by_name.clone(),
            reason: event.reason.clone(),
        };
        match event.action {
            FormAction::Submit => {
                self.submitted = Some(handed_in());
                self.state = FormState::VillageSubmitted;
            }
            FormAction::Return => {
                self.submitted = None;
                self.state = FormState::StreetReturned;
            }
            FormAction::Lock => {
                self.lock(event);
                self.state = FormState::StreetLocked;
            }
            FormAction::RequestCorrection => self.proposed = Some(handed_in()),
            FormAction::ApproveCorrection => {
                self.submitted = self.proposed.take();
                self.lock(event);
            }
            FormAction::RefuseCorrection => self.proposed = None,
        }
    }

    fn lock(&mut self, event: &FormEvent) {
        let Some(handed_in) = self.submitted.take() else { return };
        let number = u32::try_from(self.revisions.len() + 1).unwrap_or(u32::MAX);
        let locked_by = event.by_name.clone();
        self.revisions.push(Revision { number, handed_in, locked_at: event.at, locked_by });
    }

    /// The content that speaks for the form: the newest locked revision, or what was handed in.
    pub fn in_force(&self) -> Option<&HandedIn> {
        self.revisions.last().map(|revision| &revision.handed_in).or(self.submitted.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn event(action: FormAction, by: u128, at: i64, content: &str) -> FormEvent {
        FormEvent {
            action,
            at: Micros::from_micros(at).unwrap(),
            by: UserId(Uuid::from_u128(by)),
            by_name: format!("演示{by}"),
            reason: None,
            content: (!content.is_empty()).then(|| content.to_owned()),
            explained: BTreeMap::new(),
            token: String::new(),
        }
    }

    const HEAD: u128 = 1;
    const OFFICE: u128 = 2;
    const LEADER: u128 = 3;

    fn locked() -> Vec<FormEvent> {
        vec![event(FormAction::Submit, HEAD, 10, "aa"), event(FormAction::Lock, OFFICE, 20, "")]
    }

    #[test]
    fn what_is_locked_is_what_was_handed_in() {
        let life = FormLife::of(&locked());
        assert_eq!((life.state, life.revisions.len()), (FormState::StreetLocked, 1));
        assert_eq!(life.in_force().unwrap().content, "aa");
        assert_eq!(life.check(FormAction::Submit, UserId(Uuid::nil())), Err(FormRefusal::Locked));
    }

    #[test]
    fn a_returned_form_is_handed_in_again() {
        let events = [
            event(FormAction::Submit, HEAD, 10, "aa"),
            event(FormAction::Return, OFFICE, 20, ""),
            event(FormAction::Submit, HEAD, 30, "bb"),
        ];
        assert_eq!(FormLife::of(&events[..2]).in_force(), None);
        assert_eq!(FormLife::of(&events).in_force().unwrap().content, "bb");
        assert_eq!(
            FormLife::of(&events).check(FormAction::Submit, UserId(Uuid::nil())),
            Err(FormRefusal::AlreadySubmitted)
        );
    }

    #[test]
    fn a_correction_needs_a_second_person_and_keeps_the_former_revision() {
        let mut events = locked();
        events.push(event(FormAction::RequestCorrection, OFFICE, 30, "bb"));
        let waiting = FormLife::of(&events);
        assert_eq!(waiting.in_force().unwrap().content, "aa", "a proposal speaks for nothing");
        let person = |id| UserId(Uuid::from_u128(id));
        assert_eq!(waiting.check(FormAction::ApproveCorrection, person(OFFICE)), Err(FormRefusal::SamePerson));
        events.push(event(FormAction::ApproveCorrection, LEADER, 40, ""));
        let life = FormLife::of(&events);
        let contents: Vec<(u32, &str)> =
            life.revisions.iter().map(|revision| (revision.number, revision.handed_in.content.as_str())).collect();
        assert_eq!(contents, [(1, "aa"), (2, "bb")]);
    }

    #[test]
    fn each_step_has_its_time() {
        let check = |events: &[FormEvent], action| FormLife::of(events).check(action, UserId(Uuid::nil()));
        for action in [FormAction::Return, FormAction::Lock] {
            assert_eq!(check(&[], action), Err(FormRefusal::NotSubmitted));
            assert_eq!(check(&locked()[..1], action), Ok(()));
        }
        assert_eq!(check(&locked()[..1], FormAction::RequestCorrection), Err(FormRefusal::NotLocked));
        assert_eq!(check(&locked(), FormAction::RequestCorrection), Ok(()));
        let mut events = locked();
        events.push(event(FormAction::RequestCorrection, OFFICE, 30, "bb"));
        assert_eq!(check(&events, FormAction::RequestCorrection), Err(FormRefusal::AlreadyProposed));
        assert_eq!(check(&events, FormAction::RefuseCorrection), Ok(()));
        events.push(event(FormAction::RefuseCorrection, OFFICE, 40, ""));
        assert_eq!(check(&events, FormAction::RefuseCorrection), Err(FormRefusal::NothingProposed));
    }

    #[test]
    fn what_is_not_possible_changes_nothing() {
        let mut events = locked();
        events.push(event(FormAction::Return, OFFICE, 30, ""));
        events.push(event(FormAction::ApproveCorrection, LEADER, 30, ""));
        assert_eq!(FormLife::of(&events), FormLife::of(&locked()));
    }
}
