//! One measurement with wrk.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::process::{self, Running};

/// What wrk and the kernel counted.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub per_second: f64,
    pub p50_us: u64,
    pub p99_us: u64,
    /// Processor time of the server for each request.
    pub cpu_us: f64,
    /// Answers outside 2xx and 3xx.
    pub refused: u64,
    /// Connections that broke or were too slow.
    pub broken: u64,
}

/// How hard to press.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub seconds: u64,
    pub clients: u64,
    pub threads: u64,
}

/// Runs a script of `script/bench.d` with its arguments against the server.
pub fn run(
    load: Load,
    server: &Running,
    address: SocketAddr,
    script: &str,
    arguments: &[String],
) -> anyhow::Result<Figures> {
    let before = server.cpu_us()?;
    let mut command = Command::new("wrk");
    command
        .args(["--latency", "-s", &format!("script/bench.d/{script}.lua")])
        .args([format!("-t{}", load.threads.min(load.clients)), format!("-c{}", load.clients)])
        .args([format!("-d{}s", load.seconds), format!("http://{address}"), "--".to_owned()])
        .args(arguments)
        .stdin(Stdio::null());
    let printed = process::output(&mut command)?;
    let cpu = server.cpu_us()? - before;
    let line = printed.lines().find_map(|line| line.strip_prefix("RESULT ")).context("wrk printed no result")?;
    let numbers = line.split(' ').map(str::parse).collect::<Result<Vec<u64>, _>>()?;
    let [requests, duration_us, p50_us, p99_us, refused, broken] = numbers[..] else {
        anyhow::bail!("wrk printed {line}");
    };
    anyhow::ensure!(requests > 0, "not one request was answered: {printed}");
    let per_second = requests as f64 * 1e6 / duration_us as f64;
    Ok(Figures { per_second, p50_us, p99_us, cpu_us: cpu as f64 / requests as f64, refused, broken })
}
