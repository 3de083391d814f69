//! Stories and trials of the whole live beside this file, in `*.rs` under `tests/`.
