//! How much memory a process holds.

/// How much memory the process holds: known only where a counting allocator is installed.
pub trait Memory {
    /// Forgets the peak so far; returns the bytes held now.
    fn reset(&self) -> usize;
    /// The most bytes held since the last reset.
    fn peak(&self) -> usize;
}
