//! What only the tests need: provers, written from the specification like the rest, and an
//! auction in miniature.

pub(crate) mod provers;
