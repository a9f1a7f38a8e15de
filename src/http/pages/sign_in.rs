//! Signing in with a browser, and out: the same at both doors.

use askama::Template;
use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};

use super::error::PageError;
use super::filters;
use super::look::Look;
use super::place::{Place, go_to, home, word};
use super::texts::text;
use super::{cookie, page};
use crate::app::browser_session::{self, CookieHash, Door};
use crate::domain::{AuthFailure, Error, WorkspaceId};
use crate::http::AppState;
use crate::http::extract::{ClientAddress, Form};
use crate::identity::browser::cookie_hash;

/// The page.
#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct SignInPage {
    look: Look,
    /// Where it leads, and what its texts are called.
    home: &'static str,
    word: &'static str,
    /// Whose pages these are.
    brand: String,
    /// Where to go on.
    next: String,
    /// Whether to ask for the workspace's name.
    asks_for_workspace: bool,
    workspace: String,
    email: String,
    /// What is wrong, if anything is.
    problem: Option<Refusal>,
}

/// Why somebody is not let in.
struct Refusal {
    text: String,
    /// Where they would be.
    other_door: Option<&'static str>,
}

impl Refusal {
    fn because(key: &str) -> Self {
        Self { text: text(key), other_door: None }
    }
}

/// What a door shows before anybody has come in by it.
struct Front {
    door: Door,
    asks_for_workspace: bool,
    brand: String,
}

impl Front {
    async fn read(app: &AppState, door: Door) -> Result<Self, Error> {
        let only = app.store().read(|tx| browser_session::workspace(tx, None)).await?;
        // Customers come to the workspace, staff to their tool.
        let brand = only.as_ref().filter(|_| door == Door::Help).map(|workspace| workspace.name.clone());
        let brand = brand.unwrap_or_else(|| text("ferrodesk"));
        Ok(Self { door, asks_for_workspace: only.is_none(), brand })
    }

    fn page(self, headers: &HeaderMap, next: &Place, problem: Option<Refusal>) -> SignInPage {
        SignInPage {
            look: Look::of(headers),
            home: home(self.door),
            word: word(self.door),
            brand: self.brand,
            next: next.as_str().to_owned(),
            asks_for_workspace: self.asks_for_workspace,
            workspace: String::new(),
            email: String::new(),
            problem,
        }
    }
}

/// `GET sign-in`.
pub async fn form(
    State(app): State<AppState>,
    Extension(door): Extension<Door>,
    request: Request,
) -> Result<Response, PageError> {
    let query = Form::from_urlencoded(request.uri().query().unwrap_or_default().as_bytes());
    let next = Place::at(door, query.parameter("next"));
    let (method, headers) = (request.method(), request.headers());
    if app.authenticator().of_cookie(door, method, headers).await.is_ok() {
        return go_to(next.as_str());
    }
    // Who comes back from signing in without the cookie has a browser that did not take it.
    let problem = query.parameter("signed-in").map(|_| Refusal::because("sign-in-no-cookie"));
    let page = Front::read(&app, door).await?.page(headers, &next, problem);
    Ok(page::html(StatusCode::OK, &page))
}

/// `POST sign-in`.
pub async fn sign_in(
    State(app): State<AppState>,
    Extension(door): Extension<Door>,
    address: ClientAddress,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let next = Place::at(door, form.parameter("next"));
    let (name, email) = (form.text("workspace").ok(), form.text("email").ok());
    let front = Front::read(&app, door).await?;
    let asked = name.clone().filter(|_| front.asks_for_workspace);
    let again = |status, problem| {
        let page = SignInPage {
            workspace: name.unwrap_or_default(),
            email: email.clone().unwrap_or_default(),
            ..front.page(&headers, &next, Some(problem))
        };
        page::html(status, &page)
    };
    let (Some(given), Ok(password)) = (email.clone(), form.text("password")) else {
        return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, Refusal::because("sign-in-incomplete")));
    };
    let workspace = app.store().read(move |tx| browser_session::workspace(tx, asked.as_deref())).await?;
    let workspace = workspace.map(|workspace| workspace.id);
    // Guesses at workspaces that are not there count too.
    let counted = workspace.unwrap_or(WorkspaceId(0));
    let attempt = match app.login_failures().begin(counted, &given, address.0, app.clock()).await {
        Ok(attempt) => attempt,
        Err(error) => {
            let refused = axum::response::IntoResponse::into_response(error);
            let mut response = again(StatusCode::TOO_MANY_REQUESTS, Refusal::because("sign-in-too-often"));
            let wait = refused.headers().get(header::RETRY_AFTER).cloned();
            response.headers_mut().extend(wait.map(|wait| (header::RETRY_AFTER, wait)));
            return Ok(response);
        }
    };
    let outcome = app.sign_in().sign_in_at(door, workspace, given, password, presented(door, &headers)).await;
    attempt.ended(&outcome).await;
    match outcome {
        Ok(token) => {
            let mut response = go_to(&format!("{}/sign-in?signed-in=1&next={}", home(door), next.encoded()))?;
            response.headers_mut().extend([cookie::keep_session(door, &token)]);
            Ok(response)
        }
        Err(error) => Ok(again(StatusCode::FORBIDDEN, refusal(door, error)?)),
    }
}

/// What is said to who is not let in.
///
/// # Errors
/// What says nothing about who they are.
fn refusal(door: Door, error: Error) -> Result<Refusal, Error> {
    match (error, door) {
        (Error::Unauthenticated(AuthFailure::InactiveAccount), Door::Desk) => Ok(Refusal::because("sign-in-inactive")),
        (Error::Unauthenticated(AuthFailure::InactiveAccount), Door::Help) => {
            Ok(Refusal::because("sign-in-inactive-help"))
        }
        (Error::Unauthenticated(_), _) => Ok(Refusal::because("sign-in-wrong")),
        (Error::Forbidden, Door::Desk) => {
            Ok(Refusal { text: text("sign-in-customer"), other_door: Some(home(Door::Help)) })
        }
        (Error::Forbidden, Door::Help) => {
            Ok(Refusal { text: text("sign-in-staff"), other_door: Some(home(Door::Desk)) })
        }
        (error, _) => Err(error),
    }
}

/// `POST sign-out`.
pub async fn sign_out(
    State(app): State<AppState>,
    Extension(door): Extension<Door>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if let Some(hash) = presented(door, &headers) {
        app.sign_in().sign_out_of_browser(hash).await?;
    }
    let mut response = go_to(&format!("{}/sign-in", home(door)))?;
    response.headers_mut().extend([cookie::forget_session(door)]);
    Ok(response)
}

/// The hash of the cookie that came along, whoever it names.
fn presented(door: Door, headers: &HeaderMap) -> Option<CookieHash> {
    cookie::of_session(door, headers).map(cookie_hash)
}
