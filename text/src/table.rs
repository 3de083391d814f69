//! Tables for people.

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

/// A table in Markdown, the columns of `right` aligned right.
#[must_use]
pub fn table(heading: &[&str], rows: Vec<Vec<String>>, right: &[usize]) -> String {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header(heading.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for column in right {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}
