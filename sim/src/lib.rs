//! talea sim
