//! The page in a real browser. `web/test` builds what these need, and runs them.

mod bidding;
mod browser;
mod market;
mod site;
mod verifying;
