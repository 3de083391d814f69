//! What every picture is made of: an SVG without scripts, whose look is its page's style sheet.
//!
//! Classes, as [`histogram`](crate::histogram) has them: `bar`, `axis`, `heading`, `prices`, `note`.

use std::fmt::{Display, Write as _};

/// Begins a picture of this width and height; [`end`] ends it.
pub fn begin(out: &mut String, (width, height): (usize, usize), title: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n\
         <title>{}</title>",
        escaped(title)
    );
}

/// Ends a picture.
pub fn end(out: &mut String) {
    out.push_str("</svg>\n");
}

/// Words, from their base line at this place.
pub fn text(out: &mut String, (x, y): (usize, usize), attributes: &str, words: &str) {
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" {attributes}>{}</text>", escaped(words));
}

/// A rectangle from its upper left corner, with a width and a height.
pub fn rectangle<N: Display>(out: &mut String, class: &str, [x, y, width, height]: [N; 4]) {
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
    );
}

/// A line from one place to another.
pub fn line<N: Display>(out: &mut String, class: &str, [x1, y1, x2, y2]: [N; 4]) {
    let _ =
        writeln!(out, "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>");
}

/// Text for XML and HTML: their five characters, and no control characters but ends of lines.
#[must_use]
pub fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_closed_and_its_title_escaped() {
        let mut out = String::new();
        begin(&mut out, (10, 20), "a < b");
        rectangle(&mut out, "bar", [1, 2, 3, 4]);
        line(&mut out, "axis", [0.5, 0.0, 0.5, 9.0]);
        end(&mut out);
        assert!(
            out.starts_with("<svg viewBox=\"0 0 10 20\"") && out.ends_with("</svg>\n"),
            "{out}"
        );
        assert!(out.contains("<title>a &lt; b</title>"), "{out}");
        assert!(out.contains("x=\"1\" y=\"2\" width=\"3\" height=\"4\""), "{out}");
    }
}
