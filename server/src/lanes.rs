//! Lanes (protocol 3.10): pushes, pulls, first syncs and bodies of photos each have places of their own, so that none keeps out another,
//! and one person has at most a quarter of a lane's places. What a newcomer gets wrong: the own place is taken first, so that who waits for
//! it does not stand in the way of others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use sync_protocol::ids::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// People remembered before those without a place are forgotten.
const PEOPLE_MAX: usize = 1_000;

/// One sort of requests.
#[derive(Debug)]
pub struct Lane {
    /// All places.
    pub places: Arc<Semaphore>,
    own_max: usize,
    people: Mutex<HashMap<UserId, Arc<Semaphore>>>,
}

/// A place in a lane, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    _own: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Lane {
    /// A lane with so many places.
    #[must_use]
    pub fn new(places: usize) -> Self {
        let own_max = (places / 4).max(2).min(places);
        Self { places: Arc::new(Semaphore::new(places)), own_max, people: Mutex::default() }
    }

    /// Waits for a place; nothing only when the lane is closed.
    pub async fn enter(&self, person: UserId) -> Option<Place> {
        let own = self.own(person).acquire_owned().await.ok()?;
        let place = self.places.clone().acquire_owned().await.ok()?;
        Some(Place { _own: own, _place: place })
    }

    fn own(&self, person: UserId) -> Arc<Semaphore> {
        let mut people = self.people.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if people.len() >= PEOPLE_MAX {
            // Who has or awaits a place holds the semaphore too.
            people.retain(|_, own| Arc::strong_count(own) > 1);
        }
        people.entry(person).or_insert_with(|| Arc::new(Semaphore::new(self.own_max))).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn person(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    async fn enters(lane: &Lane, number: u128) -> Option<Place> {
        tokio::time::timeout(std::time::Duration::from_millis(20), lane.enter(person(number))).await.ok().flatten()
    }

    #[tokio::test]
    async fn one_person_has_a_quarter_and_others_the_rest() {
        let lane = Lane::new(8);
        let mut own = vec![enters(&lane, 1).await.unwrap(), enters(&lane, 1).await.unwrap()];
        assert!(enters(&lane, 1).await.is_none());
        let mut others = Vec::new();
        for number in [2, 2, 3, 3, 4, 4] {
            others.push(enters(&lane, number).await.unwrap());
        }
        assert!(enters(&lane, 5).await.is_none(), "the lane is full");
        own.pop();
        assert!(enters(&lane, 5).await.is_some());
    }

    #[tokio::test]
    async fn people_without_a_place_are_forgotten() {
        let lane = Lane::new(4);
        let held = enters(&lane, 0).await.unwrap();
        for number in 1..3_000 {
            drop(enters(&lane, number).await.unwrap());
            assert!(lane.people.lock().unwrap().len() <= PEOPLE_MAX);
        }
        let _second = enters(&lane, 0).await.unwrap();
        assert!(enters(&lane, 0).await.is_none(), "and who has one is not");
        drop(held);
    }
}
