//! One life of the phone's database (an incarnation) and how it ends: the database was restored from an old copy, or two phones run the
//! same copy. The server knows how far it consumed this life's numbers; if that does not fit what the phone has, the phone begins
//! a new life and sends what is unanswered under new numbers with the same ids and bytes (protocol 3.8). Nothing is lost or doubled.

/// What the phone knows of its own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeFacts {
    /// Last number given out; 0 for none.
    pub last_seq: i64,
    /// First number without an answer; `last_seq + 1` when all are answered.
    pub first_unanswered: i64,
    /// First number whose bytes the phone still has; `last_seq + 1` when it has none.
    pub first_kept: i64,
}

/// What follows from the server's answer to a hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelloVerdict {
    /// Both sides agree; go on.
    Agreed,
    /// The server compared a newer operation than it has; ask again about this one, so that it compares the digest of the last it consumed.
    AskAbout {
        /// Sequence number to name next.
        seq: i64,
    },
    /// The server lost operations that it had answered and the phone still has: queue them again, same numbers.
    ResendFrom {
        /// First of them.
        seq: i64,
    },
    /// The numbers do not fit: begin a new life.
    NewLife,
}

/// Judges the answer to a hello that named `asked_seq`.
#[must_use]
pub fn judge_hello(facts: LifeFacts, asked_seq: i64, consumed_to: i64) -> HelloVerdict {
    if consumed_to > facts.last_seq || consumed_to < 0 {
        return HelloVerdict::NewLife;
    }
    if consumed_to > 0 && consumed_to != asked_seq {
        return HelloVerdict::AskAbout { seq: consumed_to };
    }
    if consumed_to + 1 >= facts.first_unanswered {
        HelloVerdict::Agreed
    } else if facts.first_kept <= consumed_to + 1 {
        HelloVerdict::ResendFrom { seq: consumed_to + 1 }
    } else {
        HelloVerdict::NewLife
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_finds_every_kind_of_rollback() {
        let facts = |last_seq, first_unanswered, first_kept| LifeFacts { last_seq, first_unanswered, first_kept };
        let cases = [
            ("all answered", facts(9, 10, 1), 9, 9, HelloVerdict::Agreed),
            ("some waiting", facts(12, 10, 1), 9, 9, HelloVerdict::Agreed),
            ("replies were lost", facts(12, 8, 1), 10, 10, HelloVerdict::Agreed),
            ("server is behind: compare its last", facts(12, 10, 1), 12, 9, HelloVerdict::AskAbout { seq: 9 }),
            ("first contact", facts(3, 1, 1), 3, 0, HelloVerdict::Agreed),
            ("phone was restored", facts(5, 6, 1), 5, 9, HelloVerdict::NewLife),
            ("server lost some, phone has them", facts(9, 10, 1), 6, 6, HelloVerdict::ResendFrom { seq: 7 }),
            ("server lost all, phone has them", facts(9, 10, 1), 9, 0, HelloVerdict::ResendFrom { seq: 1 }),
            ("server lost some, phone archived them", facts(9, 10, 8), 6, 6, HelloVerdict::NewLife),
            ("nonsense", facts(9, 10, 1), 9, -1, HelloVerdict::NewLife),
        ];
        for (name, facts, asked, consumed, verdict) in cases {
            assert_eq!(judge_hello(facts, asked, consumed), verdict, "{name}");
        }
    }
}
