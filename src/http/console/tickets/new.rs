//! `/desk/tickets/new`: a ticket is opened on behalf of a customer.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::list::Choice;
use super::said_once;
use crate::app::desk::directory::{Directory, directory};
use crate::app::desk::manage::requesters;
use crate::app::desk::open_for_requester::{check_for_address, open_for_address};
use crate::app::desk::rights::{Right, demand};
use crate::app::open_ticket::TicketFields;
use crate::domain::attachment::StoredFile;
use crate::domain::user::{Email, Person, Requester};
use crate::domain::{Checked, Conflict, Error, Priority, Problem, TicketId, Timestamp};
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::frame::Frame;
use crate::http::console::once;
use crate::http::console::place::go_to;
use crate::http::console::problems::sentence;
use crate::http::console::said::Said;
use crate::http::console::session::Signed;
use crate::http::console::texts::text;
use crate::http::console::views::{View, counted_views};
use crate::http::console::{filters, page};
use crate::http::extract::Form;
use crate::http::words::PriorityWord;
use crate::storage::Tx;

/// Where the page is, below the host.
const PAGE: &str = "/desk/tickets/new";

/// Requesters that are offered at the most.
const OFFERED_MAX: i64 = 8;

/// The page.
#[derive(Template)]
#[template(path = "console/new_ticket.html")]
struct NewTicketPage {
    frame: Frame,
    /// What the form is sent with, so that it makes one ticket.
    key: String,
    requester: String,
    name: String,
    subject: String,
    comment: String,
    categories: Vec<Choice>,
    priorities: Vec<Choice>,
    wrong: Wrong,
}

/// What is wrong with what was sent.
#[derive(Clone, Debug, Default)]
struct Wrong {
    /// With a field, by its name.
    fields: Vec<(String, String)>,
    /// With the whole.
    whole: Option<String>,
    /// The names of files that came along, and have to be chosen again.
    files: Vec<String>,
}

impl Wrong {
    /// The sentence about the field `name`; empty if nothing is wrong with it.
    fn with(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, sentence)| sentence)
    }
}

/// `GET /desk/tickets/new`. `requester` is the address to begin with.
pub async fn form(State(app): State<AppState>, signed: Signed, request: Request) -> Result<Response, PageError> {
    let form = Form::from_urlencoded(request.uri().query().unwrap_or_default().as_bytes());
    let key = once::new_key(&app);
    show(&app, &signed, request.headers(), &form, key, StatusCode::OK, Wrong::default()).await
}

/// `POST /desk/tickets/new`.
pub async fn open(
    State(app): State<AppState>,
    signed: Signed,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    match open_once(&app, &signed.requester(), &form, app.clock().now()).await {
        Ok(ticket) => {
            let mut response = go_to(&format!("/desk/tickets/{ticket}?view=all"))?;
            response.headers_mut().extend([Said::of_ticket("opened", ticket).keep()]);
            Ok(response)
        }
        Err(error) => {
            let reused = matches!(error, Error::Conflict(Conflict::KeyReused));
            let key = if reused { once::new_key(&app) } else { once::key_again(&app, &form) };
            let (status, mut wrong) = wrong(error)?;
            wrong.files = form.file_names("files").map(str::to_owned).collect();
            show(&app, &signed, &headers, &form, key, status, wrong).await
        }
    }
}

/// What a page can say about the error, and its status.
fn wrong(error: Error) -> Result<(StatusCode, Wrong), PageError> {
    let whole = |key| Wrong { whole: Some(text(key)), ..Wrong::default() };
    match error {
        Error::Invalid(invalid) => {
            let said = |problems: &[Problem]| problems.iter().map(sentence).collect::<Vec<_>>().join(" ");
            let fields = invalid.iter().map(|(field, problems)| (field.to_owned(), said(problems))).collect();
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Wrong { fields, ..Wrong::default() }))
        }
        Error::LimitReached => Ok((StatusCode::UNPROCESSABLE_ENTITY, whole("problem-limit-of-customer"))),
        Error::Conflict(Conflict::KeyReused) => Ok((StatusCode::CONFLICT, whole("problem-sent-before"))),
        error => Err(error.into()),
    }
}

