//! The tests with real processes, in one binary: what takes long on one core runs beside the rest.

mod absent;
mod agent;
mod audit;
mod board_attacks;
mod book;
mod chain;
mod clients;
mod common;
mod http_board;
mod lists;
mod markets;
mod network;
mod parties;
mod prices;
mod report;
#[cfg(unix)]
mod shared_folders;
mod steps;
mod terms;
mod tutorial;
mod web;
