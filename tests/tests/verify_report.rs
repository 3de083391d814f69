//! The report of `talea-verify` against section 19 of the specification: exit codes, words, and each field
//! of the JSON view, on the transcripts of the vectors.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};
use talea_tests::{
    opinions::second_opinion,
    replay::Replay,
    spec::{Table, section, table, tables},
};
use talea_verifier::Report;

/// Reports on every vector, on what each has become after every entry of some, and on no transcript.
fn reports() -> Vec<Report> {
    let folder: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "docs", "vectors", "transcripts"].iter().collect();
    let files = std::fs::read_dir(&folder).expect("the vectors are in the project");
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let mut reports = vec![second_opinion(b"# A README")];
    reports.extend(paths.iter().map(|path| second_opinion(&std::fs::read(path).unwrap())));
    for file in
        ["reserve-met.talea", "rounds-unmoved.talea", "declined.talea", "dealer-expelled.talea"]
    {
        let replay = Replay::read(&std::fs::read(folder.join(file)).unwrap());
        let cuts = (0..replay.entries.len()).map(|index| second_opinion(&replay.until(index)));
        reports.extend(cuts);
    }
    reports
}

#[test]
fn exit_codes_and_first_words_are_those_of_the_text() {
    let rows = table(19, &["exit code", "first word", "verdict", "meaning"]).rows;
    let mut met = BTreeSet::new();
    for report in reports() {
        let json: Value = serde_json::from_str(&report.to_json()).unwrap();
        let text = report.to_text();
        let word = text.split_once(':').expect("a word and a sentence").0;
        let found =
            [report.exit_code().to_string(), word.into(), json["verdict"].as_str().unwrap().into()];
        let row = rows.iter().find(|row| row[..3] == found);
        assert!(row.is_some(), "{found:?} is not in the text");
        met.insert(found);
    }
    assert_eq!(met.len(), rows.len(), "each is met");
}

/// The tables of section 19, and what was met of them.
struct Schema {
    objects: BTreeMap<String, Table>,
    /// Fields that were null, and fields that were not.
    met: BTreeSet<(String, bool)>,
    words: BTreeSet<String>,
}

impl Schema {
    fn object(&mut self, name: &str, value: &Value) {
        let rows =
            self.objects.get(name).unwrap_or_else(|| panic!("{name} has no table")).rows.clone();
        let object = value.as_object().unwrap_or_else(|| panic!("{name} is an object"));
        let fields: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(object.keys().map(String::as_str).collect::<BTreeSet<_>>(), fields, "{name}");
        for row in &rows {
            self.value(&format!("{name}.{}", row[0]), &row[1], &object[&row[0]]);
        }
    }

    fn value(&mut self, path: &str, ty: &str, value: &Value) {
        self.met.insert((path.to_owned(), value.is_null()));
        if let Some(inner) = ty.strip_suffix(" or null") {
            if !value.is_null() {
                self.value(path, inner, value);
            }
            return;
        }
        if let Some(inner) = ty.strip_prefix("list(").and_then(|ty| ty.strip_suffix(')')) {
            let items = value.as_array().unwrap_or_else(|| panic!("{path} is a list"));
            items.iter().for_each(|item| self.value(&format!("{path}[]"), inner, item));
            return;
        }
        if let Some(words) = ty.strip_prefix("one of ") {
            let word = value.as_str().unwrap_or_else(|| panic!("{path} is a word"));
            assert!(words.split(", ").any(|listed| listed == word), "{path}: {word}");
            self.words.insert(format!("{path} {word}"));
            return;
        }
        match ty {
            "string" => assert!(value.is_string(), "{path}: {value}"),
            "integer" => assert!(value.is_u64(), "{path}: {value}"),
            "boolean" => assert!(value.is_boolean(), "{path}: {value}"),
            object => self.object(object, value),
        }
    }
}

#[test]
fn the_json_view_is_the_one_of_the_text() {
    let objects = tables(section(19)).into_iter().filter_map(|(name, table)| Some((name?, table)));
    let objects: BTreeMap<String, Table> = objects.collect();
    let mut schema = Schema { objects, met: BTreeSet::new(), words: BTreeSet::new() };
    for report in reports() {
        let json: Value = serde_json::from_str(&report.to_json()).unwrap();
        assert_eq!(json["schema"], "talea-verify/2");
        schema.object("report", &json);
    }
    // Whatever may be null was, and was not; every word was met.
    let (mut nulls, mut words) = (Vec::new(), Vec::new());
    for (name, table) in &schema.objects {
        for row in &table.rows {
            let path = format!("{name}.{}", row[0]);
            assert!(schema.met.contains(&(path.clone(), false)), "{path} was never met");
            if row[1].ends_with(" or null") && !schema.met.contains(&(path.clone(), true)) {
                nulls.push(path.clone());
            }
            let listed = row[1].strip_prefix("one of ").into_iter().flat_map(|l| l.split(", "));
            words.extend(
                listed.map(|word| format!("{path} {word}")).filter(|w| !schema.words.contains(w)),
            );
        }
    }
    assert_eq!(nulls, ["report.file"], "of a file that cannot be read to its end");
    assert_eq!(words, ["lot.ending halted"], "no transcript can be made that shows one");
}
