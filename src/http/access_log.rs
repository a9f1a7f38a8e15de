//! A line and a few figures for every request, and the id that ties an answer to its line.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, Method};

use super::AppState;
use super::customer::ROUTES;
use super::desk;
use crate::domain::{Entropy as _, UserId, WorkspaceId};
use crate::identity::system::SystemEntropy;

static HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    /// The id of the request that is being answered.
    static CURRENT: HeaderValue;
}

/// The longest id of a client's own that is taken over.
const CLIENT_ID_MAX_BYTES: usize = 128;

/// Distinguishes this process's ids from every other's.
static PROCESS: LazyLock<u64> = LazyLock::new(|| {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes);
    u64::from_be_bytes(bytes)
});

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Who turned out to be calling; filled in by whoever finds out.
#[derive(Clone, Default)]
pub struct CallerNote(Arc<OnceLock<(WorkspaceId, Option<UserId>)>>);

impl CallerNote {
    /// Notes the caller, once.
    pub fn note(&self, workspace: WorkspaceId, user: Option<UserId>) {
        // The first note stands; there is only one per request anyway.
        let _ = self.0.set((workspace, user));
    }
}

/// Gives the request its id, counts and times it, and logs it. Nothing that a client sent is in the line but its id,
/// its method and the route that it matched.
pub async fn record(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&request);
    let route = route_name(request.extensions().get::<MatchedPath>(), &app);
    let method = method_name(request.method());
    let note = CallerNote::default();
    request.extensions_mut().insert(note.clone());
    let mut response = CURRENT.scope(id.clone(), next.run(request)).await;
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    app.metrics().observe(route, method, status, elapsed.as_secs_f64());
    let caller = note.0.get();
    tracing::info!(
        target: "ferrodesk::request",
        request_id = id.to_str().unwrap_or_default(),
        method,
        route,
        status,
        workspace = caller.map(|(workspace, _)| workspace.0),
        user = caller.and_then(|(_, user)| user.map(|user| user.0)),
        latency_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
    );
    response.headers_mut().insert(HEADER.clone(), id);
    response
}

/// The id of the request that is being answered, for lines in the log that are about it; empty outside of one.
pub fn current_request_id() -> String {
    CURRENT.try_with(|id| id.to_str().unwrap_or_default().to_owned()).unwrap_or_default()
}

/// The client's own id if it is harmless, else a new one.
fn request_id(request: &Request) -> HeaderValue {
    let given = request.headers().get(&HEADER);
    let harmless = |id: &&HeaderValue| {
        !id.is_empty()
            && id.len() <= CLIENT_ID_MAX_BYTES
            && id.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
    };
    if let Some(id) = given.filter(harmless) {
        return id.clone();
    }
    let id = format!("{:016x}{:016x}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed));
    HeaderValue::try_from(id).expect("hexadecimal digits are a header's value")
}

/// The route's canonical path without the base, from a fixed set: labels that clients choose would fill the memory.
fn route_name(matched: Option<&MatchedPath>, app: &AppState) -> &'static str {
    let Some(matched) = matched else { return "none" };
    let path = matched.as_str();
    let below_base = path.strip_prefix(app.config().base_path().as_str());
    match below_base {
        Some(below) => (ROUTES.iter().find(|route| route.paths.contains(&below)).map(|route| route.paths[0]))
            .or_else(|| desk::route_name(below.strip_prefix("/desk")?))
            .unwrap_or("other"),
        None => match path {
            "/healthz" => "/healthz",
            "/readyz" => "/readyz",
            "/metrics" => "/metrics",
            "/openapi.json" => "/openapi.json",
            _ if path == "/desk" || path.starts_with("/desk/") => "/desk",
            _ if path == "/help" || path.starts_with("/help/") => "/help",
            _ => "other",
        },
    }
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
