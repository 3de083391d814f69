//! The specification as data: its sections and tables, and the types that the tables of its wire format
//! give, so that a test can walk real bytes by the text alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};
use talea_protocol::price::Shape;

/// The text.
pub static SPEC: LazyLock<String> = LazyLock::new(|| {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/spec.md");
    std::fs::read_to_string(file).expect("the specification is in the project")
});

/// A table of the text: its heading and its rows, cell by cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What stands over its columns.
    pub head: Vec<String>,
    /// The rows, without code marks.
    pub rows: Vec<Vec<String>>,
}

/// The section with this number: from its heading to the next.
pub fn section(number: usize) -> &'static str {
    let start = SPEC.find(&format!("\n## {number}. ")).expect("a section of the specification");
    let rest = &SPEC[start + 1..];
    let end = rest[1..].find("\n## ").map_or(rest.len(), |end| end + 1);
    &rest[..end]
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().replace('`', "")).collect()
}

/// Every table of a text, each with the name that stands alone and bold over it, if one does.
pub fn tables(text: &str) -> Vec<(Option<String>, Table)> {
    let mut tables = Vec::new();
    let mut name = None;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let bold = line.strip_prefix("**`").and_then(|rest| rest.strip_suffix("`**"));
        if let Some(bold) = bold {
            name = Some(bold.to_owned());
        } else if line.starts_with('|') {
            let head = cells(line);
            lines.next();
            let mut rows = Vec::new();
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(cells(row));
            }
            tables.push((name.take(), Table { head, rows }));
        } else if !line.is_empty() {
            name = None;
        }
    }
    tables
}

/// The one table of a section whose columns are these.
pub fn table(number: usize, head: &[&str]) -> Table {
    let mut found = tables(section(number))
        .into_iter()
        .filter(|(name, table)| name.is_none() && table.head == head);
    let (_, table) = found.next().unwrap_or_else(|| panic!("no table of {head:?} in {number}"));
    assert!(found.next().is_none(), "two tables of {head:?} in section {number}");
    table
}

/// A number as the text writes it: `2^20`, `2^20 + 256`, `1024`.
pub fn number(text: &str) -> u64 {
    let parts = text.split(" + ").map(|part| match part.split_once('^') {
        Some((base, exponent)) => {
            let base: u64 = base.parse().expect("a base");
            base.pow(exponent.parse().expect("an exponent"))
        }
        None => part.parse().unwrap_or_else(|_| panic!("{part} is no number")),
    });
    parts.sum()
}

/// A type in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// An integer: its bytes, and whether it has a sign.
    Integer(usize, bool),
    /// 0 or 1.
    Bool,
    /// `T[n]`, `n` a number or a letter that the shape of a lot gives.
    Array(Box<Type>, String),
    /// A number of items, with its bound by name, and the items.
    List(Box<Type>, Option<String>),
    /// 0, or 1 and a value.
    Option(Box<Type>),
    /// What has a table, or a row, of its own.
    Named(String),
}

impl Type {
    /// Reads a type as the tables write it.
    pub fn read(text: &str) -> Self {
        let boxed = |text: &str| Box::new(Self::read(text));
        if let Some(inner) = text.strip_prefix("option(").and_then(|t| t.strip_suffix(')')) {
            return Self::Option(boxed(inner));
        }
        if let Some(inner) = text.strip_prefix("list(").and_then(|t| t.strip_suffix(')')) {
            return match inner.rsplit_once(", ") {
                Some((item, bound)) => Self::List(boxed(item), Some(bound.to_owned())),
                None => Self::List(boxed(inner), None),
            };
        }
        if let Some((item, count)) = text.strip_suffix(']').and_then(|t| t.rsplit_once('[')) {
            return Self::Array(boxed(item), count.to_owned());
        }
        match text {
            "u8" => Self::Integer(1, false),
            "u16" => Self::Integer(2, false),
            "u32" => Self::Integer(4, false),
            "u64" => Self::Integer(8, false),
            "i64" => Self::Integer(8, true),
            "bool" => Self::Bool,
            name => {
                assert!(name.starts_with(|c: char| c.is_ascii_uppercase()), "{name} is no type");
                Self::Named(name.to_owned())
            }
        }
    }
}

/// What stands beside a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// One value without a name.
    One(Type),
    /// Fields.
    Fields(Vec<(String, Type)>),
}

impl Content {
    fn read(text: &str) -> Self {
        if text.is_empty() {
            return Self::Nothing;
        }
        if !text.contains(": ") {
            return Self::One(Type::read(text));
        }
        let field = |text: &str| {
            let (name, ty) = text.split_once(": ").expect("a field and its type");
            (name.to_owned(), Type::read(ty))
        };
        Self::Fields(text.split(", ").map(field).collect())
    }
}

