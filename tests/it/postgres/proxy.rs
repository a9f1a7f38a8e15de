//! A network that fails: stands between a store and its server.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of bytes and connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Forward,
    /// Connections are accepted and stay open, and nothing gets through.
    Hang,
    /// New connections are closed at once.
    Refuse,
    /// Who commits what may have been written gets no answer, and the server does not hear that they are gone: so it is
    /// when a server waits for its standby. All else is forwarded.
    HoldCommits,
}

/// At which point of the next `COMMIT` its connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The server never sees it.
    BeforeTheServer,
    /// The server has done it, and its answer is lost.
    BeforeTheAnswer,
}

#[derive(Clone, Copy, Debug)]
struct State {
    mode: Mode,
    /// How often all connections were cut.
    cuts: u32,
}

/// The network. It goes with this value.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
    next_commit: Arc<Mutex<Option<Cut>>>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Proxy {
    /// A network to the server that `url` names.
    pub fn to(url: &str) -> Self {
        // Of its own, because a test may block on what goes through here.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let server: SocketAddr = address_in(url).parse().expect("an address");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(watch::Sender::new(State { mode: Mode::Forward, cuts: 0 }));
        let next_commit = Arc::new(Mutex::new(None));
        let (states, commits) = (Arc::clone(&state), Arc::clone(&next_commit));
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((client, _)) = listener.accept().await {
                if states.borrow().mode != Mode::Refuse {
                    tokio::spawn(carry(client, server, states.subscribe(), Arc::clone(&commits)));
                }
            }
        });
        Self { address, state, next_commit, runtime: Some(runtime) }
    }

    /// `url`, by way of this network.
    pub fn url(&self, url: &str) -> String {
        url.replace(&address_in(url), &self.address.to_string())
    }

    pub fn set(&self, mode: Mode) {
        self.state.send_modify(|state| state.mode = mode);
    }

    /// Cuts all connections that there are.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// Cuts the connection that commits next.
    pub fn cut_next_commit(&self, at: Cut) {
        *self.next_commit.lock().expect("no panic") = Some(at);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The host and port in an address like `postgres://user:password@host:port/name` or `http://host:port/`.
fn address_in(url: &str) -> String {
    let after = url.split_once("//").expect("a scheme").1;
    let after = after.split_once('@').map_or(after, |(_, host)| host);
    after.split(['/', '?']).next().expect("a host").to_owned()
}

async fn carry(
    mut client: TcpStream,
    server: SocketAddr,
    mut state: watch::Receiver<State>,
    next_commit: Arc<Mutex<Option<Cut>>>,
) {
    let cuts = state.borrow().cuts;
    let mut cut = state.clone();
    let forwarding = async {
        state.wait_for(|state| state.mode != Mode::Hang).await.ok()?;
        let mut server = TcpStream::connect(server).await.ok()?;
        let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        let (mut writes, mut commits) = (false, false);
        loop {
            tokio::select! {
                read = client.read(&mut up) => {
                    let read = read.ok().filter(|read| *read > 0)?;
                    state.wait_for(|state| state.mode != Mode::Hang).await.ok()?;
                    let at = if contains(&up[..read], b"COMMIT\0") { next_commit.lock().ok()?.take() } else { None };
                    if at == Some(Cut::BeforeTheServer) {
                        return None::<()>;
                    }
                    writes = (writes || contains(&up[..read], b"READ WRITE\0")) && !contains(&up[..read], b"READ ONLY\0");
                    commits = writes && contains(&up[..read], b"COMMIT\0");
                    server.write_all(&up[..read]).await.ok()?;
                    if at == Some(Cut::BeforeTheAnswer) {
                        await_commit(&mut server).await;
                        return None;
                    }
                }
                read = server.read(&mut down) => {
                    let read = read.ok().filter(|read| *read > 0)?;
                    state.wait_for(|state| state.mode != Mode::Hang).await.ok()?;
                    if commits {
                        state.wait_for(|state| state.mode != Mode::HoldCommits).await.ok()?;
                    }
                    client.write_all(&down[..read]).await.ok()?;
                }
            }
        }
    };
    tokio::select! {
        _ = forwarding => {}
        _ = cut.wait_for(|state| state.cuts != cuts) => {}
    }
}

/// Reads until the server says that it has committed.
async fn await_commit(server: &mut TcpStream) {
    let mut answer = Vec::new();
    while !contains(&answer, b"COMMIT\0") {
        let mut more = vec![0; 4096];
        match server.read(&mut more).await {
            Ok(read) if read > 0 => answer.extend_from_slice(&more[..read]),
            _ => return,
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
