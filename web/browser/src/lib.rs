//! Tests of the page in a real browser; there is nothing here besides them.
