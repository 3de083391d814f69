//! The reference of a file of terms, and the comments of its example: both are made from the types in
//! [`file`](super::file) and from the settings in `example.toml`, and compared with what is committed.
//! `TALEA_WRITE_REFERENCE=1 cargo test -p talea-text --lib reference` writes them anew.

use super::{
    EXAMPLE,
    file::TermsFile,
    lots::{NEEDED, OPTIONAL},
};
use crate::reference::compare;
use serde_json::Value;
use std::collections::BTreeSet;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/terms.md");
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/terms/example.toml");

const OPENING: &str = "# A file of terms

The seller writes the terms of an auction as a TOML file. `talea terms new FILE.toml --out terms` turns it into the bytes
that bind everybody. `talea terms new --out terms` asks for the same in questions, if the auction is on a board.
`talea terms example` prints a file with every table and field; fill in its keys and `talea terms new` accepts it. Unknown
fields are refused.

Terms that can never work are refused: an empty list of bidders, deadlines that have passed. Terms that are valid but may
surprise their author are accepted. `talea terms new`, `talea terms show` and `talea open` list the surprises under \"Left
open by these terms\".

A scenario of `talea-sim` ([scenarios/README.md](../scenarios/README.md)) is a different file with similar fields. It counts
time in slots, draws its keys from a seed, and says what each party does.
";

const CLOSING: &str = "\
## Prices

A price is taken in any spelling that is exactly a price of the lot's scale. At `\"256ths\"` these are one price:
`99-16+`, `99:16+`, `99'16+`, `99 33/64`, `99.515625`. At `\"decimal 2\"` these are: `99.5`, `99.50`, `99.500`, `99 1/2`. 32nds
after `-`, `:` or `'` have two digits, and only a scale in 32nds or finer takes them. What is not exact is refused, with the
nearest prices. A price has 64 bytes at most.

After two digits of 32nds, `+` is half of one, and a third digit counts its **eighths**, as the cash market writes:
`99-162` is 99 and 16.25/32, `99-165` is 99 and 16.625/32. The futures market writes quarters cut to one digit, `0`, `2`, `5`
and `7`, and means 99 and 16.5/32 by `99-165`. Commands point out a price of which that is true, and show every price as a
decimal number before it binds.

The convention is no field of its own. The bytes of the terms have each lot's scale, and every program writes prices of that
scale in eighths; a field could only contradict them. `talea terms show` says it in words, and in JSON as the `third_digit` of
each lot. Whoever thinks in quarters writes decimals or fractions: `99.515625`, `99 33/64`.

## A list of bids

`talea bid`, `improve`, `reserve` and `bidder run` take bids on the command line as `LOT=PRICE`, or with `--from` from a list:
CSV, a workbook (.xlsx) or a pasted message. A lot is named by its identifier, by its number, counted from 0, or by its
name. A line without a price is a pass. [lists.md](lists.md) says how lists are read, and how `talea terms import` makes lots
out of a desk's list.

```csv
lot,price
XS0004120779,99-17+
999101AB4,98-08
```

## Bids that are curves

Where the mechanism is `curves` or `two-sided`, a bid is a list of steps. `talea bid` and `bidder run` take each as
`LOT=QUANTITY@PRICE`, or all of a lot from a CSV file with the columns `price` and `quantity`. In a two-sided market `--buy` or
`--sell` says on which side.

```console
$ talea bid board --key own.key 0=200@99.50 0=100@99.25
$ talea bid board --key own.key --sell --curve 0=own.csv
```

A buyer's prices fall from step to step, and a seller's rise; what is written otherwise is refused with `curve.order`. A step is
for one unit at least (`curve.step`), and steps and units are within the bounds of the terms (`curve.size`). An answer to a survey is
a price: `LOT=PRICE`.

<!-- Made from text/src/file.rs, text/src/terms/file.rs and example.toml:
TALEA_WRITE_REFERENCE=1 cargo test -p talea-text --lib reference -->
";

const EXAMPLE_OPENING: &str =
    "# The terms of an auction: every table and field, as `talea terms new` reads them.
# Fill in the keys, which `talea key show` prints; leave out what you do not want.
# A line that begins with # and no space is an alternative setting.
";

/// The types of a file of terms, as JSON schema has them.
struct Types(Value);

impl Types {
    fn new() -> Self {
        Self(serde_json::to_value(schemars::schema_for!(TermsFile)).unwrap())
    }

