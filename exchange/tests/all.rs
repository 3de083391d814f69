//! All tests of this package, in one binary.

mod common;
mod fix;
mod ocds;
mod tables;
