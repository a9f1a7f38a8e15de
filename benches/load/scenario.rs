//! One round: everything is measured once, on a fresh copy of the desk.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use ferrodesk::domain::Clock as _;
use ferrodesk::identity::secret;
use ferrodesk::identity::system::SystemClock;

use crate::Args;
use crate::desk::{Callers, Copy};
use crate::process::Running;
use crate::wrk::{self, Figures, Load};

const BASE: &str = "/api/v1";

/// Clients of every measurement that names no other number.
pub const CLIENTS: u64 = 64;

/// Seconds of load before each measurement, which fill the caches: in five, PostgreSQL too has seen every creator's token.
const WARM_UP: u64 = 5;

/// How long a server may take to answer for the first time.
const START_WITHIN: Duration = Duration::from_mins(1);

/// What the server reads from its environment for the figures: a line for each request is measured apart.
const QUIET: &str = "warn";

/// One measured row.
pub struct Row {
    pub name: &'static str,
    pub clients: u64,
    /// The row of the constant answer of the same size.
    pub constant: Option<&'static str>,
    pub figures: Figures,
}

/// All that a round found.
pub struct Round {
    pub rows: Vec<Row>,
    pub start_ms: Vec<f64>,
    /// KiB: resident, and what of it is no file.
    pub idle: (u64, u64),
    pub after: (u64, u64),
    /// Bytes of the answers that have a constant of the same size.
    pub sizes: Vec<usize>,
}

/// A GET that is held against a constant answer of its size.
struct Read {
    name: &'static str,
    /// The same on PostgreSQL.
    on_postgres: &'static str,
    constant: &'static str,
    path: &'static str,
    callers: Callers,
}

const READS: [Read; 3] = [
    Read {
        name: "category list",
        on_postgres: "category list, PostgreSQL",
        constant: "constant, as long as a category list",
        path: "/support/get/category-list/",
        callers: Callers::Readers,
    },
    Read {
        name: "history of 50",
        on_postgres: "history of 50, PostgreSQL",
        constant: "constant, as long as a history",
        path: "/support/get/ticket/history/",
        callers: Callers::Readers,
    },
    Read {
        name: "detailed view",
        on_postgres: "detailed view, PostgreSQL",
        constant: "constant, as long as a detailed view",
        path: "/support/ticket/detailed-view/?ticket_id=TICKET",
        callers: Callers::ReadersTickets,
    },
];

const CREATE_PATH: &str = "/support/create/ticket/";

pub fn round(args: &Args, binary: &Path, copy: &Copy) -> anyhow::Result<Round> {
    let mut start_ms = Vec::new();
    for _ in 0..4 {
        start_ms.push(Server::start(binary, copy, Some(QUIET))?.start_ms);
    }
    let server = Server::start(binary, copy, Some(QUIET))?;
    start_ms.push(server.start_ms);
    std::thread::sleep(Duration::from_secs(1));
    let idle = server.process.memory_kib()?;
    let bench = Bench { args, copy };
    let (constants, sizes) = Server::constant(copy, &server)?;
    let mut rows = Vec::new();
    for (number, read) in READS.iter().enumerate() {
        rows.extend(bench.get(
            &server,
            read.name,
            Some(read.constant),
            &format!("{BASE}{}", read.path),
            read.callers,
        )?);
        rows.extend(bench.get(&constants, read.constant, None, &format!("/{number}"), read.callers)?);
    }
    drop(constants);
    for clients in [1, 16, CLIENTS, 256] {
        rows.extend(bench.create(&server, "create", clients, "json")?);
    }
    rows.extend(bench.create(&server, "create, multipart", CLIENTS, "multipart")?);
    let after = server.process.memory_kib()?;
    drop(server);
    let logging = Server::start(binary, copy, None)?;
    let path = format!("{BASE}{}", READS[1].path);
    rows.extend(bench.get(&logging, "history of 50, default log", Some(READS[1].constant), &path, Callers::Readers)?);
    rows.extend(bench.create(&logging, "create, default log", CLIENTS, "json")?);
    Ok(Round { rows, start_ms, idle, after, sizes })
}

/// The rows of a desk that is in a PostgreSQL database. They are held against the constants of the round.
pub fn on_postgres(args: &Args, binary: &Path, copy: &Copy) -> anyhow::Result<Vec<Row>> {
    let server = Server::start(binary, copy, Some(QUIET))?;
    let bench = Bench { args, copy };
    let mut rows = Vec::new();
    for read in &READS {
        let path = format!("{BASE}{}", read.path);
        rows.extend(bench.get(&server, read.on_postgres, Some(read.constant), &path, read.callers)?);
    }
    for clients in [1, 16, CLIENTS, 256] {
        rows.extend(bench.create(&server, "create, PostgreSQL", clients, "json")?);
    }
    rows.extend(bench.create(&server, "create, multipart, PostgreSQL", CLIENTS, "multipart")?);
    Ok(rows)
}

struct Bench<'a> {
    args: &'a Args,
    copy: &'a Copy,
}

