//! The reference of errors is made from the tables of codes and checks, and compared with what is committed.
//! `TALEA_WRITE_REFERENCE=1 cargo test -p talea-text --lib reference` writes it anew, and that of a file of terms.

use crate::{
    failure::{Code, Exit, Failure, Program},
    file::GridFile,
    lot::read_lot,
    suggest::Load,
    terms::in_terms,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use talea_protocol::{builder::FAN_OUT, check::Check};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");

const OPENING: &str = "# Errors

A command that fails writes one sentence to standard error, with a code, and often a help line that says what to do. Codes
and exit statuses are stable; sentences may change.

";

/// What is committed is what would be written.
#[track_caller]
pub(crate) fn compare(path: &str, expected: &str) {
    if std::env::var_os("TALEA_WRITE_REFERENCE").is_some() {
        fs::write(path, expected).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == expected,
        "{path} is not what the code says; TALEA_WRITE_REFERENCE=1 cargo test -p talea-text --lib reference \
         writes it anew"
    );
}

/// The names of programs, with commas between.
fn names(programs: &[Program]) -> String {
    programs.iter().map(|program| format!("`{}`", program.name())).collect::<Vec<_>>().join(", ")
}

/// What a lot whose first price is between two of its scale fails with.
fn example() -> Failure {
    let file = "side = \"sale\"\nscale = \"decimal 2\"\nstart = \"99.501\"\nlevels = 100\n";
    let grid: GridFile = toml::from_str(file).unwrap();
    let load = |levels| Load { levels, bidders: 10, acts: 2, fan_out: FAN_OUT };
    let at = |field: &str| format!("lots[0].{field}");
    in_terms(read_lot(&at, "Kingdom of Thule 2035", "lot 0", &grid, load).unwrap_err())
}

fn page() -> String {
    let mut text = String::from(OPENING);
    text.push_str(&format!(
        "```console\n$ talea terms new terms.toml --out terms\n{}\n```\n",
        example().report()
    ));
    text.push_str(
        "\n## Exit statuses\n\nThe same for every program.\n\n| status | meaning | programs |\n|---|---|---|\n",
    );
    for exit in Exit::ALL {
        let programs = names(exit.programs());
        text.push_str(&format!("| {} | {} | {programs} |\n", exit.status(), exit.meaning()));
    }
    text.push_str(
        "\n`talea` ends with 130 or 143 when Ctrl-C or a signal stops it. Nothing is lost; the same command \
         continues.\n\n## Codes\n\nA mistake in a file of terms is `terms.field`. If scenarios have the same \
         field, the sentence can end with the code that\n`talea-sim` gives it, as in `(scenario.price)`. \
         `talea-verify` has no codes: its report names the check that failed.\n\n\
         | code | status | programs | meaning |\n|---|---|---|---|\n",
    );
    let codes: BTreeMap<&str, Code> = Code::ALL.iter().map(|code| (code.name(), *code)).collect();
    for (name, code) in codes {
        let (status, programs) = (code.exit().status(), names(code.programs()));
        text.push_str(&format!("| `{name}` | {status} | {programs} | {} |\n", code.meaning()));
    }
    text.push_str(
        "\n## Checks\n\nThe rules of an auction are numbered checks of [spec.md](spec.md). A refusal \
         (`refused`, `run.refused`) and the report of\n`talea-verify` name the first that failed.\n\n\
         | check | what must hold |\n|---|---|\n",
    );
    for check in Check::ALL {
        text.push_str(&format!("| {} | {} |\n", check.number(), check.sentence()));
    }
    text + "\n<!-- Made from text/src/failure.rs and protocol/src/check.rs:\n\
            TALEA_WRITE_REFERENCE=1 cargo test -p talea-text --lib reference -->\n"
}

#[test]
fn the_reference_of_errors_says_what_the_tables_say() {
    compare(PAGE, &page());
}

/// The Rust files of a package without their tests, by path.
fn sources(package: &str) -> BTreeMap<PathBuf, String> {
    fn walk(folder: &Path, sources: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, sources);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
                sources.insert(path, code.to_owned());
            }
        }
    }
    let mut sources_of = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(package).join("src");
    walk(&folder, &mut sources_of);
    sources_of
}

/// The codes that a package's files name, as the code spells them.
fn used(package: &str) -> BTreeSet<String> {
    let word =
        |rest: &str| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().map(str::to_owned);
    let sources = sources(package);
    sources.values().flat_map(|text| text.split("Code::").skip(1).filter_map(word)).collect()
}

#[test]
fn every_code_is_used_by_the_programs_that_the_table_says() {
    let [mut talea, sim, text] = ["cli", "sim", "text"].map(used);
    talea.extend(["export", "exchange"].map(used).into_iter().flatten());
    for code in Code::ALL {
        let name = format!("{code:?}");
        for (program, used) in [(Program::Talea, &talea), (Program::Sim, &sim)] {
            let is_listed = code.programs().contains(&program);
            let is_used = used.contains(&name);
            assert!(is_listed || !is_used, "{} fails with {code}", program.name());
            let can_be = is_used || text.contains(&name);
            assert!(!is_listed || can_be, "{} never fails with {code}", program.name());
        }
    }
}

/// The exit statuses that a program's help lists: lines that begin with a number and blanks.
fn in_help(path: &str) -> BTreeSet<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let text = fs::read_to_string(path).unwrap();
    let help = text.split_once("Exit ").unwrap().1;
    // The first is the heading.
    let lines = help.lines().skip(1).map(|line| line.trim_start().split_once("  "));
    lines.map_while(|found| found?.0.parse().ok()).collect()
}

#[test]
fn every_programs_help_lists_its_exit_statuses() {
    for (program, path) in [
        (Program::Talea, "cli/src/arguments.rs"),
        (Program::Sim, "sim/src/cli.rs"),
        (Program::Verify, "verifier/src/cli.rs"),
    ] {
        let exits = Exit::ALL.iter().filter(|exit| exit.programs().contains(&program));
        let expected: BTreeSet<u8> = exits.map(|exit| exit.status()).collect();
        assert_eq!(in_help(path), expected, "{}", program.name());
        let of_codes = Code::ALL.iter().filter(|code| code.programs().contains(&program));
        for code in of_codes {
            assert!(expected.contains(&code.exit().status()), "{code}");
        }
    }
}
