//! Plays every party of an auction with real cryptography, and measures what it costs.

pub mod play;
