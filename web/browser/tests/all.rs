//! The page in a real browser. `web/test` builds what these need, and runs them.

mod browser;
mod bidding;
mod site;
mod verifying;
