//! What a forger would need to find in the source, and must not.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The Rust sources of a crate of this workspace without comments and unit tests, by path.
fn sources(of: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                let is_code = |line: &&str| !line.trim_start().starts_with("//");
                let code = code.lines().filter(is_code).collect::<Vec<_>>().join("\n");
                found.push((path, code));
            }
        }
    }
    assert!(found.len() > 3, "the sources of {of} are elsewhere");
    found
}

/// How often `word` stands in the code of a crate.
fn count(of: &str, word: &str) -> usize {
    sources(of).iter().map(|(_, code)| code.matches(word).count()).sum()
}

/// F4: a generator is seeded in one place, after a transcript, and nowhere else.
#[test]
fn the_contract_seeds_a_generator_in_one_place() {
    assert_eq!(count("contract", "from_seed"), 1);
    for word in ["seed_from_u64", "NullRng", "build_rng", "OsRng", "thread_rng", "getrandom"] {
        assert_eq!(count("contract", word), 0, "{word}");
    }
}

/// N7: time that depends on a secret is a leak, so provers never take the fast way.
#[test]
fn no_prover_is_vartime() {
    for (path, code) in sources("parties") {
        let vartime = code.matches("vartime").count() + code.matches("Vartime").count();
        assert_eq!(vartime, 0, "{}", path.display());
    }
}

/// F11: no relation draws two challenges under one label.
#[test]
fn no_label_is_used_for_two_challenges() {
    for (path, code) in sources("contract") {
        let mut labels: Vec<&str> = code
            .split(".challenge(b\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let drawn = labels.len();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), drawn, "{}", path.display());
    }
}
