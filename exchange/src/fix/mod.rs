//! FIX.
