//! How the files of a crate hang together: no two of them use each other, not by way of others either. That a
//! module's file names what its children hold, and they it, is no circle here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// A module's path within its crate.
type Module = Vec<String>;

/// For each module, which ones it uses.
type Uses = BTreeMap<Module, BTreeSet<Module>>;

/// A lot of the contract holds how far its ranking has come, and the ranking reads the lot.
const ONE_PART: [(&str, [&str; 2]); 1] = [("contract", ["lot", "rank"])];

/// The files of a crate, by module.
fn sources(package: &str) -> BTreeMap<Module, String> {
    fn walk(folder: &Path, module: &[String], sources: &mut BTreeMap<Module, String>) {
        for entry in fs::read_dir(folder).expect("a folder of the project") {
            let path = entry.expect("it can be read").path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a plain name");
            let child = || [module, &[stem.to_owned()]].concat();
            if path.is_dir() {
                walk(&path, &child(), sources);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let module = if ["lib", "mod"].contains(&stem) { module.to_vec() } else { child() };
                sources.insert(module, fs::read_to_string(&path).expect("it is text"));
            }
        }
    }
    let mut sources = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(package).join("src");
    walk(&folder, &[], &mut sources);
    sources
}

/// The paths of a tree such as `crate::{a::{b, c}, d as e}`.
fn paths(tree: &str) -> Vec<String> {
    let Some((before, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().expect("there is a first").trim().to_owned()];
    };
    let inner = rest.rsplit_once('}').expect("what opens closes").0;
    let (mut depth, mut branches) = (0, vec![String::new()]);
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            branches.push(String::new());
        } else {
            branches.last_mut().expect("there is one").push(c);
        }
    }
    let branches = branches.iter().map(|branch| branch.trim()).filter(|branch| !branch.is_empty());
    branches.flat_map(paths).map(|path| format!("{}{path}", before.trim())).collect()
}

/// The paths that a file's `use` items name, without those of its tests.
fn used(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().expect("there is a first");
    let code: Vec<&str> =
        source.lines().map(|line| line.split("//").next().expect("there is a first")).collect();
    // An item begins its line; the word in the middle of one is prose.
    let begins = |line: &str| {
        let line = line.trim_start();
        ["use ", "pub use ", "pub(crate) use ", "pub(super) use "]
            .iter()
            .find_map(|words| line.strip_prefix(words).map(str::to_owned))
    };
    let trees = code.iter().enumerate().filter_map(|(at, line)| {
        let rest = code.get(at + 1..).unwrap_or_default().join(" ");
        let tree = format!("{} {rest}", begins(line)?);
        Some(tree.split_once(';')?.0.to_owned())
    });
    trees.flat_map(|tree| paths(&tree)).collect()
}

/// The module of the crate in which a path that stands in `module` ends; nothing if it leaves the crate.
fn resolved(path: &str, module: &Module, all: &BTreeMap<Module, String>) -> Option<Module> {
    let mut names = path.split("::").peekable();
    let mut at = match *names.peek()? {
        "crate" => Module::new(),
        "self" | "super" => module.clone(),
        child if all.contains_key(&[&module[..], &[child.to_owned()]].concat()) => module.clone(),
        _ => return None,
    };
    while let Some(name) = names.next_if(|name| ["crate", "self", "super"].contains(name)) {
        if name == "super" {
            at.pop();
        }
    }
    for name in names {
        let child = [&at[..], &[name.to_owned()]].concat();
        if !all.contains_key(&child) {
            break;
        }
        at = child;
    }
    Some(at)
}

/// Which modules use which, but for those that they stand in.
fn uses(sources: &BTreeMap<Module, String>) -> Uses {
    let of = |(module, source): (&Module, &String)| {
        let used = used(source);
        let found = used.iter().filter_map(|path| resolved(path, module, sources));
        (module.clone(), found.filter(|other| !module.starts_with(other)).collect())
    };
    sources.iter().map(of).collect()
}