    /// What a name of another type refers to.
    fn named<'a>(&'a self, schema: &'a Value) -> Option<(&'a str, &'a Value)> {
        let schema = schema["anyOf"].get(0).unwrap_or(schema);
        let name = schema["$ref"].as_str()?.strip_prefix("#/$defs/")?;
        Some((name, &self.0["$defs"][name]))
    }

    /// The fields of a table; of the file itself, for an empty name.
    fn table(&self, name: &str) -> &Value {
        if name.is_empty() {
            return &self.0;
        }
        let field = &self.0["properties"][name];
        let inner = if field["items"].is_object() { &field["items"] } else { field };
        self.named(inner).unwrap_or_else(|| panic!("no table {name:?}")).1
    }

    fn field(&self, table: &str, field: &str) -> &Value {
        let found = &self.table(table)["properties"][field];
        assert!(found.is_object(), "there is no field {field:?} in {table:?}");
        found
    }

    fn is_table(&self, schema: &Value) -> bool {
        let inner = if schema["items"].is_object() { &schema["items"] } else { schema };
        self.named(inner).is_some_and(|(_, named)| named["properties"].is_object())
    }

    /// Every field of every table, but for tables themselves.
    fn all(&self) -> BTreeSet<(String, String)> {
        let fields = |schema: &Value| {
            let fields = schema["properties"].as_object().unwrap().iter();
            fields.map(|(name, field)| (name.clone(), field.clone())).collect::<Vec<_>>()
        };
        let mut all = BTreeSet::new();
        for (name, field) in fields(&self.0) {
            if self.is_table(&field) {
                let inner = fields(self.table(&name)).into_iter();
                all.extend(inner.map(|(field, _)| (name.clone(), field)));
            } else {
                all.insert((String::new(), name));
            }
        }
        all
    }

    /// What follows the equals sign.
    fn kind(&self, schema: &Value) -> String {
        if let Some((name, _)) = self.named(schema) {
            return format!("[{name}](#values)");
        }
        let kind = &schema["type"];
        match kind.as_str().or_else(|| kind[0].as_str()) {
            Some("string") => "text".into(),
            Some("integer") => "whole number".into(),
            Some("boolean") => "`true` or `false`".into(),
            Some("array") => format!("list of: {}", self.kind(&schema["items"])),
            other => panic!("a value of type {other:?} in {schema}"),
        }
    }

    /// What is said of a field or of a type, in one line.
    fn words(schema: &Value) -> String {
        let words = schema["description"].as_str().unwrap_or_default();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!words.is_empty(), "nothing is said of {schema}");
        words
    }
}

/// A line of the example.
enum ExampleLine<'a> {
    Blank,
    Comment,
    Table(&'a str),
    /// Whether it is set, and not commented out.
    Setting(&'a str, bool),
}

fn line(text: &str) -> ExampleLine<'_> {
    let (rest, is_said) = match text.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') && !rest.is_empty() => (rest, false),
        Some(_) => return ExampleLine::Comment,
        None => (text, true),
    };
    if text.is_empty() {
        ExampleLine::Blank
    } else if rest.starts_with('[') {
        ExampleLine::Table(rest.trim_matches(['[', ']']))
    } else {
        ExampleLine::Setting(rest.split_once(" = ").unwrap().0, is_said)
    }
}

/// The settings of the example alone, table by table.
fn tables(example: &str) -> Vec<(&str, Vec<&str>)> {
    let mut tables = vec![("", Vec::new())];
    for text in example.lines() {
        match line(text) {
            ExampleLine::Blank | ExampleLine::Comment => {}
            ExampleLine::Table(name) => tables.push((name, vec![text])),
            ExampleLine::Setting(..) => tables.last_mut().unwrap().1.push(text),
        }
    }
    tables
}

/// Words as comments of TOML, in lines of 100 characters at most.
fn comment(words: &str) -> String {
    let mut lines = vec![String::from("#")];
    for word in words.split_whitespace() {
        if lines.last().unwrap().len() + word.len() > 98 {
            lines.push("#".into());
        }
        let last = lines.last_mut().unwrap();
        *last = format!("{last} {word}");
    }
    lines.join("\n") + "\n"
}

