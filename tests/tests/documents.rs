//! What the documents say shows a claim is there: files of tests, and tests by name.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Every file of tests, as the documents write it, and every function in them.
fn tests() -> (BTreeSet<String>, BTreeSet<String>) {
    fn walk(folder: &Path, name: &str, files: &mut BTreeSet<String>, tests: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("a folder of the project") {
            let entry = entry.expect("it can be read").path();
            let file = entry.file_name().and_then(|file| file.to_str()).expect("a plain name");
            let name = format!("{name}/{file}");
            if entry.is_dir() {
                walk(&entry, &name, files, tests);
            } else {
                let text = fs::read_to_string(&entry).expect("it is text");
                let text = text.replace("#[tokio::test]", "#[test]");
                let found = text.split("#[test]").skip(1).filter_map(|rest| {
                    Some(rest.split_once("fn ")?.1.split_once('(')?.0.to_string())
                });
                tests.extend(found);
                files.insert(name);
            }
        }
    }
    let (mut files, mut tests) = (BTreeSet::new(), BTreeSet::new());
    for name in [
        "tests/tests",
        "cli/tests",
        "verifier/tests",
        "exchange/tests",
        "cli/src/board",
        "web/browser/tests",
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
        walk(&folder, name, &mut files, &mut tests);
    }
    (files, tests)
}

/// The file that declares this one's module: the one that its folder is named after, or `all.rs`.
fn parent_of(file: &Path) -> Option<PathBuf> {
    let (folder, name) = (file.parent()?, file.file_stem()?);
    let module = if name == "mod" { folder } else { file };
    let folder = module.parent()?;
    let is_root = folder.file_name()? == "tests";
    Some(if is_root { folder.join("all.rs") } else { folder.with_extension("rs") })
}

#[test]
fn every_file_of_tests_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (files, _) = tests();
    let mut found = 0;
    for name in files.iter().filter(|name| name.contains("/tests/") && name.ends_with(".rs")) {
        let (package, _) = name.split_once("/tests/").expect("a package's tests");
        let manifest =
            fs::read_to_string(root.join(package).join("Cargo.toml")).expect("a manifest");
        let path = name.strip_prefix(&format!("{package}/")).expect("it begins with its package");
        if manifest.contains(&format!("path = \"{path}\"")) {
            continue;
        }
        let file = Path::new(name);
        let module = if file.ends_with("mod.rs") { file.parent() } else { Some(file) };
        let module = module.and_then(Path::file_stem).and_then(|stem| stem.to_str());
        let parent = parent_of(file).expect("a file in a folder of tests");
        let text = fs::read_to_string(root.join(&parent)).unwrap_or_default();
        let declares = |line: &str| line == format!("mod {};", module.expect("a plain name"));
        assert!(text.lines().any(declares), "{} does not declare {name}", parent.display());
        found += 1;
    }
    assert!(found > 10, "{found} files were found");
}

#[test]
fn every_test_that_is_ignored_is_run_by_hand() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let script = fs::read_to_string(root.join(".ci/long")).expect("a script of the project");
    let (files, _) = tests();
    let mut found = 0;
    for file in files.iter().filter(|file| file.ends_with(".rs")) {
        let text = fs::read_to_string(root.join(file)).expect("it is text");
        let module = Path::new(file).file_stem().and_then(|stem| stem.to_str());
        // An attribute begins its line.
        for rest in text.split("\n#[ignore").skip(1) {
            let name = rest.split_once("fn ").and_then(|(_, rest)| rest.split_once('('));
            let name = format!("{}::{}", module.expect("a plain name"), name.expect("a test").0);
            // A module may be one of a folder's.
            let is_listed = |word: &str| word == name || word.ends_with(&format!("::{name}"));
            assert!(script.split_whitespace().any(is_listed), ".ci/long lacks {name}");
            found += 1;
        }
    }
    assert!(found > 10, "{found} were found");
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let (files, tests) = tests();
    let mut named = 0;
    for document in [
        "README.md",
        "docs/spec.md",
        "docs/security.md",
        "docs/costs.md",
        "docs/board.md",
        "docs/page.md",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(document);
        let text = fs::read_to_string(path).expect("a document of the project");
        // The specification names fields too.
        let names_tests = ["docs/security.md", "docs/board.md", "docs/page.md"].contains(&document);
        for word in text.split('`').skip(1).step_by(2) {
            let is_name =
                word.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit());
            if word.starts_with("tests/tests/") || word.starts_with("cli/tests/") {
                assert!(files.contains(word), "{document} names {word}");
                named += 1;
            } else if names_tests && is_name && word.contains('_') {
                assert!(tests.contains(word), "{document} names {word}");
                named += 1;
            }
        }
    }
    assert!(named > 10, "{named} names were found");
}

