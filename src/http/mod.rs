//! HTTP: the shell around the use cases. A handler extracts, calls one use case, and presents.

mod access_log;
pub mod authentication;
mod console;
mod cors;
mod customer;
mod desk;
mod docs;
mod envelope;
mod error;
mod extract;
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod held_answers;
mod help;
mod leftover;
mod login_failures;
pub mod metrics;
mod once;
mod own_password;
mod pages;
mod paths;
mod problems;
mod rate_limit;
mod security_headers;
pub mod server;
mod slow_reader;
mod state;
mod stored_file;
mod tickets_query;
mod time_limits;
mod words;

use axum::Router;
use axum::middleware;
use tower::Layer as _;
use tower_http::catch_panic::CatchPanicLayer;

pub use docs::openapi;
pub use error::ApiError;
pub use paths::TidyPath;
pub use state::{AppState, Parts};

/// The whole of it: what the accept loop serves, and what tests call.
#[must_use]
pub fn service(app: AppState) -> TidyPath<Router> {
    let base = app.config().base_path();
    let router = Router::new()
        .nest(&base, security_headers::on_api(customer::routes(&app)))
        .nest(&format!("{base}/desk"), security_headers::on_api(desk::routes(&app)))
        .merge(health::routes())
        .merge(docs::routes(&base))
        .merge(console::routes(&app))
        .merge(help::routes(&app))
        .merge(pages::assets(&app))
        .fallback(error::not_found)
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(middleware::map_response(error::in_envelope));
    let router = security_headers::on_all(router, app.config().public_url.as_deref());
    let router = match cors::layer(app.config()) {
        Some(cors) => router.layer(cors),
        None => router,
    };
    let router = router.layer(middleware::from_fn_with_state(app.clone(), access_log::record)).with_state(app);
    paths::TidyPathLayer { base: base.into() }.layer(router)
}
