//! The scripts about other people's libraries: each is in the table of findings/README.md, pins what the
//! table names, and can be run. What they find is not tested here: they need a package registry.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../findings")
}

/// The scripts of the folder, as the table writes their commands.
fn scripts() -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).expect("a folder of the project");
    entries
        .map(|entry| entry.expect("it can be read").file_name().into_string().expect("plain"))
        .filter(|name| name.ends_with(".sh"))
        .map(|name| format!("findings/{name}"))
        .collect()
}

/// The cells of the table's rows: finding, packages, expected, seen, command.
fn rows() -> Vec<[String; 5]> {
    let text = fs::read_to_string(folder().join("README.md")).expect("the table");
    let rows = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| {
        let cells = row.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('`', ""));
        let cells: Vec<_> = cells.collect();
        cells.try_into().unwrap_or_else(|_| panic!("five cells: {row}"))
    })
    .collect()
}

fn text_of(command: &str) -> String {
    fs::read_to_string(folder().join("..").join(command)).expect("a script of the folder")
}

#[test]
fn every_finding_has_one_row_and_one_script() {
    let rows = rows();
    let commands: BTreeSet<_> = rows.iter().map(|[.., command]| command.clone()).collect();
    assert_eq!(commands, scripts());
    assert_eq!(commands.len(), rows.len(), "a script has two rows");
}

#[test]
fn every_version_in_the_table_of_findings_is_pinned_by_its_script() {
    for [finding, packages, _, _, command] in rows() {
        let script = text_of(&command);
        let is_version = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
        let versions: Vec<_> =
            packages.split([' ', ',']).filter(is_version).map(str::to_string).collect();
        assert!(!versions.is_empty(), "{finding} names no version");
        for version in versions {
            // A requirement of cargo or pip, or an entry of a list of releases.
            let pins = [format!("\"={version}\""), format!("=={version}"), format!("\"{version} ")];
            assert!(pins.iter().any(|pin| script.contains(pin)), "{command} lacks {version}");
        }
    }
}

#[test]
fn every_finding_can_be_run_and_says_what_was_expected_and_seen() {
    for command in scripts() {
        let script = text_of(&command);
        assert!(script.starts_with("#!/usr/bin/env bash\n"), "{command} names its shell");
        for line in ["Package", "Input:", "Expected:", "Seen", "So:"] {
            assert!(script.lines().any(|found| found.starts_with(line)), "{command} lacks {line}");
        }
        assert!(!script.to_lowercase().contains("talea"), "{command} runs without the product");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let meta = fs::metadata(folder().join("..").join(&command)).expect("it is there");
            assert_eq!(meta.permissions().mode() & 0o111, 0o111, "{command} is executable");
        }
    }
}
