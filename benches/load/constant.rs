//! What axum does when there is nothing to do: constant answers of the sizes that the server gives.

use std::path::PathBuf;

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use http::header::CONTENT_TYPE;

/// Serves the files on `/0`, `/1` and so on, at a port of the system's choice, which it prints.
pub fn serve(files: &[PathBuf]) -> anyhow::Result<()> {
    let mut router = Router::new().route("/healthz", get(async || "ok"));
    for (number, file) in files.iter().enumerate() {
        let body = Bytes::from(std::fs::read(file)?);
        let handler = async move || ([(CONTENT_TYPE, "application/json")], body);
        router = router.route(&format!("/{number}"), get(handler));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router).await?;
        Ok(())
    })
}
