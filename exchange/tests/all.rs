//! All tests of this package, in one binary.

mod common;
mod fix;
mod markets;
mod ocds;
mod tables;
