//! The phone's decisions as pure functions over plain data: what to send next, what an answer means, what a page changes, when to try
//! again. No I/O, clock or randomness; the driver asks, writes down the effects and only then asks again. What a newcomer gets wrong:
//! an HTTP status never ends an operation's life here. Only a result of the server, named by sequence number, moves an operation on.

pub mod answer;
pub mod batch;
pub mod hlc;
pub mod life;
pub mod outbox;
pub mod overlay;
pub mod page;
pub mod retry;
pub mod upload;

#[cfg(test)]
mod delivery_test;