/// The settings with what is said of each where it first occurs.
fn example(types: &Types, settings: &str) -> String {
    let mut text = String::from(EXAMPLE_OPENING);
    let mut said: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (table, lines) in tables(settings) {
        text.push('\n');
        if !table.is_empty() && said.insert((table, "")) {
            text.push_str(&comment(&Types::words(types.field("", table))));
        }
        for setting in lines {
            if let ExampleLine::Setting(field, _) = line(setting)
                && said.insert((table, field))
                && (table != "lots" || types.table("every_lot")["properties"][field].is_null())
            {
                text.push_str(&comment(&Types::words(types.field(table, field))));
            }
            text.push_str(setting);
            text.push('\n');
        }
    }
    text
}

fn rows(types: &Types, table: &str, fields: &[&str]) -> String {
    let required = types.table(table)["required"].as_array().cloned().unwrap_or_default();
    let mut text = String::from("\n| field | value | required | meaning |\n|---|---|---|---|\n");
    for field in fields {
        let schema = types.field(table, field);
        let is_needed = if required.contains(&Value::from(*field)) { "yes" } else { "" };
        let (kind, words) = (types.kind(schema), Types::words(schema).replace('|', "\\|"));
        text.push_str(&format!("| `{field}` | {kind} | {is_needed} | {words} |\n"));
    }
    text
}

/// The section of one table: what it is for, its fields in the order of the example, and the example.
fn section(types: &Types, table: &str, blocks: &[Vec<&str>]) -> String {
    // A table that excludes one of the others is commented out as a whole.
    let first = blocks.first().and_then(|lines| lines.first()).unwrap();
    let heading = first.trim_start_matches('#');
    let is_said = !first.starts_with("#[");
    let mut text = match table {
        "" => String::from("\n## The file itself\n\nThese fields come before the first table.\n"),
        _ => format!("\n## `{heading}`\n\n{}\n", Types::words(types.field("", table))),
    };
    let mut fields: Vec<&str> = Vec::new();
    for setting in blocks.iter().flatten() {
        if let ExampleLine::Setting(field, _) = line(setting)
            && !fields.contains(&field)
        {
            fields.push(field);
        }
    }
    if table == "lots" {
        let common = &types.table("every_lot")["properties"];
        fields.retain(|field| common[field].is_null());
        text.push_str("\nA lot may also set any field of `[every_lot]`.\n");
    }
    text.push_str(&rows(types, table, &fields));
    let shown = |text: &&str| if is_said { *text } else { text.trim_start_matches('#') }.to_owned();
    let shown = |lines: &Vec<&str>| lines.iter().map(shown).collect::<Vec<_>>().join("\n");
    let blocks: Vec<String> = blocks.iter().map(shown).collect();
    text.push_str(&format!("\n```toml\n{}\n```\n", blocks.join("\n\n")));
    text
}

/// What can stand after the equals sign, where that is more than a text or a number.
fn values(types: &Types) -> String {
    let mut text = String::from("\n## Values\n");
    for (name, schema) in types.0["$defs"].as_object().unwrap() {
        if schema["properties"].is_object() {
            continue;
        }
        text.push_str(&format!("\n**{name}**: {}\n", Types::words(schema)));
        for case in schema["oneOf"].as_array().into_iter().flatten() {
            let written = match case["properties"].as_object().and_then(|case| case.iter().next()) {
                Some((name, inner)) => {
                    let fields = inner["properties"].as_object().unwrap().iter();
                    let shown = |(name, field): (&String, &Value)| match types.named(field) {
                        Some((kind, _)) => format!("{name} = {kind}"),
                        None if field["type"] == "boolean" => format!("{name} = true"),
                        None => format!("{name} = N"),
                    };
                    let fields: Vec<String> = fields.map(shown).collect();
                    format!("{{ {name} = {{ {} }} }}", fields.join(", "))
                }
                None => case["const"].to_string(),
            };
            text.push_str(&format!("\n- `{written}`: {}", Types::words(case)));
            let inner = case["properties"].as_object().and_then(|case| case.values().next());
            for (name, field) in
                inner.iter().flat_map(|case| case["properties"].as_object().unwrap())
            {
                let kind = types
                    .named(field)
                    .map_or(String::new(), |(kind, _)| format!(" (a [{kind}](#values))"));
                text.push_str(&format!("\n  - `{name}`{kind}: {}", Types::words(field)));
            }
        }
        if schema["oneOf"].is_array() {
            text.push('\n');
        }
    }
    text
}

