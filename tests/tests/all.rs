//! Every file of tests, in one binary: what takes long on one core runs beside the rest. Only what counts the
//! memory of its process, and what is typed in another folder, stands alone.

mod agreement;
mod ahead;
mod attacks;
mod auction_flow;
mod board;
mod cautions;
mod documents;
mod files;
mod findings;
mod forgers;
mod keyholders;
mod leakage;
mod leakage_markets;
mod lengths;
mod markets;
mod money;
mod oracle;
mod refusals;
mod rounds;
mod rounds_at_random;
mod siblings;
mod store;
mod transcripts;
mod vectors;
mod verify_report;
mod wire_format;
