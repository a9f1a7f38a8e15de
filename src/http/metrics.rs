//! Figures for Prometheus.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::storage::{StorageMetrics, Store};

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Routed {
    route: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Queue {
    queue: &'static str,
}

/// Counts and times requests, and knows the storage engine's figures. Cheap to clone.
#[derive(Clone)]
pub struct HttpMetrics {
    registry: Arc<Registry>,
    requests: Family<Answered, Counter>,
    seconds: Family<Routed, Histogram, fn() -> Histogram>,
    queue_depth: Family<Queue, Gauge>,
}

fn latency_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_05, 2.0, 18))
}

impl HttpMetrics {
    /// Figures that start at zero, with those of the storage engine among them.
    #[must_use]
    pub fn new(storage: &StorageMetrics) -> Self {
        let mut registry = Registry::default();
        let requests = Family::default();
        let seconds = Family::<_, _, fn() -> Histogram>::new_with_constructor(latency_histogram);
        let queue_depth = Family::default();
        registry.register("ferrodesk_http_requests", "Requests by route and status", requests.clone());
        registry.register("ferrodesk_http_request_seconds", "Seconds from request to answer", seconds.clone());
        registry.register("ferrodesk_storage_queue_depth", "Closures waiting for a thread", queue_depth.clone());
        storage.register(&mut registry);
        Self { registry: Arc::new(registry), requests, seconds, queue_depth }
    }

    /// Counts an answer.
    pub fn observe(&self, route: &'static str, method: &'static str, status: u16, seconds: f64) {
        self.requests.get_or_create(&Answered { route, method, status }).inc();
        self.seconds.get_or_create(&Routed { route }).observe(seconds);
    }

    /// The figures in the text format that Prometheus reads.
    #[must_use]
    pub fn render(&self, store: &Store) -> String {
        let (writes, reads) = store.queue_depths();
        for (queue, depth) in [("write", writes), ("read", reads)] {
            self.queue_depth.get_or_create(&Queue { queue }).set(i64::try_from(depth).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string does not fail");
        text
    }
}
