//! Findings as sections of a page. A page that has its own style sheet takes [`section`]s; [`page`] is one by
//! itself. No scripts, no links to elsewhere; whatever somebody typed is escaped where it is written.

use crate::{
    finding::{Finding, Outcome, Test},
    statistics::{LEVEL, probability},
};
use std::{cmp::Ordering, fmt::Write as _};
use talea_text::drawing::escaped;

/// The most tests that a table shows; the most telling ones.
const ROWS: usize = 12;

/// What every reader must know first.
pub const NO_PROOF: &str = "A flag is no proof. It says that the auctions look as they would if somebody colluded, \
    and that chance alone would rarely make them look so. Honest reasons are listed with each screen. Only what \
    the auctions disclosed was used, and no sealed bid.";

/// A page of its own: a title, sentences below it, and a section per finding.
#[must_use]
pub fn page(title: &str, sentences: &[String], findings: &[Finding]) -> String {
    let style = include_str!("page.css");
    let mut out = format!(
        "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\n\
         <meta name=color-scheme content=\"light dark\">\n\
         <title>{0}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n",
        escaped(title)
    );
    for sentence in sentences {
        element(&mut out, "p", sentence);
    }
    out.push_str(&overview(findings));
    findings.iter().for_each(|finding| out.push_str(&section(finding)));
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// One element with text in it. Writing to a string cannot fail.
fn element(out: &mut String, element: &str, words: &str) {
    let name = element.split(' ').next().unwrap_or(element);
    let _ = writeln!(out, "<{element}>{}</{name}>", escaped(words));
}

/// A table of all findings, below the word that a flag is no proof.
#[must_use]
pub fn overview(findings: &[Finding]) -> String {
    let mut out = String::new();
    element(&mut out, "p", NO_PROOF);
    let rows = findings.iter().map(|finding| {
        vec![
            finding.screen.title().to_owned(),
            finding.sentence(),
            format!("{} of {}", finding.coverage.used, finding.coverage.auctions()),
        ]
    });
    table(&mut out, &["screen", "result", "auctions used"], rows);
    out
}

fn table(out: &mut String, heading: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    out.push_str("<table>\n<thead><tr>");
    for column in heading {
        let _ = write!(out, "<th>{}</th>", escaped(column));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (cell, column) in row.iter().zip(heading) {
            let _ = write!(out, "<td data-label=\"{}\">{}</td>", escaped(column), escaped(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}

/// The section of a finding.
#[must_use]
pub fn section(finding: &Finding) -> String {
    let screen = finding.screen;
    let mut out = format!("<section id=\"screen-{}\">\n", screen.name());
    element(&mut out, "h2", screen.title());
    // A flag is no proof: it has the colour of what is open, not of what is bad.
    let class = if finding.is_flag() { "verdict open" } else { "verdict" };
    let _ = writeln!(
        out,
        "<div class=\"{class}\"><strong>{}</strong></div>",
        escaped(&finding.sentence())
    );
    element(&mut out, "p", screen.question());
    if let Outcome::Ran { figures, tests, pictures } = &finding.outcome {
        let rows = figures.iter().map(|figure| vec![figure.name.to_owned(), figure.value.clone()]);
        table(&mut out, &["figure", "value"], rows);
        out.push_str("<div class=panels>\n");
        pictures.iter().for_each(|picture| out.push_str(&picture.svg()));
        out.push_str("</div>\n");
        tests_table(&mut out, tests);
    }
    out.push_str("<dl>\n");
    let left_out: Vec<String> =
        finding.coverage.left_out.iter().map(|(why, count)| format!("{count} {why}")).collect();
    let used = format!("{} of {} auctions", finding.coverage.used, finding.coverage.auctions());
    let facts = [
        ("used", used),
        ("left out", left_out.join("; ")),
        ("needs", screen.needs().to_owned()),
        ("smallest sample", screen.smallest_sample().to_string()),
        ("honest reasons", screen.caveat().to_owned()),
        ("source", screen.source().to_owned()),
    ];
    for (what, words) in facts.iter().filter(|(_, words)| !words.is_empty()) {
        element(&mut out, "dt", what);
        element(&mut out, "dd", words);
    }
    out.push_str("</dl>\n</section>\n");
    out
}

fn tests_table(out: &mut String, tests: &[Test]) {
    let mut telling: Vec<&Test> = tests.iter().collect();
    let by_probability = |a: &&Test, b: &&Test| -> Ordering {
        a.adjusted.total_cmp(&b.adjusted).then(a.p.total_cmp(&b.p)).then(a.subject.cmp(&b.subject))
    };
    telling.sort_by(by_probability);
    let rows = telling.iter().take(ROWS).map(|test| {
        vec![
            test.subject.to_string(),
            test.seen.clone(),
            probability(test.p),
            probability(test.adjusted),
            if test.is_flag() { "flag".into() } else { String::new() },
        ]
    });
    table(out, &["test", "seen", "by chance", "corrected", "result"], rows);
    let more = match tests.len().checked_sub(ROWS) {
        Some(rest @ 1..) => format!(" {rest} more are not shown."),
        _ => String::new(),
    };
    let words = format!(
        "By chance: the probability of as much if the assumption holds. Corrected: for all {} tests of this \
         screen; a flag is at most {LEVEL}.{more}",
        tests.len()
    );
    element(out, "p class=\"quiet\"", &words);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        run,
        testing::{market_with_a_gap, sealed, tender},
    };

    #[test]
    fn a_page_needs_nothing_from_elsewhere_and_says_what_a_flag_is_not() {
        let findings = run(&market_with_a_gap());
        let page = page("Screens", &["80 auctions.".into()], &findings);
        for word in ["<script", "http://", "https://", "src=", "@import"] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(page.contains("A flag is no proof."));
        assert!(page.contains("Flag: all together, bidder l, bidder w."));
        assert_eq!(page.matches("<section").count(), 6);
        assert_eq!(page.matches("<svg").count(), 2, "margins, and who bid");
    }

    #[test]
    fn names_cannot_break_the_page() {
        let name = "<b onload='x'>";
        let records: Vec<_> = (0..50)
            .map(|order| {
                tender(
                    order,
                    &[(name, 100 + i64::try_from(order % 3).unwrap()), ("b", 101), ("c", 102)],
                )
            })
            .collect();
        let page = page(name, &[name.into()], &run(&records));
        assert!(!page.contains("<b onload"), "{page}");
        assert!(page.contains("&lt;b onload"));
    }

    #[test]
    fn what_cannot_be_run_says_why() {
        let findings = run(&sealed(50));
        let page = page("Screens", &[], &findings);
        assert!(page.contains("Cannot be run: the terms did not disclose all bids."), "{page}");
        assert!(page.contains("50 did not disclose the cover"));
    }
}