fn page(types: &Types, settings: &str) -> String {
    let mut text = String::from(OPENING);
    let all = tables(settings);
    let mut names: Vec<&str> = Vec::new();
    all.iter().for_each(|(name, _)| {
        if !names.contains(name) {
            names.push(name)
        }
    });
    for name in names {
        let blocks = all.iter().filter(|(table, _)| *table == name);
        let blocks: Vec<Vec<&str>> = blocks.map(|(_, lines)| lines.clone()).collect();
        text.push_str(&section(types, name, &blocks));
    }
    text.push_str(&format!(
        "\n## A list of lots\n\n`lots_file` names a CSV file in UTF-8 with commas. Its first line names \
         the column `{}`, and any of `{}`, in any order, in capitals or not. The columns mean what they \
         mean in `[[lots]]`. An empty field counts as not set. Numbers are digits only. A field that \
         contains a comma is put in quotes. Blank lines are \
         ignored. An apostrophe before a text marks it as text, for spreadsheets, and is no part of it. \
         `talea terms import` makes such a list out of a desk's own ([lists.md](lists.md)).\n\n```csv\nISIN,Name,Quantity\nXS0004120779,Kingdom of Thule 4.25% 2035,5000000\n```\n",
        NEEDED.join("`, `"),
        OPTIONAL.join("`, `")
    ));
    text.push_str(&values(types));
    text + "\n" + CLOSING
}

#[test]
fn the_reference_says_what_the_types_say() {
    let types = Types::new();
    compare(FILE, &example(&types, EXAMPLE));
    compare(PAGE, &page(&types, EXAMPLE));
}

#[test]
fn every_field_of_the_types_occurs_in_the_example_and_no_other() {
    let types = Types::new();
    let mut found = BTreeSet::new();
    for (table, lines) in tables(EXAMPLE) {
        let fields = lines.into_iter().filter_map(|text| match line(text) {
            ExampleLine::Setting(field, _) => Some((table.to_owned(), field.to_owned())),
            _ => None,
        });
        found.extend(fields);
    }
    // A lot of the example need not say every field of a grid once more.
    let grid = types.table("every_lot")["properties"].as_object().unwrap();
    found.extend(grid.keys().map(|field| ("lots".to_owned(), field.clone())));
    assert_eq!(found, types.all());
}

#[test]
fn a_lot_and_a_row_of_a_list_say_what_every_lot_says() {
    let types = Types::new();
    let [common, lot] = ["every_lot", "lots"].map(|name| &types.table(name)["properties"]);
    let of_lot: BTreeSet<&str> = lot.as_object().unwrap().keys().map(String::as_str).collect();
    for (field, schema) in common.as_object().unwrap() {
        assert_eq!(schema["description"], lot[field]["description"], "{field}");
    }
    let columns: BTreeSet<&str> = NEEDED.iter().chain(&OPTIONAL).copied().collect();
    let missing: Vec<&&str> = of_lot.symmetric_difference(&columns).collect();
    assert_eq!(missing, [&"shape"]);
}

#[test]
fn every_setting_of_the_example_reads_as_its_type() {
    // Those that are commented out are alternatives: one after the other.
    let alternatives =
        EXAMPLE.lines().filter(|text| matches!(line(text), ExampleLine::Setting(_, false)));
    for chosen in std::iter::once("").chain(alternatives) {
        let mut text = String::new();
        let (mut table, mut is_woken) = (0, false);
        let of_chosen = tables(EXAMPLE).iter().position(|(_, lines)| lines.contains(&chosen));
        let field = chosen.trim_start_matches('#').split_once(" = ").map(|(field, _)| field);
        for setting in EXAMPLE.lines() {
            match line(setting) {
                ExampleLine::Table(_) => {
                    table += 1;
                    is_woken = setting.starts_with('#') && Some(table) == of_chosen;
                }
                ExampleLine::Setting(..) if setting == chosen => {
                    text.push_str(&setting[1..]);
                    text.push('\n');
                    continue;
                }
                ExampleLine::Setting(name, _)
                    if Some(table) == of_chosen && Some(name) == field =>
                {
                    continue;
                }
                _ => {}
            }
            let is_comment = matches!(line(setting), ExampleLine::Comment);
            text.push_str(if is_woken && !is_comment {
                setting.trim_start_matches('#')
            } else {
                setting
            });
            text.push('\n');
        }
        let read: Result<TermsFile, _> = toml::from_str(&text);
        assert!(read.is_ok(), "{chosen}: {}", read.unwrap_err());
    }
}
