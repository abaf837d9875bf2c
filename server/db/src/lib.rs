//! SQL of Paicha: one text for two engines, plain functions on an open transaction.
