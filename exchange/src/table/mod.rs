//! Tables: workbooks of spreadsheets for desks, and Parquet for those who study many auctions.
//!
//! | module | what it holds |
//! |---|---|
//! | `workbook` | lots, bids, parties, money and timeline as sheets of a workbook |
//! | `columns` | a row for each lot as columns of Parquet |

mod columns;
mod workbook;

pub use columns::parquet;
pub use workbook::workbook;
