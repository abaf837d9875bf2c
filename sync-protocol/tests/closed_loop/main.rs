//! The closed loop of a hazard as people go through it: who may take a step, who has to agree, what has to be there, and what becomes of a
//! step that was asked for too early. Each test is a short story told in operations; nothing here goes over a network.

#![expect(clippy::unwrap_used, reason = "everything here is a test")]

mod agreement;
mod asked;
mod circles;
mod held;
mod numbers;
mod owners;
mod pictures;
mod registers;
mod steps;
mod story;
mod tricks;
mod writers;
