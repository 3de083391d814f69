//! The tutorial, typed as it stands: its blocks one after the other, those marked `sh &` in terminals of
//! their own. Only the phases are shorter than for somebody who types by hand.

use std::{fs, process::Command};

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
    fs::set_permissions(home.join("passphrase"), fs::Permissions::from_mode(0o600)).unwrap();
    // In place of the somebody who types passphrases, and waits while they are stretched. A function, for a program
    // that was just written cannot be run while another test starts a process that holds it open.
    let mut script = format!(
        "set -eu\n\
         talea() {{\n\
         case \"$1 $2\" in \"key new\") set -- \"$@\" --work-factor 4;; esac\n\
         {} --passphrase-file {}/passphrase \"$@\"\n\
         }}\n",
        env!("CARGO_BIN_EXE_talea"),
        home.display()
    );

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
    let output = Command::new("bash").args(["-c", &script]).current_dir(home).output().unwrap();
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