/// The documents that people read, by their path from the root.
fn documents() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut documents = Vec::new();
    for folder in ["", "docs/", "docs/decisions/", "findings/", "scenarios/"] {
        for entry in fs::read_dir(root.join(folder)).expect("a folder of the project") {
            let name = entry.expect("it can be read").file_name().into_string().expect("plain");
            if name.ends_with(".md") {
                documents.push(format!("{folder}{name}"));
            }
        }
    }
    documents
}

/// What a heading is called in links to it.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let dashed = |c: char| if c == ' ' { '-' } else { c };
    heading.trim().to_lowercase().chars().filter(kept).map(dashed).collect()
}

/// The lines that are no examples of commands, files or output.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_example = false;
    text.lines().filter(move |line| {
        is_example ^= line.starts_with("```");
        !is_example
    })
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut links = 0;
    for document in documents() {
        let path = root.join(&document);
        let text = fs::read_to_string(&path).expect("a document of the project");
        for line in prose(&text) {
            let words: String = line.split('`').step_by(2).collect();
            for rest in words.split("](").skip(1) {
                let link = rest.split(')').next().unwrap_or_default();
                if link.starts_with("https://") {
                    continue;
                }
                let (file, heading) = link.split_once('#').unwrap_or((link, ""));
                let target = match file {
                    "" => path.clone(),
                    file => path.parent().expect("a folder").join(file),
                };
                assert!(target.exists(), "{document} links to {link}");
                if !heading.is_empty() {
                    let text = fs::read_to_string(&target).expect("a document");
                    let headings = prose(&text).filter(|line| line.starts_with('#'));
                    let is_there = headings
                        .map(|line| anchor(line.trim_start_matches('#')))
                        .any(|anchor| anchor == heading);
                    assert!(is_there, "{document} links to {link}");
                }
                links += 1;
            }
        }
    }
    assert!(links > 50, "{links} links were found");
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = [
        "protocol",
        "contract",
        "text",
        "parties",
        "verifier",
        "replay",
        "report",
        "screens",
        "sim",
        "export",
        "exchange",
        "cli",
        "tests",
        "docs",
        "findings",
        "python",
        "notebooks",
    ];
    let mut named = 0;
    for document in documents() {
        let text = fs::read_to_string(root.join(&document)).expect("a document of the project");
        for line in prose(&text) {
            for word in line.split('`').skip(1).step_by(2) {
                let is_path = word.split_once('/').is_some_and(|(first, _)| folders.contains(&first))
                    && !word.contains([' ', ':'])
                    // Any file of a folder.
                    && !word.ends_with("/X.rs");
                if is_path {
                    assert!(root.join(word).exists(), "{document} names {word}");
                    named += 1;
                }
            }
        }
    }
    assert!(named > 50, "{named} files were named");
}

#[test]
fn the_readme_is_read_on_a_screen_and_a_half() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let lines = fs::read_to_string(readme).expect("README").lines().count();
    assert!(lines <= 90, "{lines} lines");
}
