//! What the storage engine tells about itself.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Figures of the engine. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct StorageMetrics {
    /// Closures in one commit.
    pub batch_size: Histogram,
    /// Seconds that a commit took, its fsync included.
    pub commit_seconds: Histogram,
    /// Commits that failed and were rolled back.
    pub failed_commits: Counter,
    /// Closures that were asked for to read, and to write.
    pub reads: Counter,
    pub writes: Counter,
    /// Closures refused because a queue was full.
    pub refused: Counter,
    /// Bytes of the primary's log that the replica had not replayed when both were last looked at.
    pub replica_lag_bytes: Gauge,
    /// Whether reads are sent to the replica: 1 or 0.
    pub replica_used: Gauge,
    /// Reads that the replica served.
    pub replica_reads: Counter,
    /// Reads that were meant for the replica, and that it could not serve.
    pub replica_missed: Counter,
}

impl Default for StorageMetrics {
    fn default() -> Self {
        Self {
            batch_size: Histogram::new(exponential_buckets(1.0, 2.0, 11)),
            commit_seconds: Histogram::new(exponential_buckets(0.000_1, 2.0, 16)),
            failed_commits: Counter::default(),
            reads: Counter::default(),
            writes: Counter::default(),
            refused: Counter::default(),
            replica_lag_bytes: Gauge::default(),
            replica_used: Gauge::default(),
            replica_reads: Counter::default(),
            replica_missed: Counter::default(),
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
        registry.register("ferrodesk_storage_reads", "Closures that were asked for to read", self.reads.clone());
        registry.register("ferrodesk_storage_writes", "Closures that were asked for to write", self.writes.clone());
        registry.register(
            "ferrodesk_storage_refused",
            "Closures refused because a queue was full",
            self.refused.clone(),
        );
        registry.register(
            "ferrodesk_replica_lag_bytes",
            "Bytes of the primary's log that the read database had not replayed when last looked at",
            self.replica_lag_bytes.clone(),
        );
        registry.register(
            "ferrodesk_replica_used",
            "Whether reads are sent to the read database",
            self.replica_used.clone(),
        );
        registry.register("ferrodesk_replica_reads", "Reads that the read database served", self.replica_reads.clone());
        registry.register(
            "ferrodesk_replica_missed",
            "Reads that went from the read database to the primary, because it was behind or in trouble",
            self.replica_missed.clone(),
        );
    }
}
