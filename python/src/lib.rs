//! The native module of the Python package `talea`: the independent verifier, what a transcript says, and the simulator,
//! as text and bytes. What is Pythonic about the package is written in Python, in `talea/`.
//!
//! | module | what it holds |
//! |---|---|
//! | `record` | a transcript that was verified, and what it says |
//! | `lots` | its lots as data, with every price as a decimal number |
//! | `simulation` | a scenario that was run |
//! | `signals` | Ctrl-C, while Rust works |
//! | `guard` | a fault of this program is a failure like any other |
//! | `raised` | a failure, as Python raises it |

#![deny(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::todo
)]

mod guard;
mod lots;
mod raised;
mod record;
mod signals;
mod simulation;

/// What `talea/` builds upon.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::{
        record::Record,
        simulation::{Simulated, simulate_file, simulate_text},
    };
}
