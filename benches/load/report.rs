//! The figures, as Markdown.

use std::path::Path;
use std::process::Command;

use crate::Args;
use crate::scenario::{Round, Row};
use crate::wrk::Figures;

/// Prints the conditions, the table and the rest; of several rounds the medians.
pub fn print(args: &Args, binary: &Path, rounds: &[Round]) -> anyhow::Result<()> {
    let first = &rounds[0];
    println!("{}", conditions(args, rounds.len()));
    println!("| what | clients | requests/s | p50 ms | p99 ms | of the constant | server CPU µs/request |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    let mut complaints = Vec::new();
    for row in &first.rows {
        let figures = median(rounds, row.name, row.clients);
        let constant = row.constant.and_then(|name| first.rows.iter().find(|row| row.name == name));
        let ratio = constant.map(|constant| {
            let constant = median(rounds, constant.name, constant.clients);
            format!("{:.0} %", figures.per_second / constant.per_second * 100.0)
        });
        println!(
            "| {} | {} | {} | {:.2} | {:.2} | {} | {:.0} |",
            row.name,
            row.clients,
            thousands(figures.per_second),
            figures.p50_us as f64 / 1e3,
            figures.p99_us as f64 / 1e3,
            ratio.unwrap_or_default(),
            figures.cpu_us
        );
        for Row { figures, .. } in same(rounds, row.name, row.clients) {
            if figures.refused + figures.broken > 0 {
                complaints.push(format!(
                    "**WARNING: \"{}\" at {} clients had {} answers outside 2xx and {} broken or slow connections: its figures do not count.**",
                    row.name, row.clients, figures.refused, figures.broken
                ));
            }
        }
    }
    println!();
    let of = |figure: &dyn Fn(&Round) -> f64| middle(rounds.iter().map(figure).collect());
    let mib = |kib: f64| format!("{:.1} MiB", kib / 1024.0);
    println!("| server | |\n|---|--:|");
    println!("| start-up, exec to the first 200 | {:.1} ms |", of(&|round| middle(round.start_ms.clone())));
    println!(
        "| memory just started (of it no file) | {} ({}) |",
        mib(of(&|round| round.idle.0 as f64)),
        mib(of(&|round| round.idle.1 as f64))
    );
    println!(
        "| memory after the run (of it no file) | {} ({}) |",
        mib(of(&|round| round.after.0 as f64)),
        mib(of(&|round| round.after.1 as f64))
    );
    println!("| binary | {:.1} MB |", std::fs::metadata(binary)?.len() as f64 / 1e6);
    let sizes: Vec<String> = first.sizes.iter().map(|bytes| format!("{bytes}")).collect();
    println!("| bytes of category list, history, detailed view | {} |", sizes.join(", "));
    for complaint in complaints {
        println!("\n{complaint}");
        eprintln!("{complaint}");
    }
    Ok(())
}

fn same<'a>(rounds: &'a [Round], name: &'a str, clients: u64) -> impl Iterator<Item = &'a Row> {
    rounds.iter().flat_map(|round| &round.rows).filter(move |row| row.name == name && row.clients == clients)
}

/// The figures of the round in the middle.
fn median(rounds: &[Round], name: &str, clients: u64) -> Figures {
    let mut all: Vec<Figures> = same(rounds, name, clients).map(|row| row.figures).collect();
    all.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    all[all.len() / 2]
}

fn middle(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn conditions(args: &Args, rounds: usize) -> String {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        output.map_or_else(|_| "unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':')).map_or("", |(_, name)| name);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let changed = if said("git", &["status", "--porcelain"]).is_empty() { "" } else { " and uncommitted changes" };
    [
        format!(
            "- {}; commit {}{changed}",
            said("date", &["-u", "+%F %R UTC"]),
            said("git", &["rev-parse", "--short", "HEAD"])
        ),
        format!("- {cores} cores,{cpu}, kernel {}; load generator on the same machine", said("uname", &["-r"])),
        format!("- {}, wrk with {} thread(s)", said("rustc", &["--version"]), args.wrk_threads),
        format!("- {} tickets; {} s a measurement, {rounds} round(s)", thousands(args.tickets as f64), args.seconds),
        format!("- load average at the end {}", load.split(' ').take(3).collect::<Vec<_>>().join(" ")),
        String::new(),
    ]
    .join("\n")
}

fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
