//! What each party does: one module per part.

pub mod agent;
pub mod attempts;
pub mod bidder;
pub mod custodian;
pub mod desk;
pub mod found;
pub mod handed;
pub mod journal;
pub mod keyholder;
pub mod left;
pub mod own_bid;
pub mod seller;
pub mod submission;
pub mod witness;
