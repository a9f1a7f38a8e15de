//! The processes that the bench starts, and their ends: none outlives it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard};

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

static RUNNING: Mutex<BTreeMap<u32, Child>> = Mutex::new(BTreeMap::new());

fn running() -> MutexGuard<'static, BTreeMap<u32, Child>> {
    RUNNING.lock().expect("no thread panics while it holds this")
}

/// A process that ends when this is dropped.
pub struct Running {
    pub pid: u32,
}

impl Running {
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let child = command.spawn().with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let pid = child.id();
        running().insert(pid, child);
        Ok(Self { pid })
    }

    /// Whether it has not ended by itself.
    pub fn is_alive(&self) -> bool {
        running().get_mut(&self.pid).is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Microseconds of processor time so far.
    pub fn cpu_us(&self) -> anyhow::Result<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        // The name in brackets may hold anything; the fields behind it are counted from the third.
        let fields = stat.rsplit_once(')').context("a process has a name")?.1;
        let ticks = |field: usize| fields.split_ascii_whitespace().nth(field - 3).and_then(|t| t.parse::<u64>().ok());
        let ticks = ticks(14).zip(ticks(15)).map(|(user, system)| user + system);
        // The kernel gives a hundred ticks a second on every platform that there is.
        Ok(ticks.context("a process has times")? * 10_000)
    }

    /// KiB of memory: all that is resident, and what of it is no file.
    pub fn memory_kib(&self) -> anyhow::Result<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').trim().strip_suffix(" kB")?.parse::<u64>().ok()
        };
        field("VmRSS").zip(field("RssAnon")).context("a process has memory")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let child = running().remove(&self.pid);
        if let Some(mut child) = child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs a command to its end and gives what it printed.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {command:?}"))?;
    let mut stdout = child.stdout.take().context("the output is piped")?;
    let pid = child.id();
    running().insert(pid, child);
    let mut printed = String::new();
    let read = stdout.read_to_string(&mut printed);
    let child = running().remove(&pid);
    let status = child.context("the bench was told to stop")?.wait()?;
    read?;
    anyhow::ensure!(status.success(), "{command:?} failed: {printed}");
    Ok(printed)
}

/// Ends whatever still runs.
pub fn end_all() {
    for (_, child) in running().iter_mut() {
        let _ = child.kill();
        let _ = child.wait();
    }
    running().clear();
}

/// At SIGINT and SIGTERM, ends all and leaves.
pub fn end_all_when_told_to_stop() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let (Ok(mut interrupt), Ok(mut terminate)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            end_all();
            std::process::exit(130);
        });
    });
    Ok(())
}
