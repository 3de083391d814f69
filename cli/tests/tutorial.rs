//! The tutorial, typed as it stands: its blocks one after the other, those marked `sh &` in terminals of
//! their own. Only the phases are shorter than for somebody who types by hand.

use std::{fs, path::Path, process::Command};

const TUTORIAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/tutorial.md");

/// The blocks of commands, and whether each runs in a terminal of its own.
fn blocks(text: &str) -> Vec<(bool, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match language {
            "sh" => blocks.push((false, body.join("\n"))),
            "sh &" => blocks.push((true, body.join("\n"))),
            other => panic!("a block of {other:?}"),
        }
    }
    blocks
}

#[cfg(unix)]
#[test]
fn the_tutorial_can_be_typed() {
    use std::os::unix::fs::PermissionsExt as _;
    let text = fs::read_to_string(TUTORIAL).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    fs::write(home.join("passphrase"), "typed by somebody\n").unwrap();
    let mode =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(&home.join("passphrase"), 0o600);
    // In place of the somebody who types passphrases, and waits while they are stretched.
    let typist = format!(
        "#!/bin/sh\ncase \"$1 $2\" in \"key new\") set -- \"$@\" --work-factor 4;; esac\n\
         exec {} --passphrase-file {}/passphrase \"$@\"\n",
        env!("CARGO_BIN_EXE_talea"),
        home.display()
    );
    fs::create_dir(home.join("bin")).unwrap();
    fs::write(home.join("bin/talea"), typist).unwrap();
    mode(&home.join("bin/talea"), 0o755);

    let mut script = String::from("set -eu\n");
    let in_haste = [
        ("deals = \"2m\"", "deals = \"8s\""),
        ("complaints = \"5s\"", "complaints = \"1s\""),
        ("commits = \"3m\"", "commits = \"8s\""),
        ("reveals = \"3m\"", "reveals = \"8s\""),
    ];
    for (own_terminal, block) in blocks(&text) {
        let block =
            in_haste.iter().fold(block, |block, (typed, haste)| block.replace(typed, haste));
        if own_terminal {
            script.push_str(&format!("( {block} ) 2>&1 &\n"));
        } else {
            script.push_str(&format!("{block}\n"));
        }
    }
    script.push_str("wait\n");
    let path = format!("{}:{}", home.join("bin").display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(home)
        .env("PATH", path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    for line in [
        "99-17+ | 99-17+ | Hit",
        "VALID: the outcome is the one derived from the entries.",
        "reveal of 2 sealed bids",
        "is under the root that",
    ] {
        assert!(said.contains(line), "{line:?} is missing in\n{said}\n{complained}");
    }
    assert!(fs::read_to_string(home.join("report.html")).unwrap().contains("VALID"));
}
