//! JSON for tools.

use serde::Serialize;

/// JSON with two blanks per level. Reports are trees of strings and numbers, so it cannot fail.
#[must_use]
pub fn to_json(report: &impl Serialize) -> String {
    serde_json::to_string_pretty(report).unwrap_or_default()
}
