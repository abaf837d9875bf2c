//! Random histories of three phones through the real push, cut into random batches; every one of them must verify. One database takes many
//! histories, each over records of its own, so that a few hundred take seconds. A failure names the history's seed.

use super::verify::{sentences, verify};
use super::{OTHER_VILLAGE, Phone, World};
use anyhow::Result;
use paicha_db::Engine;
use serde_json::{Value, json};
use uuid::Uuid;

/// Histories in all.
const HISTORIES: u64 = 300;
/// Histories between two verifications.
const HISTORIES_BETWEEN: u64 = 25;

/// A small random sequence (SplitMix64), the same everywhere.
struct Choices(u64);

impl Choices {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % below as u64).expect("small")
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.next(all.len())]
    }
}

/// One operation about one of a history's three records or two photos.
fn random_op(choices: &mut Choices, phone: &mut Phone, base: u128) -> Value {
    let record = base + choices.next(3) as u128;
    let photo = base + 0x10 + choices.next(2) as u128;
    let base_rev = choices.next(6);
    let text = choices.of(&["甲", "乙", "东侧配电间及走廊"]);
    let level = choices.of(&["general", "suspected", "major_direct", "no such level"]);
    let states = ["reg", "plan", "fixing", "verify", "accepted", "closed", "void"];
    let number = f64::from(u32::try_from(choices.next(1 << 30)).expect("small")) / 3.0e8;
    let fix = json!({"lat": 31.0 + number / 10.0, "lon": 108.0 + number, "crs": "gcj02", "acc_m": number});
    let mut body = match choices.next(14) {
        0..3 => json!({"kind": "create", "fields": {"level": level, "description": text, "fix": fix}}),
        3 => json!({"kind": "patch", "set": {"level": {"base": "general", "new": level}}}),
        4 => json!({"kind": "patch", "set": {"level": {"new": level}, "description": {"new": text}}}),
        5 => json!({"kind": "patch", "set": {"from_a_newer_app": {"new": number}, "fix": {"new": fix}}}),
        6 => json!({"kind": "supplement", "fields": {"remark": text}}),
        7 => json!({"kind": "transition", "from": choices.of(&states), "to": choices.of(&states), "reason": text}),
        8 | 9 => json!({"kind": "photo.attach", "photo": Uuid::from_u128(photo), "mime": "image/jpeg",
            "sha256": format!("{:064x}", choices.next(3)), "bytes": 10, "fix": fix}),
        10 => json!({"kind": "photo.retract", "photo": Uuid::from_u128(photo)}),
        11 => json!({"kind": "submit"}),
        12 => {
            json!({"kind": "patch", "type": "photo", "record": Uuid::from_u128(photo), "set": {"caption": {"new": text}}})
        }
        _ => {
            json!({"kind": "create", "type": choices.of(&["inspection", "place", "submarine"]), "fields": {"name": text}})
        }
    };
    body["base_rev"] = json!(base_rev);
    if choices.next(12) == 0 {
        body["village"] = json!(choices.of(&[OTHER_VILLAGE, "123456789012"]));
    }
    let mut op = phone.op(record, body);
    if choices.next(40) == 0 {
        op["digest"] = json!("AAAA");
    }
    op
}

async fn play(world: &World, phones: &mut [Phone], seed: u64) -> Result<()> {
    let mut choices = Choices(seed);
    let base = 0x1_0000 + u128::from(seed) * 0x100;
    let mut outboxes: Vec<Vec<Value>> = vec![Vec::new(); phones.len()];
    for _ in 0..6 + choices.next(12) {
        let at = choices.next(phones.len());
        outboxes[at].push(random_op(&mut choices, &mut phones[at], base));
        if choices.next(3) == 0 {
            let end = phones[at].push(world, &outboxes[at]).await?;
            assert_eq!(end.stopped, None, "history {seed}");
            // Now and then the answer is lost and the batch comes again.
            if choices.next(5) > 0 {
                outboxes[at].clear();
            }
        }
    }
    for (phone, outbox) in phones.iter().zip(&outboxes) {
        assert_eq!(phone.push(world, outbox).await?.stopped, None, "history {seed}");
    }
    Ok(())
}

#[tokio::test]
async fn every_random_history_verifies() -> Result<()> {
    let world = World::new(Engine::Sqlite).await?;
    let mut phones = [world.phone(1).await?, world.phone(2).await?, super::verify::phone_of_both(&world, 3).await?];
    for seed in 0..HISTORIES {
        play(&world, &mut phones, seed).await?;
        if (seed + 1) % HISTORIES_BETWEEN == 0 {
            let report = verify(&world).await?;
            let first: Vec<String> = sentences(&report).into_iter().take(5).collect();
            assert!(report.is_clean(), "up to history {seed}: {first:#?}");
        }
    }
    world.remove().await
}