/// How a named type is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Definition {
    /// A row of the table of simple types.
    Simple(Type),
    /// A table of fields.
    Fields(Vec<(String, Type)>),
    /// A table of tags, in their order from 0.
    Tags(Vec<(String, Content)>),
}

/// The types and bounds of section 17.
#[derive(Clone, Debug)]
pub struct Wire {
    /// By name.
    pub types: BTreeMap<String, Definition>,
    /// By name.
    pub bounds: BTreeMap<String, u64>,
}

impl Wire {
    /// Reads section 17.
    pub fn read() -> Self {
        let mut types = BTreeMap::new();
        let simple = table(17, &["type", "written as", "what it is"]).rows.into_iter();
        let simple = simple.map(|row| (row[0].clone(), Definition::Simple(Type::read(&row[1]))));
        let named = tables(section(17)).into_iter().filter_map(|(name, table)| {
            let name = name?;
            let definition = match table.head[0].as_str() {
                "field" => Definition::Fields(
                    table.rows.iter().map(|row| (row[0].clone(), Type::read(&row[1]))).collect(),
                ),
                "tag" => {
                    for (tag, row) in table.rows.iter().enumerate() {
                        assert_eq!(row[0], tag.to_string(), "tags ascend from 0");
                    }
                    let variant = |row: &Vec<String>| (row[1].clone(), Content::read(&row[2]));
                    Definition::Tags(table.rows.iter().map(variant).collect())
                }
                head => panic!("a type has no table of {head}"),
            };
            Some((name, definition))
        });
        for (name, definition) in simple.chain(named) {
            assert!(types.insert(name.clone(), definition).is_none(), "{name} stands twice");
        }
        let bounds = table(17, &["bound", "value", "of"]).rows.into_iter();
        let bounds = bounds.map(|row| (row[0].clone(), number(&row[1]))).collect();
        Self { types, bounds }
    }
}

/// Something on the wire of which the text says which bytes it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Where its first byte stands.
    pub at: usize,
    /// Where in the types: `Deal.shares`.
    pub path: String,
    /// What it is.
    pub kind: SpotKind,
}

/// What stands at a [`Spot`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpotKind {
    /// The number of items of a list.
    List {
        /// Items there are.
        len: usize,
        /// The bound.
        bound: Option<u64>,
        /// The bytes of the last item, or of one of zeros where there is none.
        item: Vec<u8>,
        /// Where the list ends.
        end: usize,
    },
    /// A tag, of so many.
    Tag(usize),
    /// A byte that is 0 or 1.
    Flag,
}

