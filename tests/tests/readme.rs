//! Every command of the README, with what it prints. The two `cargo` commands are the ones that
//! `.ci/run` runs.

use trycmd::{TestCases, schema::Bin};

#[test]
fn the_commands_of_the_readme_do_what_it_says() {
    // Commands are typed in the root of the clone.
    std::env::set_current_dir("..").expect("the workspace's root");
    TestCases::new()
        .register_bin("talea", Bin::Path(env!("CARGO_BIN_EXE_readme-talea").into()))
        .register_bin("talea-sim", Bin::Path(env!("CARGO_BIN_EXE_readme-talea-sim").into()))
        .register_bin("talea-verify", Bin::Path(env!("CARGO_BIN_EXE_readme-talea-verify").into()))
        .case("README.md");
}
