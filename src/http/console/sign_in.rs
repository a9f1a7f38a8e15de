//! Signing in to the console, and out.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};

use super::error::PageError;
use super::filters;
use super::look::Look;
use super::place::{Place, go_to};
use super::session::{Signed, presented};
use super::texts::text;
use super::{cookie, page};
use crate::app::desk::console_session;
use crate::domain::{AuthFailure, Error, WorkspaceId};
use crate::http::AppState;
use crate::http::extract::{ClientAddress, Form};

/// The page.
#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    look: Look,
    /// Where to go on.
    next: String,
    /// Whether to ask for the workspace's name.
    asks_for_workspace: bool,
    workspace: String,
    email: String,
    /// What is wrong, if anything is.
    problem: Option<String>,
}

/// `GET /desk/sign-in`.
pub async fn form(
    State(app): State<AppState>,
    signed: Result<Signed, super::session::NotSigned>,
    request: Request,
) -> Result<Response, PageError> {
    let query = Form::from_urlencoded(request.uri().query().unwrap_or_default().as_bytes());
    let next = Place::or_home(query.parameter("next"));
    if signed.is_ok() {
        return go_to(next.as_str());
    }
    // Who comes back from signing in without the cookie has a browser that did not take it.
    let problem = query.parameter("signed-in").map(|_| text("sign-in-no-cookie"));
    let asks_for_workspace = asks_for_workspace(&app).await?;
    let page = SignInPage {
        look: Look::of(request.headers()),
        next: next.as_str().to_owned(),
        asks_for_workspace,
        workspace: String::new(),
        email: String::new(),
        problem,
    };
    Ok(page::html(StatusCode::OK, &page))
}

/// Whether there is more than one workspace to sign in to.
async fn asks_for_workspace(app: &AppState) -> Result<bool, Error> {
    app.store().read(|tx| Ok(console_session::workspace(tx, None)?.is_none())).await
}

/// `POST /desk/sign-in`.
pub async fn sign_in(
    State(app): State<AppState>,
    address: ClientAddress,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let next = Place::or_home(form.parameter("next"));
    let (workspace, email) = (form.text("workspace").ok(), form.text("email").ok());
    let asks_for_workspace = asks_for_workspace(&app).await?;
    let again = |status, problem| {
        let page = SignInPage {
            look: Look::of(&headers),
            next: next.as_str().to_owned(),
            asks_for_workspace,
            workspace: workspace.clone().unwrap_or_default(),
            email: email.clone().unwrap_or_default(),
            problem: Some(problem),
        };
        page::html(status, &page)
    };
    let (Some(given), Ok(password)) = (email.clone(), form.text("password")) else {
        return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, text("sign-in-incomplete")));
    };
    let name = workspace.clone().filter(|_| asks_for_workspace);
    let workspace = app.store().read(move |tx| console_session::workspace(tx, name.as_deref())).await?;
    // Guesses at workspaces that are not there count too.
    let counted = workspace.unwrap_or(WorkspaceId(0));
    let attempt = match app.login_failures().begin(counted, &given, address.0, app.clock()) {
        Ok(attempt) => attempt,
        Err(error) => {
            let refused = axum::response::IntoResponse::into_response(error);
            let mut response = again(StatusCode::TOO_MANY_REQUESTS, text("sign-in-too-often"));
            let wait = refused.headers().get(header::RETRY_AFTER).cloned();
            response.headers_mut().extend(wait.map(|wait| (header::RETRY_AFTER, wait)));
            return Ok(response);
        }
    };
    let outcome = app.sign_in().sign_in_at_console(workspace, given, password, presented(&headers)).await;
    attempt.ended(&outcome);
    match outcome {
        Ok(token) => {
            let mut response = go_to(&format!("/desk/sign-in?signed-in=1&next={}", next.encoded()))?;
            response.headers_mut().extend([cookie::keep_session(&token)]);
            Ok(response)
        }
        Err(error) => Ok(again(StatusCode::FORBIDDEN, text(refusal(error)?))),
    }
}

/// The text for who is not let in.
///
/// # Errors
/// What says nothing about who they are.
fn refusal(error: Error) -> Result<&'static str, Error> {
    match error {
        Error::Unauthenticated(AuthFailure::InactiveAccount) => Ok("sign-in-inactive"),
        Error::Unauthenticated(_) => Ok("sign-in-wrong"),
        Error::Forbidden => Ok("sign-in-customer"),
        error => Err(error),
    }
}

/// `POST /desk/sign-out`.
pub async fn sign_out(State(app): State<AppState>, headers: HeaderMap) -> Result<Response, PageError> {
    if let Some(hash) = presented(&headers) {
        app.sign_in().sign_out_of_console(hash).await?;
    }
    let mut response = go_to("/desk/sign-in")?;
    response.headers_mut().extend([cookie::forget_session()]);
    Ok(response)
}