/// A walk over bytes by the text.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    wire: &'a Wire,
    bytes: &'a [u8],
    at: usize,
    /// What `N`, `L` and `m` are.
    counts: BTreeMap<&'static str, usize>,
    path: String,
    /// What was met.
    pub spots: Vec<Spot>,
    /// Types, and tags as `Type::Name`.
    pub seen: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    /// Walks all of `bytes` as a value of the type with this name, and gives its text as `Debug` would.
    pub fn over(
        wire: &'a Wire,
        name: &str,
        bytes: &'a [u8],
        shape: Option<&Shape>,
    ) -> (String, Self) {
        let counts = shape.map(|shape| {
            let numbers = [shape.entries(), shape.bits(), shape.longest_digit_bits()];
            ["N", "L", "m"].into_iter().zip(numbers).collect()
        });
        let mut walk = Self {
            wire,
            bytes,
            at: 0,
            counts: counts.unwrap_or_default(),
            path: String::new(),
            spots: Vec::new(),
            seen: BTreeSet::new(),
        };
        let text = walk.named(name);
        assert_eq!(walk.at, bytes.len(), "the text of {name} leaves a tail");
        (text, walk)
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let taken = self.bytes.get(self.at..self.at + len);
        let taken =
            taken.unwrap_or_else(|| panic!("{}: the text goes on, the bytes not", self.path));
        self.at += len;
        taken
    }

    fn unsigned(&mut self, len: usize) -> u64 {
        self.take(len).iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
    }

    fn spot(&mut self, at: usize, kind: SpotKind) {
        self.spots.push(Spot { at, path: self.path.clone(), kind });
    }

    fn flag(&mut self) -> bool {
        self.spot(self.at, SpotKind::Flag);
        match self.unsigned(1) {
            0 => false,
            1 => true,
            other => panic!("{}: {other} is neither 0 nor 1", self.path),
        }
    }

    fn value(&mut self, ty: &Type) -> String {
        match ty {
            Type::Integer(len, false) => self.unsigned(*len).to_string(),
            Type::Integer(len, true) => {
                assert_eq!(*len, 8);
                i64::from_le_bytes(self.unsigned(8).to_le_bytes()).to_string()
            }
            Type::Bool => self.flag().to_string(),
            Type::Option(inner) => match self.flag() {
                true => format!("Some({})", self.value(inner)),
                false => "None".into(),
            },
            Type::Array(item, count) => {
                let counted = self.counts.get(count.as_str()).copied();
                let count = counted.unwrap_or_else(|| number(count) as usize);
                self.items(item, count)
            }
            Type::List(item, bound) => self.list(item, bound.as_deref()).0,
            Type::Named(name) => self.named(name),
        }
    }

    fn items(&mut self, item: &Type, count: usize) -> String {
        let items: Vec<String> = (0..count).map(|_| self.value(item)).collect();
        format!("[{}]", items.join(", "))
    }

    /// The text of a list, and the bytes of its items.
    fn list(&mut self, item: &Type, bound: Option<&str>) -> (String, &'a [u8]) {
        let place = self.at;
        let len = self.unsigned(4) as usize;
        let start = self.at;
        let bound = bound.map(|name| {
            *self.wire.bounds.get(name).unwrap_or_else(|| panic!("{name} is no bound of the text"))
        });
        assert!(bound.is_none_or(|bound| len as u64 <= bound), "{}: {len} items", self.path);
        let index = self.spots.len();
        self.spot(place, SpotKind::Flag);
        let mut last = start;
        let mut texts = Vec::new();
        for _ in 0..len {
            last = self.at;
            texts.push(self.value(item));
        }
        let one = match len {
            0 => self.zeros(item),
            _ => self.bytes[last..self.at].to_vec(),
        };
        self.spots[index].kind = SpotKind::List { len, bound, item: one, end: self.at };
        (format!("[{}]", texts.join(", ")), &self.bytes[start..self.at])
    }

    /// An item of zeros: as many as it takes at least.
    fn zeros(&self, item: &Type) -> Vec<u8> {
        let zeros = [0; 4096];
        let mut walk = Walk { bytes: &zeros, at: 0, spots: Vec::new(), ..self.clone() };
        walk.seen.clear();
        if matches!(item, Type::Named(name) if name == "Text" || name == "Lot") {
            return Vec::new();
        }
        walk.value(item);
        zeros[..walk.at].to_vec()
    }

    fn fields(&mut self, of: &str, fields: &[(String, Type)]) -> String {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, ty)| {
                let outer = std::mem::replace(&mut self.path, format!("{of}.{name}"));
                let text = self.value(ty);
                self.path = outer;
                format!("{name}: {text}")
            })
            .collect();
        format!("{{ {} }}", fields.join(", "))
    }

    fn named(&mut self, name: &str) -> String {
        self.seen.insert(name.to_owned());
        let wire = self.wire;
        let definition = wire.types.get(name);
        match definition.unwrap_or_else(|| panic!("{name} is no type of the text")) {
            Definition::Simple(ty) => self.simple(name, ty),
            Definition::Fields(fields) => format!("{name} {}", self.fields(name, fields)),
            Definition::Tags(tags) => {
                let outer = std::mem::replace(&mut self.path, name.to_owned());
                self.spot(self.at, SpotKind::Tag(tags.len()));
                let tag = self.unsigned(1) as usize;
                let (variant, content) =
                    tags.get(tag).unwrap_or_else(|| panic!("{tag} is no tag of {name}"));
                let path = format!("{name}::{variant}");
                self.seen.insert(path.clone());
                let text = match content {
                    Content::Nothing => variant.clone(),
                    Content::One(ty) => {
                        self.path = path;
                        format!("{variant}({})", self.value(ty))
                    }
                    Content::Fields(fields) => format!("{variant} {}", self.fields(&path, fields)),
                };
                self.path = outer;
                text
            }
        }
    }

    fn simple(&mut self, name: &str, ty: &Type) -> String {
        match ty {
            Type::Array(_, count) => {
                let bytes = self.take(number(count) as usize);
                if name == "Currency" {
                    return format!("{name}({})", bytes.escape_ascii());
                }
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("{name}({hex})")
            }
            Type::List(item, bound) => {
                let (_, bytes) = self.list(item, bound.as_deref());
                match name {
                    // A domain is a text with another bound.
                    "Text" | "Domain" => {
                        format!("Text({:?})", std::str::from_utf8(bytes).expect("UTF-8"))
                    }
                    "Shape" => format!("{:?}", Shape::new(bytes).expect("a possible shape")),
                    _ => panic!("{name} has no rule of its own"),
                }
            }
            other => format!("{name}({})", self.value(other)),
        }
    }
}
