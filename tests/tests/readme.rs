//! Every command that README and the tour show, with what it prints. README's two `cargo` commands are
//! the ones that `.ci/run` runs.

use trycmd::{TestCases, schema::Bin};

/// One document's commands, one after the other, as typed in the root of the clone.
fn run_the_commands_of(document: &str) {
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .expect("the workspace's root");
    TestCases::new()
        .register_bin("talea", Bin::Path(env!("CARGO_BIN_EXE_readme-talea").into()))
        .register_bin("talea-sim", Bin::Path(env!("CARGO_BIN_EXE_readme-talea-sim").into()))
        .register_bin("talea-verify", Bin::Path(env!("CARGO_BIN_EXE_readme-talea-verify").into()))
        .case(document);
}

#[test]
fn the_commands_of_the_readme_and_of_the_tour_do_what_they_say() {
    // Not at the same time: both write `bwic.talea`.
    run_the_commands_of("README.md");
    run_the_commands_of("docs/tour.md");
}
