//! Requests byte by byte, for what no HTTP library would send.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// Sends `request`, which should ask for the connection to be closed, and gives all that comes back.
pub async fn exchange(address: SocketAddr, request: impl Into<Vec<u8>>) -> String {
    let request = request.into();
    let exchange = move || {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(&request)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        std::io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    tokio::task::spawn_blocking(exchange).await.expect("no panic").expect("an answer")
}
