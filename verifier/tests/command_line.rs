//! The command line as a tool sees it: exit codes, and which stream says what.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_talea-verify")).args(arguments).output().unwrap()
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn path(file: &tempfile::NamedTempFile) -> &str {
    Path::to_str(file.path()).unwrap()
}

#[test]
fn usage_is_2() {
    for arguments in [
        &[][..],
        &["a", "b"],
        &["--no-such-option", "a"],
        &["--jobs", "0", "a"],
        &["--jobs", "many", "a"],
        &["--json", "--quiet", "a"],
        &["--json", "--checks", "a"],
        &["--quiet", "--checks", "a"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for argument in ["--help", "--version"] {
        let output = run(&[argument]);
        assert_eq!(output.status.code(), Some(0));
        assert!(!output.stdout.is_empty());
    }
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    assert!(help.contains("70  internal error"));
}

#[test]
fn what_cannot_be_read_is_4() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing.talea");
    for path in [missing.to_str().unwrap(), directory.path().to_str().unwrap()] {
        let output = run(&[path]);
        assert_eq!(output.status.code(), Some(4));
        assert!(output.stdout.is_empty());
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("talea-verify: "));
    }
}

#[test]
fn what_is_no_transcript_is_1() {
    for bytes in [&b""[..], b"talea transc", b"{}", b"talea transcript 1\n", &[0xff; 5_000]] {
        let file = file(bytes);
        let output = run(&[path(&file)]);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stderr.is_empty());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with("INVALID"));
        assert!(text.contains("\n  X1 every record is whole"));
        // Neither where the file lay nor when it was read.
        assert!(!text.contains(path(&file)));
    }
}

/// A wrong file is told from a forged transcript, in words and in JSON; both are invalid.
#[test]
fn another_file_is_told_from_a_transcript_that_fails() {
    for (bytes, is_transcript) in
        [(&b"# A README\n"[..], false), (b"", false), (b"talea transcript 1\n\x07", true)]
    {
        let file = file(bytes);
        let output = run(&[path(&file)]);
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stdout).unwrap();
        let headline = text.lines().next().unwrap();
        assert_eq!(headline == "INVALID: a check failed.", is_transcript, "{text}");
        assert_eq!(headline.contains("not a transcript"), !is_transcript, "{text}");
        let json: serde_json::Value =
            serde_json::from_slice(&run(&["--json", path(&file)]).stdout).unwrap();
        assert_eq!(json["is_transcript"], is_transcript);
        assert_eq!(json["verdict"], "invalid");
    }
}

#[test]
fn checks_are_listed_if_asked_for_and_the_verdict_comes_after_them() {
    for bytes in [&b"nothing"[..], b"talea transcript 1\n\x07"] {
        let file = file(bytes);
        let text = String::from_utf8(run(&[path(&file)]).stdout).unwrap();
        assert!(text.lines().count() <= 10, "what matters fits on a screen: {text}");
        assert!(!text.contains("\n  X2 "), "{text}");
        let listed = String::from_utf8(run(&["--checks", path(&file)]).stdout).unwrap();
        let checks = listed.strip_suffix(&text).expect("the same report is last");
        assert!(checks.starts_with("Checks\n  X1  FAIL"), "{checks}");
        let json: serde_json::Value =
            serde_json::from_slice(&run(&["--json", path(&file)]).stdout).unwrap();
        let rows = checks.lines().filter(|line| line.contains("not reached")).count();
        assert_eq!(rows + 1, json["checks"].as_array().unwrap().len());
    }
}

#[test]
fn quiet_says_nothing() {
    let output = run(&["--quiet", path(&file(b"nothing"))]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
}

#[test]
fn json_has_a_schema() {
    let output = run(&["--json", "--jobs", "1", path(&file(b"nothing"))]);
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["schema"], "talea-verify/2");
    assert_eq!(json["verdict"], "invalid");
    assert_eq!(json["failure"]["check"], "X1");
    assert_eq!(json["failure"]["place"], "genesis");
    assert_eq!(json["file"]["bytes"], 7);
    assert_eq!(json["checks"][0]["number"], "X1");
    assert_eq!(json["checks"][0]["status"], "fail");
    assert_eq!(json["checks"][1]["status"], "not-reached");
    assert!(json["not_verified"].as_array().unwrap().len() >= 6);
}

#[test]
fn standard_input_is_a_file_like_any_other() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_talea-verify"))
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"nothing").unwrap();
    let piped = child.wait_with_output().unwrap();
    let read = run(&[path(&file(b"nothing"))]);
    assert_eq!(piped.status.code(), Some(1));
    assert_eq!(piped.stdout, read.stdout);
}