impl Bench<'_> {
    fn get(
        &self,
        server: &Server,
        name: &'static str,
        constant: Option<&'static str>,
        path: &str,
        callers: Callers,
    ) -> anyhow::Result<Option<Row>> {
        // The same tokens for the warm-up and the measurement, as clients use theirs for a quarter of an hour.
        let callers = self.copy.callers(callers)?.display().to_string();
        let arguments = || Ok(vec![callers.clone(), self.copy.description.apikey.clone(), path.to_owned()]);
        self.measure(server, name, constant, CLIENTS, "read", &arguments)
    }

    fn create(&self, server: &Server, name: &'static str, clients: u64, kind: &str) -> anyhow::Result<Option<Row>> {
        let path = format!("{BASE}{CREATE_PATH}");
        let callers = self.copy.callers(Callers::Creators)?.display().to_string();
        let arguments = || {
            // The warm-up lasts longer than a second, so that no two runs of wrk have the same number.
            let run = format!("{:08}", SystemClock.now().seconds() % 100_000_000);
            let categories = self.copy.description.categories.to_string();
            Ok(vec![
                callers.clone(),
                self.copy.description.apikey.clone(),
                path.clone(),
                run,
                categories,
                kind.to_owned(),
            ])
        };
        self.measure(server, name, None, clients, "create", &arguments)
    }

    fn measure(
        &self,
        server: &Server,
        name: &'static str,
        constant: Option<&'static str>,
        clients: u64,
        script: &str,
        arguments: &dyn Fn() -> anyhow::Result<Vec<String>>,
    ) -> anyhow::Result<Option<Row>> {
        if !name.contains(&*self.args.only) {
            return Ok(None);
        }
        let load = |seconds| Load { seconds, clients, threads: self.args.wrk_threads };
        let run = |seconds| wrk::run(load(seconds), &server.process, server.address, script, &arguments()?);
        run(WARM_UP)?;
        let figures = run(self.args.seconds)?;
        anyhow::ensure!(server.process.is_alive(), "the server ended during \"{name}\"");
        eprintln!("{name}, {clients} clients: {:.0}/s, p99 {} µs", figures.per_second, figures.p99_us);
        Ok(Some(Row { name, clients, constant, figures }))
    }
}

/// A server that answers.
struct Server {
    process: Running,
    address: SocketAddr,
    /// From exec to the first answer.
    start_ms: f64,
}

impl Server {
    fn start(binary: &Path, copy: &Copy, log: Option<&str>) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("FERRODESK_") {
                command.env_remove(name);
            }
        }
        if let Some(log) = log {
            command.env("FERRODESK_LOG", log);
        }
        if let Some(database) = &copy.database {
            command.env("FERRODESK_DATABASE", database);
            command.env("FERRODESK_SECRET", fs::read_to_string(copy.folder.join(secret::FILE_NAME))?);
        }
        command.arg("serve").arg("--data").arg(&copy.folder).arg("--listen").arg(address.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(copy.folder.join("log"))?);
        let started = Instant::now();
        let process = Running::start(&mut command)?;
        loop {
            if let Ok(body) = get(address, "/healthz", &[])
                && !body.is_empty()
            {
                break;
            }
            let log = || fs::read_to_string(copy.folder.join("log")).unwrap_or_default();
            anyhow::ensure!(process.is_alive(), "the server did not start: {}", log());
            anyhow::ensure!(started.elapsed() < START_WITHIN, "the server does not answer: {}", log());
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(Self { process, address, start_ms: started.elapsed().as_secs_f64() * 1e3 })
    }

    /// Constant answers as long as those that `server` gives, and how long they are.
    fn constant(copy: &Copy, server: &Self) -> anyhow::Result<(Self, Vec<usize>)> {
        let callers = fs::read_to_string(copy.callers(Callers::Readers)?)?;
        let (token, ticket) =
            callers.lines().next().and_then(|line| line.split_once(' ')).context("nobody is signed in")?;
        let headers = [("apikey", &*copy.description.apikey), ("Authorization", &format!("Bearer {token}"))];
        let mut files = Vec::new();
        let mut sizes = Vec::new();
        for read in &READS {
            let path = format!("{BASE}{}", read.path.replace("TICKET", ticket));
            let body = get(server.address, &path, &headers)?;
            sizes.push(body.len());
            let file = copy.folder.join(format!("constant-{}", files.len()));
            fs::write(&file, body)?;
            files.push(file);
        }
        let itself = std::env::current_exe()?;
        let printed = copy.folder.join("constant-address");
        let started = Instant::now();
        let mut command = Command::new(itself);
        command.arg("constant").args(files).stdin(Stdio::null()).stdout(File::create(&printed)?);
        let process = Running::start(&mut command)?;
        let address = loop {
            let mut line = String::new();
            BufReader::new(File::open(&printed)?).read_line(&mut line)?;
            if line.ends_with('\n') {
                break line.trim().parse()?;
            }
            anyhow::ensure!(process.is_alive() && started.elapsed() < START_WITHIN, "no constant answers");
            std::thread::sleep(Duration::from_millis(1));
        };
        Ok((Self { process, address, start_ms: started.elapsed().as_secs_f64() * 1e3 }, sizes))
    }
}

/// The body of a GET that must be answered 200.
fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").context("an answer has a head")?;
    anyhow::ensure!(
        answer.starts_with(b"HTTP/1.1 200 "),
        "{path} was answered {}",
        String::from_utf8_lossy(&answer[..head])
    );
    Ok(answer.split_off(head + 4))
}
