//! The tests with real processes, in one binary: what takes long on one core runs beside the rest.

mod absent;
mod board_attacks;
mod clients;
mod common;
mod parties;
mod report;
#[cfg(unix)]
mod shared_folders;
mod terms;
mod tutorial;
