//! An auction over a board's page.
