//! `/help/new`: opening a ticket.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::frame::{Choice, Frame, framed};
use super::session::Signed;
use crate::app::list_catalogue::list_categories;
use crate::app::open_ticket::{check_with_limit, limit_reached, open_ticket};
use crate::domain::attachment::StoredFile;
use crate::domain::category::Category;
use crate::domain::{Conflict, Error, Invalid, Priority};
use crate::http::AppState;
use crate::http::customer::create_ticket::fields_of;
use crate::http::extract::{Form, PageForm};
use crate::http::pages::error::PageError;
use crate::http::pages::filters;
use crate::http::pages::once::{key_again, new_key, once_with_files};
use crate::http::pages::place::go_to;
use crate::http::pages::problems::sentence;
use crate::http::pages::said::Said;
use crate::http::pages::texts::{counted, text, text_with};
use crate::http::words::PriorityWord;
use crate::storage::Tx;

/// Where the form is, and goes.
const ADDRESS: &str = "/help/new";

/// The page.
#[derive(Template)]
#[template(path = "help/new_ticket.html")]
struct NewTicketPage {
    frame: Frame,
    /// What makes a form that is sent twice one ticket.
    key: String,
    categories: Vec<Choice>,
    priorities: Vec<Choice>,
    subject: String,
    comment: String,
    problems: Problems,
    /// Why no ticket can be opened at all.
    in_the_way: Option<String>,
}

/// What is wrong, by field.
#[derive(Default)]
struct Problems(BTreeMap<&'static str, String>);

impl Problems {
    fn new(invalid: &Invalid, form: &Form) -> Self {
        let mut problems: BTreeMap<_, _> = invalid
            .iter()
            .map(|(field, problems)| {
                let said = match field {
                    "category" | "priority" => text("problem-choice"),
                    _ => problems.iter().map(sentence).collect::<Vec<_>>().join(" "),
                };
                (field, said)
            })
            .collect();
        // No page can put files back into a form.
        let chosen: Vec<&str> = form.file_names("attachment").collect();
        if !chosen.is_empty() && !problems.contains_key("attachment") {
            problems.insert("attachment", text("help-files-again"));
        }
        if let Some(said) = problems.get_mut("attachment").filter(|_| !chosen.is_empty()) {
            said.push(' ');
            said.push_str(&text_with("help-files-chosen", "what", chosen.join(", ")));
        }
        Self(problems)
    }

    /// What is wrong with the field.
    fn of(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the field is the first that is wrong, in the order of the page.
    fn is_first(&self, field: &str) -> bool {
        let order = ["category", "subject", "comment", "priority", "attachment"];
        order.into_iter().find(|known| self.0.contains_key(known)) == Some(field)
    }
}

/// What can be chosen, and what is in the way, as things stand.
struct Now {
    categories: Vec<Category>,
    limit: Option<i64>,
}

impl Now {
    async fn read(app: &AppState, signed: &Signed) -> Result<Self, Error> {
        let requester = signed.requester();
        let read = app.store().read_anywhere(move |tx| {
            let categories = list_categories(tx, requester.workspace)?;
            Ok(Self { categories, limit: limit_reached(tx, &requester)? })
        });
        read.await
    }

    fn in_the_way(&self) -> Option<String> {
        let limit = self.limit.map(|limit| counted("help-limit", limit));
        limit.or_else(|| self.categories.is_empty().then(|| text("help-no-categories")))
    }

    /// The page, with what `form` holds.
    fn page(&self, frame: Frame, key: String, form: &Form, problems: Problems) -> NewTicketPage {
        let (category, priority) = (form.raw("category"), form.raw("priority"));
        let choice = |offered: &Category| Choice {
            value: offered.id.to_string(),
            label: labelled(offered),
            chosen: self.categories.len() == 1 || category == Some(offered.id.to_string()),
        };
        let chosen = Priority::from_code(priority.as_deref().unwrap_or(Priority::Medium.code()));
        let priority = |priority: Priority| Choice {
            value: priority.code().to_owned(),
            label: text(&format!("priority-{}", PriorityWord(priority).word())),
            chosen: chosen == Some(priority),
        };
        NewTicketPage {
            frame,
            key,
            categories: self.categories.iter().map(choice).collect(),
            priorities: [Priority::Low, Priority::Medium, Priority::High].map(priority).into(),
            subject: form.raw("subject").unwrap_or_default(),
            comment: form.raw("comment").unwrap_or_default(),
            problems,
            in_the_way: self.in_the_way(),
        }
    }
}

/// What a category is called in a list.
fn labelled(category: &Category) -> String {
    if category.description.is_empty() {
        return category.name.clone();
    }
    format!("{}: {}", category.name, category.description)
}

/// `GET /help/new`.
pub async fn form(State(app): State<AppState>, signed: Signed, headers: HeaderMap) -> Result<Response, PageError> {
    let now = Now::read(&app, &signed).await?;
    let frame = Frame::new(&signed, &headers, ADDRESS.to_owned());
    let page = now.page(frame, new_key(&app), &Form::default(), Problems::default());
    Ok(framed(StatusCode::OK, &page.frame, &page))
}

/// `POST /help/new`.
pub async fn open(
    State(app): State<AppState>,
    signed: Signed,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Result<Response, PageError> {
    let (requester, fields, at) = (signed.requester(), fields_of(&form), app.clock().now());
    let files = form.files("attachment").unwrap_or_default();
    let asked = fields.clone();
    let check = move |tx: &mut dyn Tx| check_with_limit(tx, &requester, &asked);
    let effect = move |tx: &mut dyn Tx, files: &[StoredFile]| open_ticket(tx, &requester, &fields, files, at);
    let opened = once_with_files(&app, &requester, ADDRESS, &form, &files, at, check, effect).await;
    let (status, key, invalid, in_the_way) = match opened {
        Ok(ticket) => {
            let mut response = go_to(&format!("/help/tickets/{ticket}"))?;
            response.headers_mut().extend([Said::of_ticket("help-opened", ticket).keep()]);
            return Ok(response);
        }
        Err(Error::Invalid(invalid)) => (StatusCode::UNPROCESSABLE_ENTITY, key_again(&app, &form), invalid, None),
        Err(Error::LimitReached) => (StatusCode::CONFLICT, key_again(&app, &form), Invalid::default(), None),
        Err(Error::Conflict(Conflict::KeyReused)) => {
            let said = text("help-sent-before");
            (StatusCode::CONFLICT, new_key(&app), Invalid::default(), Some(said))
        }
        Err(error) => return Err(error.into()),
    };
    let now = Now::read(&app, &signed).await?;
    let frame = Frame::new(&signed, &headers, ADDRESS.to_owned());
    let page = now.page(frame, key, &form, Problems::new(&invalid, &form));
    let page = NewTicketPage { in_the_way: in_the_way.or(page.in_the_way), ..page };
    Ok(framed(status, &page.frame, &page))
}
