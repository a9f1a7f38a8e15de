//! `GET /desk/completions`: what may follow a `::` or an `@` in an answer.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;

use crate::app::desk::directory::directory;
use crate::app::desk::manage::canned_replies;
use crate::domain::text::fold;
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::page;
use crate::http::console::people::Person;
use crate::http::console::session::Signed;
use crate::http::extract::Form;

/// Completions that are offered at the most.
const OFFERED_MAX: usize = 8;

/// Characters that are shown of what a canned reply says.
const SHOWN_CHARS: usize = 80;

/// The completions, the fitting ones first.
#[derive(Template)]
#[template(path = "console/parts/completions.html")]
struct Completions {
    offered: Vec<Completion>,
}

struct Completion {
    /// What is written in the place of what was typed.
    insert: String,
    name: String,
    hint: String,
}

/// The handler. `kind` is `canned` or `staff`, `q` what follows the sign.
pub async fn completions(State(app): State<AppState>, signed: Signed, request: Request) -> Result<Response, PageError> {
    let query = Form::from_urlencoded(request.uri().query().unwrap_or_default().as_bytes());
    let typed = fold(&query.parameter("q").unwrap_or_default()).into_owned();
    let staff = signed.requester();
    let all: Vec<Completion> = if query.parameter("kind").as_deref() == Some("staff") {
        let directory = app.store().read(move |tx| directory(tx, &staff)).await?;
        let members = directory.staff.iter().filter(|member| member.active).map(Person::from);
        members.map(|Person { name, email, .. }| Completion { insert: format!("@{name}"), name, hint: email }).collect()
    } else {
        let replies = app.store().read(move |tx| canned_replies::list(tx, &staff)).await?;
        let hint = |body: &str| body.chars().take(SHOWN_CHARS).collect();
        let replies = replies.into_iter().map(|reply| Completion {
            hint: hint(&reply.body),
            insert: reply.body,
            name: reply.shortcut,
        });
        replies.collect()
    };
    let mut fitting: Vec<(usize, Completion)> =
        all.into_iter().filter_map(|offered| Some((place(&offered, &typed)?, offered))).collect();
    fitting.sort_by_key(|(place, _)| *place);
    let offered = fitting.into_iter().map(|(_, offered)| offered).take(OFFERED_MAX).collect();
    Ok(page::html(StatusCode::OK, &Completions { offered }))
}

/// How far from its beginning something has what was typed.
fn place(offered: &Completion, typed: &str) -> Option<usize> {
    fold(&offered.name).find(typed).or_else(|| Some(fold(&offered.hint).find(typed)? + offered.name.len()))
}
