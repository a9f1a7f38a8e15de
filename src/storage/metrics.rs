//! What the storage engine tells about itself.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Figures of the writer. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct StorageMetrics {
    /// Closures in one commit.
    pub batch_size: Histogram,
    /// Seconds that a commit took, its fsync included.
    pub commit_seconds: Histogram,
    /// Commits that failed and were rolled back.
    pub failed_commits: Counter,
    /// Closures refused because a queue was full.
    pub refused: Counter,
}

impl Default for StorageMetrics {
    fn default() -> Self {
        Self {
            batch_size: Histogram::new(exponential_buckets(1.0, 2.0, 11)),
            commit_seconds: Histogram::new(exponential_buckets(0.000_1, 2.0, 16)),
            failed_commits: Counter::default(),
            refused: Counter::default(),
        }
    }
}

impl StorageMetrics {
    /// Adds the figures to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("ferrodesk_writer_batch_size", "Closures in one commit", self.batch_size.clone());
        registry.register("ferrodesk_commit_seconds", "Seconds that a commit took", self.commit_seconds.clone());
        registry.register(
            "ferrodesk_failed_commits",
            "Commits that failed and were rolled back",
            self.failed_commits.clone(),
        );
        registry.register(
            "ferrodesk_storage_refused",
            "Closures refused because a queue was full",
            self.refused.clone(),
        );
    }
}
