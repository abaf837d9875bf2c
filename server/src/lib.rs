//! The server of Paicha: field inspections from offline phones into a hazard ledger.
