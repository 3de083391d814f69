//! Lists of bonds as desks keep them: read, asked about, and written.
//!
//! A file becomes a grid of cells, the cells a table with known columns, the table lines of values with their places.
//! What is open is asked, and nothing is guessed; what is wrong is refused with the row and the column. In this order:
//!
//! | module | what it holds |
//! |---|---|
//! | [`cells`] | a grid of cells, out of text or a workbook |
//! | [`headings`] | which column means what |
//! | [`identifier`], [`values`] | what stands in a cell: CUSIP, ISIN, FIGI; amounts, levels, dates |
//! | [`chat`] | a message, sorted into columns |
//! | [`questions`] | what a list can leave open, and its answers |
//! | [`source`], `reader` | a file as a table, and how its numbers and dates are written |
//! | [`money`] | what a list says of its currency and of what prices are |
//! | [`understood`], [`offers`] | a list of lots as it was understood, and a bidder's list of prices |
//! | [`write`](mod@write) | a list of lots for terms, a preview, and a desk's list again |

pub mod cells;
pub mod chat;
pub mod headings;
pub mod identifier;
pub mod money;
pub mod offers;
pub mod questions;
mod reader;
pub mod source;
pub mod understood;
pub mod values;
pub mod write;

#[cfg(test)]
mod tests;