/// All that a module comes to use in the end.
fn reached<'a>(from: &'a Module, uses: &'a Uses) -> BTreeSet<&'a Module> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(module) = next.pop() {
        for other in uses.get(module).into_iter().flatten() {
            if reached.insert(other) {
                next.push(other);
            }
        }
    }
    reached
}

/// The modules that come to use themselves.
fn in_circles(uses: &Uses) -> Vec<String> {
    let circular = uses.keys().filter(|module| reached(module, uses).contains(module));
    circular.map(|module| module.join("::")).collect()
}

#[test]
fn no_two_files_of_a_crate_use_each_other() {
    for package in [
        "protocol", "contract", "text", "parties", "verifier", "replay", "report", "screens",
        "sim", "export", "exchange", "cli",
    ] {
        let sources = sources(package);
        let uses = uses(&sources);
        let count: usize = uses.values().map(BTreeSet::len).sum();
        assert!(count >= sources.len() / 2, "{package}: {count} uses in {} files", sources.len());
        let is_excepted = |module: &String| {
            let first = module.split("::").next().expect("there is a first");
            ONE_PART.iter().any(|(of, parts)| *of == package && parts.contains(&first))
        };
        let circles: Vec<String> =
            in_circles(&uses).into_iter().filter(|module| !is_excepted(module)).collect();
        assert!(circles.is_empty(), "{package}: in circles are {circles:?}");
    }
}

/// The crates of this project that a package is built on; its tests may need others.
fn built_on(package: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(package).join("Cargo.toml");
    let manifest = fs::read_to_string(path).expect("a manifest");
    let of_tables = manifest.split("\n[").filter_map(|table| table.strip_prefix("dependencies]"));
    let names = of_tables.flat_map(str::lines).filter_map(|line| line.strip_prefix("talea-"));
    names.filter_map(|rest| Some(rest.split_once(" =")?.0.to_owned())).collect()
}

/// As docs/architecture.md draws it.
#[test]
fn each_crate_stands_on_those_below_it_and_no_other() {
    for (package, below) in [
        ("protocol", &[][..]),
        ("contract", &["protocol"]),
        ("text", &["contract", "protocol"]),
        ("parties", &["contract", "protocol"]),
        ("verifier", &["protocol"]),
        ("replay", &["contract", "protocol", "text"]),
        ("report", &["contract", "protocol", "replay", "screens", "text", "verifier"]),
        ("screens", &["protocol", "text", "verifier"]),
        ("sim", &["contract", "parties", "protocol", "screens", "text", "verifier"]),
        ("export", &["parties", "protocol", "text"]),
        ("exchange", &["protocol", "report", "text"]),
        (
            "cli",
            &[
                "contract", "exchange", "export", "parties", "protocol", "replay", "report",
                "text", "verifier",
            ],
        ),
    ] {
        let below: BTreeSet<String> = below.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(built_on(package), below, "{package}");
    }
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let source = |module: &str, text: &str| {
        (module.split("::").map(str::to_owned).collect::<Module>(), text.to_owned())
    };
    let circles = |texts: [&str; 3]| {
        let names = ["a", "b", "a::c"];
        in_circles(&uses(
            &names.into_iter().zip(texts).map(|(name, text)| source(name, text)).collect(),
        ))
    };
    let none: [String; 0] = [];
    assert_eq!(circles(["//! a\nuse crate::b::B;", "", "\nuse super::{A, super::b};"]), none);
    assert_eq!(
        circles(["//! a\nuse crate::{x, b::{B as Q, D}};", "\npub use super::a::A;", ""]),
        ["a", "b"]
    );
    // By way of a child; a parent and its child are none.
    assert_eq!(circles(["mod c;\nuse c::C;", "\nuse crate::a;", "\nuse super::A;"]), none);
    let by_way = ["mod c;\nuse c::C;", "\nuse crate::{\n    a,\n};", "\nuse super::super::b::*;"];
    assert_eq!(circles(by_way), ["a", "a::c", "b"]);
    // What only tests use does not count.
    let tests = ["\nuse crate::b;", "\n#[cfg(test)]\nmod tests {\n use crate::a;\n}", ""];
    assert_eq!(circles(tests), none);
}
