//! What is logged, caught to be looked through.

use std::sync::{Arc, Mutex};

use tracing_subscriber::EnvFilter;

/// The log of this process.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Catches what passes `filter` from now on. To be called before there is a desk, which would log elsewhere.
    ///
    /// # Panics
    /// When this process logs already: tests that look through the log need a process of their own, as nextest gives.
    pub fn caught(filter: &str) -> Self {
        let log = Self::default();
        let written = log.clone();
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(filter))
            .with_ansi(false)
            .with_writer(move || written.clone())
            .try_init()
            .expect("the only subscriber of this process");
        log
    }

    /// All that was logged so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic")).into_owned()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
