//! talea verifier
