//! A page that is one file, such as a report: its style sheet, its frame, and what stands in it. It has no scripts and
//! no links to elsewhere, and whatever somebody typed is escaped where it is written.

use crate::drawing::escaped;
use std::fmt::Write as _;

/// The style sheet of all such pages, with the colours of their pictures.
const STYLE: &str = include_str!("page.css");

/// A page that is being written, or a part of one: its markup so far. Writing to a string cannot fail.
#[derive(Clone, Debug, Default)]
pub struct Page(pub String);

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Aligned left, with breaks between words.
    Words(&'static str),
    /// What a lot is called; broken only if it is long.
    Name(&'static str),
    /// A party by the beginning and the end of its name; several with breaks between them.
    Short(&'static str),
    /// The whole name of a party, broken anywhere.
    Party(&'static str),
    /// Aligned right.
    Figures(&'static str),
}

use Column::{Figures, Name, Party, Short, Words};

impl Page {
    /// Begins a whole page; [`Page::end`] ends it. A part of a page is [`Page::default`].
    #[must_use]
    pub fn new(title: &str) -> Self {
        Self(format!(
            "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n\
             <meta name=viewport content=\"width=device-width, initial-scale=1\">\n\
             <meta name=color-scheme content=\"light dark\">\n\
             <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
            escaped(title)
        ))
    }

    /// The whole page.
    #[must_use]
    pub fn end(mut self) -> String {
        self.0.push_str("</main>\n</body>\n</html>\n");
        self.0
    }

    /// One element with text in it; attributes may follow its name, as in `p class=quiet`.
    pub fn text(&mut self, element: &str, words: &str) {
        let name = element.split(' ').next().unwrap_or(element);
        let _ = writeln!(self.0, "<{element}>{}</{name}>", escaped(words));
    }

    /// The heading of a section.
    pub fn heading(&mut self, words: &str) {
        self.text("h2", words);
    }

    /// Sentences with a point before each.
    pub fn list(&mut self, sentences: &[&str]) {
        self.0.push_str("<ul>\n");
        sentences.iter().for_each(|sentence| self.text("li", sentence));
        self.0.push_str("</ul>\n");
    }

    /// Facts with a word before each.
    pub fn facts<'a>(&mut self, facts: impl IntoIterator<Item = (&'a str, String)>) {
        self.0.push_str("<dl>\n");
        for (what, words) in facts {
            self.text("dt", what);
            self.text("dd", &words);
        }
        self.0.push_str("</dl>\n");
    }

    /// A table without its empty columns. On a narrow screen each row is a card, in which every cell says what it is.
    pub fn table(&mut self, columns: &[Column], rows: &[Vec<String>]) {
        let is_used = |at: &usize| {
            rows.is_empty() || rows.iter().any(|row| row.get(*at).is_some_and(|c| !c.is_empty()))
        };
        let used: Vec<(usize, &str, &str)> = columns
            .iter()
            .enumerate()
            .filter(|(at, _)| is_used(at))
            .map(|(at, column)| match column {
                Words(name) => (at, *name, ""),
                Name(name) => (at, *name, " class=name"),
                Short(name) => (at, *name, " class=short"),
                Party(name) => (at, *name, " class=party"),
                Figures(name) => (at, *name, " class=figures"),
            })
            .collect();
        // With roles a table stays one for screen readers however it is laid out.
        self.0.push_str("<table role=table>\n<thead role=rowgroup><tr role=row>");
        for (_, name, class) in &used {
            let _ = write!(self.0, "<th role=columnheader{class}>{}</th>", escaped(name));
        }
        self.0.push_str("</tr></thead>\n<tbody role=rowgroup>\n");
        for row in rows {
            self.0.push_str("<tr role=row>");
            for (at, name, class) in &used {
                let cell = row.get(*at).map_or("", String::as_str);
                let (name, cell) = (escaped(name), escaped(cell));
                let _ = write!(self.0, "<td role=cell{class} data-label=\"{name}\">{cell}</td>");
            }
            self.0.push_str("</tr>\n");
        }
        self.0.push_str("</tbody>\n</table>\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_page() {
        let mut page = Page::default();
        page.table(&[Words("<h>")], &[vec!["<script>alert('1')</script> & \"x\"".into()]]);
        page.text("h1", "</h1><script>");
        page.facts([("what", "<script>".to_owned())]);
        page.list(&["<script>"]);
        let page = page.0 + &Page::new("</title><script>").0;
        assert!(!page.contains("<script"));
        assert!(
            page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;")
        );
    }

    #[test]
    fn every_cell_says_what_it_is_and_no_column_is_empty() {
        let mut page = Page::default();
        let rows = [vec!["B0".into(), String::new(), "5".into()]];
        page.table(&[Words("Lot"), Words("Cover"), Figures("Bids")], &rows);
        assert!(page.0.contains("<td role=cell data-label=\"Lot\">B0</td>"), "{}", page.0);
        assert!(page.0.contains("<td role=cell class=figures data-label=\"Bids\">5</td>"));
        assert!(!page.0.contains("Cover"), "{}", page.0);
    }

    /// The colours of a scheme, by name, in three channels.
    fn colours(style: &str) -> std::collections::BTreeMap<&str, [f64; 3]> {
        let pairs = style.split(';').filter_map(|pair| {
            let (name, value) = pair.rsplit_once("--")?.1.split_once(": #")?;
            let channel = |at: usize| {
                let channel =
                    f64::from(u8::from_str_radix(value.get(at..at + 2)?, 16).ok()?) / 255.0;
                let linear = ((channel + 0.055) / 1.055).powf(2.4);
                Some(if channel <= 0.04045 { channel / 12.92 } else { linear })
            };
            Some((name, [channel(0)?, channel(2)?, channel(4)?]))
        });
        pairs.collect()
    }

    /// By WCAG 2: text needs 4.5, and what is drawn 3.
    #[test]
    fn colours_can_be_told_apart_in_both_schemes() {
        let (light, rest) = STYLE.split_once("@media").unwrap();
        let (dark, _) = rest.split_once("* {").unwrap();
        for scheme in [light, dark] {
            let colours = colours(scheme);
            let luminance = |name: &str| {
                let [r, g, b] = colours[name];
                0.2126 * r + 0.7152 * g + 0.0722 * b
            };
            let contrast = |one: &str, other: &str| {
                let (one, other) = (luminance(one), luminance(other));
                (one.max(other) + 0.05) / (one.min(other) + 0.05)
            };
            let sheets = ["paper", "sheet", "good-sheet", "bad-sheet", "open-sheet"];
            for (ink, sheets, least) in [
                ("ink", &sheets[..], 4.5),
                ("quiet", &sheets[..2], 4.5),
                ("good", &["good-sheet"], 4.5),
                ("bad", &["bad-sheet"], 4.5),
                ("open", &["open-sheet"], 4.5),
                ("bar", &["sheet", "open-sheet"], 3.0),
            ] {
                for sheet in sheets {
                    let found = contrast(ink, sheet);
                    assert!(found >= least, "{ink} on {sheet}: {found:.2}");
                }
            }
        }
    }
}