/// Opens the ticket, once for all times that the form is sent.
async fn open_once(app: &AppState, staff: &Requester, form: &Form, at: Timestamp) -> Result<TicketId, Error> {
    let (staff, email, files) = (*staff, address(form), form.files("files"));
    let fields = TicketFields {
        subject: form.subject("subject"),
        priority: form.choice("priority", |word| PriorityWord::parse(word).map(|word| word.0)),
        comment: form.text("comment"),
        category: form.id("category"),
        attachment: files.as_ref().map(drop).map_err(Clone::clone),
    };
    let name = form.raw("name").unwrap_or_default();
    let (checked, asked) = (fields.clone(), email.clone());
    let check = move |tx: &mut dyn Tx| check_for_address(tx, &staff, &asked, &checked);
    let effect = move |tx: &mut dyn Tx, stored: &[StoredFile]| {
        open_for_address(tx, &staff, (&email, &name), &fields, stored, at).map(|ticket| ticket.0)
    };
    let files = files.unwrap_or_default();
    once::once_with_files(app, &staff, PAGE, form, &files, at, check, effect).await.map(TicketId)
}

/// The address that was typed.
fn address(form: &Form) -> Checked<Email> {
    Email::parse(&form.text("requester")?).map_err(|_| vec![Problem::Other(text("wrong-email"))])
}

async fn show(
    app: &AppState,
    signed: &Signed,
    headers: &HeaderMap,
    form: &Form,
    key: String,
    status: StatusCode,
    wrong: Wrong,
) -> Result<Response, PageError> {
    let (staff, now) = (signed.requester(), app.clock().now());
    let read = move |tx: &mut dyn Tx| -> Result<(Vec<View>, Directory), Error> {
        demand(&staff, Right::WorkTickets)?;
        Ok((counted_views(tx, &staff, now)?, directory(tx, &staff)?))
    };
    let (views, directory) = app.store().read(read).await?;
    let given = |name: &str| form.raw(name).unwrap_or_default();
    let (category, priority) = (given("category"), given("priority"));
    let priority = if priority.is_empty() { PriorityWord(Priority::Medium).word() } else { &priority };
    let offered = directory.categories.iter().filter(|category| category.active);
    let words = PriorityWord::WORDS.iter().rev();
    let page = NewTicketPage {
        frame: Frame::new(signed, headers, &views, None, PAGE.to_owned()),
        key,
        requester: given("requester"),
        name: given("name"),
        subject: given("subject"),
        comment: given("comment"),
        categories: offered.map(|offered| Choice::new(&offered.id, offered.name.clone(), &category)).collect(),
        priorities: words.map(|word| Choice::new(word, text(&format!("priority-{word}")), priority)).collect(),
        wrong,
    };
    Ok(said_once(page.frame.said.is_some(), page::html(status, &page)))
}

/// Requesters as a field's browser offers them.
#[derive(Template)]
#[template(path = "console/parts/requesters.html")]
struct Offered {
    requesters: Vec<Person>,
}

/// `GET /desk/requesters`: those whose address or name begins with `q`.
pub async fn requesters(State(app): State<AppState>, signed: Signed, request: Request) -> Result<Response, PageError> {
    let query = Form::from_urlencoded(request.uri().query().unwrap_or_default().as_bytes());
    let (staff, typed) = (signed.requester(), query.parameter("q").unwrap_or_default());
    let found = app.store().read(move |tx| requesters::list(tx, &staff, &typed, "", OFFERED_MAX)).await?;
    Ok(page::html(StatusCode::OK, &Offered { requesters: found.requesters }))
}
