//! The load bench: a desk of a million tickets, served by the release binary and driven with wrk over the loopback
//! interface. `script/bench` builds and runs it; `docs/performance.md` explains the figures.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "counts and times here are far below what an f64 or a 64-bit usize holds"
)]
#![allow(clippy::format_push_string, reason = "an allocation more while a bench is prepared is nothing")]

mod constant;
mod desk;
mod postgres;
mod process;
mod report;
mod scenario;
mod seed;
mod wrk;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

/// Measures the server under load and prints a Markdown table.
#[derive(Parser)]
struct Args {
    /// Seconds that each measurement takes
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u64,
    /// How often everything is measured; the medians are printed
    #[arg(long, value_name = "N", default_value_t = 1)]
    rounds: usize,
    /// Tickets in the desk
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    tickets: u64,
    /// Where the desk is kept for the next run
    #[arg(long, value_name = "DIR", default_value = "bench-data")]
    data: PathBuf,
    /// The server to measure
    #[arg(long, value_name = "FILE", default_value = "target/release/ferrodesk")]
    binary: PathBuf,
    /// Measure only what has this in its name
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Threads of wrk
    #[arg(long, value_name = "N", default_value_t = 1)]
    wrk_threads: u64,
    /// `cargo bench` adds this
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve files as constant answers (the bench starts this by itself)
    #[command(hide = true)]
    Constant { files: Vec<PathBuf> },
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(Command::Constant { files }) = &args.command {
        return constant::serve(files);
    }
    // wrk finds its scripts from here, and cargo starts benches elsewhere.
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR"))?;
    process::end_all_when_told_to_stop()?;
    let outcome = measure(&args);
    process::end_all();
    outcome
}

fn measure(args: &Args) -> anyhow::Result<()> {
    let binary = args.binary.canonicalize().with_context(|| format!("no server in {}", args.binary.display()))?;
    let pristine = seed::desk(&args.data, args.tickets)?;
    let postgres = postgres::Server::of_environment();
    if let Some(server) = &postgres {
        server.seed(&binary, &pristine)?;
    }
    let mut rounds = Vec::new();
    for round in 1..=args.rounds.max(1) {
        eprintln!("round {round} of {}", args.rounds.max(1));
        let copy = desk::Copy::of(&pristine, &args.data.join("run"))?;
        let mut round = scenario::round(args, &binary, &copy)?;
        drop(copy);
        if let Some(server) = &postgres {
            let copy = server.round(&pristine, &args.data.join("run"))?;
            round.rows.extend(scenario::on_postgres(args, &binary, &copy)?);
        }
        rounds.push(round);
    }
    report::print(args, &binary, &rounds)
}
