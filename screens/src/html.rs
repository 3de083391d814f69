//! Findings as a [`page`], or as [`section`]s of another page.

use crate::{
    finding::{Coverage, Finding, Outcome, Test},
    statistics::{LEVEL, probability},
};
use std::cmp::Ordering;
use talea_text::page::{
    Column::{Figures, Words},
    Page,
};

/// The most tests that a table shows; the most telling ones.
const ROWS: usize = 12;

/// What every reader must know first.
pub const NO_PROOF: &str = "A flag is no proof. It says that the auctions look as they would if somebody colluded, \
    and that chance alone would rarely make them look so. Honest reasons are listed with each screen. Only what \
    the auctions disclosed was used, and no sealed bid.";

/// A page of its own: a title, sentences below it, and a section per finding.
#[must_use]
pub fn page(title: &str, sentences: &[String], findings: &[Finding]) -> String {
    let mut page = Page::new(title);
    page.text("h1", title);
    sentences.iter().for_each(|sentence| page.text("p", sentence));
    page.0.push_str(&overview(findings));
    findings.iter().for_each(|finding| page.0.push_str(&section(finding)));
    page.end()
}

/// A table of all findings, below the sentence that a flag is no proof.
#[must_use]
pub fn overview(findings: &[Finding]) -> String {
    let mut part = Page::default();
    part.text("p", NO_PROOF);
    let rows = findings.iter().map(|finding| {
        vec![finding.screen.title().to_owned(), finding.sentence(), used(&finding.coverage)]
    });
    part.table(&[Words("Screen"), Words("Result"), Words("Used")], &rows.collect::<Vec<_>>());
    part.0
}

fn used(coverage: &Coverage) -> String {
    format!("{} of {} auctions", coverage.used, coverage.auctions())
}

/// The section of a finding.
#[must_use]
pub fn section(finding: &Finding) -> String {
    let screen = finding.screen;
    let mut part = Page(format!("<section id=\"screen-{}\">\n", screen.name()));
    part.heading(screen.title());
    // A flag is no proof: it has the colour of what is open, not of what is bad.
    let class = if finding.is_flag() { "verdict open" } else { "verdict" };
    part.0.push_str(&format!("<div class=\"{class}\">\n"));
    part.text("strong", &finding.sentence());
    part.0.push_str("</div>\n");
    part.text("p", screen.question());
    if let Outcome::Ran { figures, tests, pictures } = &finding.outcome {
        let rows = figures.iter().map(|figure| vec![figure.name.to_owned(), figure.value.clone()]);
        part.table(&[Words("Figure"), Words("Value")], &rows.collect::<Vec<_>>());
        part.0.push_str("<div class=panels>\n");
        pictures.iter().for_each(|picture| part.0.push_str(&picture.svg()));
        part.0.push_str("</div>\n");
        write_tests(&mut part, tests);
    }
    part.facts(facts(finding));
    part.0.push_str("</section>\n");
    part.0
}

/// What was used and what the screen assumes.
fn facts(finding: &Finding) -> impl Iterator<Item = (&'static str, String)> {
    let screen = finding.screen;
    let left_out: Vec<String> =
        finding.coverage.left_out.iter().map(|(why, count)| format!("{count} {why}")).collect();
    let facts = [
        ("Used", used(&finding.coverage)),
        ("Left out", left_out.join("; ")),
        ("Needs", screen.needs().to_owned()),
        ("Smallest sample", screen.smallest_sample().to_string()),
        ("Honest reasons", screen.caveat().to_owned()),
        ("Source", screen.source().to_owned()),
    ];
    facts.into_iter().filter(|(_, words)| !words.is_empty())
}

fn write_tests(part: &mut Page, tests: &[Test]) {
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
    let columns =
        [Words("Test"), Words("Seen"), Figures("By chance"), Figures("Corrected"), Words("Result")];
    part.table(&columns, &rows.collect::<Vec<_>>());
    let more = match tests.len().checked_sub(ROWS) {
        Some(rest @ 1..) => format!(" {rest} more are not shown."),
        _ => String::new(),
    };
    let tests = match tests.len() {
        1 => "the only test".to_owned(),
        number => format!("all {number} tests"),
    };
    let words = format!(
        "By chance: the probability of as much if the assumption holds. Corrected: for {tests} of this screen; a flag \
         is at most {LEVEL}.{more}"
    );
    part.text("p class=quiet", &words);
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
        assert!(page.contains("Flag: all auctions together, bidder l, bidder w."));
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
