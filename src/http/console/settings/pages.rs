//! The settings' pages: what is the same for all parts.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::field::{Given, Kind};
use super::sheet::Sheet;
use super::table::{Cell, Table};
use super::{Added, Resource, Work, resource};
use crate::app::browser_session::Door;
use crate::app::desk::manage::own_account::NewPassword;
use crate::app::desk::manage::parts::{self, Part};
use crate::domain::user::Requester;
use crate::domain::{Error, Timestamp};
use crate::http::AppState;
use crate::http::console::cookie;
use crate::http::console::error::PageError;
use crate::http::console::frame::Frame;
use crate::http::console::once;
use crate::http::console::place::go_to;
use crate::http::console::said::{Said, said_once};
use crate::http::console::session::Signed;
use crate::http::console::texts::{text, text_with};
use crate::http::console::views::{View, counted_views};
use crate::http::console::{filters, page};
use crate::http::desk::version::IfMatch;
use crate::http::extract::{ClientAddress, Form};
use crate::http::own_password::known_password;
use crate::identity::apikey::Apikey;
use crate::identity::password::MIN_CHARS;
use crate::storage::Tx;

/// Where the settings are.
const SETTINGS: &str = "/desk/settings";

/// What is around a page: the frame, and the parts that are open to who looks.
type Around = (Frame, Vec<PartLink>);

/// A part, and whether it is the one that is looked at.
struct PartLink {
    word: &'static str,
    is_current: bool,
}

/// All parts.
#[derive(Template)]
#[template(path = "console/settings/index.html")]
struct IndexPage {
    frame: Frame,
    parts: Vec<PartLink>,
}

/// A list.
#[derive(Template)]
#[template(path = "console/settings/list.html")]
struct ListPage {
    frame: Frame,
    parts: Vec<PartLink>,
    word: &'static str,
    table: Table,
}

/// A form.
#[derive(Template)]
#[template(path = "console/settings/form.html")]
struct FormPage {
    frame: Frame,
    parts: Vec<PartLink>,
    word: &'static str,
    sheet: Sheet,
    /// Where it is sent to, and what is below that.
    address: String,
    is_single: bool,
    /// What it is sent with, so that it counts once.
    key: String,
}

/// `GET /desk/settings`.
pub async fn index(State(app): State<AppState>, signed: Signed, request: Request) -> Result<Response, PageError> {
    let nothing = |_: &mut dyn Tx, _: &Requester| Ok(());
    let ((frame, parts), ()) = look(&app, &signed, request.headers(), None, SETTINGS.to_owned(), nothing).await?;
    Ok(shown(StatusCode::OK, frame.said.is_some(), &IndexPage { frame, parts }))
}

/// `GET /desk/settings/{part}`: a list, or the form of the one thing.
pub async fn show(
    State(app): State<AppState>,
    signed: Signed,
    Path(word): Path<String>,
    request: Request,
) -> Result<Response, PageError> {
    let resource = named(&word)?;
    if resource.is_single() {
        let target = Target { resource, id: Some(0) };
        return target.page(&app, &signed, request.headers()).await;
    }
    let part = resource.part();
    let query = request.uri().query().unwrap_or_default();
    let here = format!("{SETTINGS}/{word}?{query}");
    let asked = Form::from_urlencoded(query.as_bytes());
    let table = move |tx: &mut dyn Tx, staff: &Requester| resource.table(tx, staff, &asked);
    let ((frame, parts), table) = look(&app, &signed, request.headers(), Some(part), here, table).await?;
    let says = frame.said.is_some();
    Ok(shown(StatusCode::OK, says, &ListPage { frame, parts, word: part.word(), table }))
}

/// `GET /desk/settings/{part}/new`.
pub async fn blank(
    State(app): State<AppState>,
    signed: Signed,
    Path(word): Path<String>,
    request: Request,
) -> Result<Response, PageError> {
    Target { resource: named(&word)?, id: None }.page(&app, &signed, request.headers()).await
}

/// `GET /desk/settings/{part}/{id}`.
pub async fn open(
    State(app): State<AppState>,
    signed: Signed,
    Path((word, id)): Path<(String, String)>,
    request: Request,
) -> Result<Response, PageError> {
    Target::at(&word, &id)?.page(&app, &signed, request.headers()).await
}

/// `POST /desk/settings/{part}`, for a part that is one thing.
pub async fn change_single(
    State(app): State<AppState>,
    signed: Signed,
    Path(word): Path<String>,
    address: ClientAddress,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let resource = named(&word)?;
    if !resource.is_single() {
        return Err(PageError::not_found());
    }
    Target { resource, id: Some(0) }.send(&app, &signed, &headers, address, form).await
}

/// `POST /desk/settings/{part}/new`.
pub async fn add(
    State(app): State<AppState>,
    signed: Signed,
    Path(word): Path<String>,
    address: ClientAddress,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    Target { resource: named(&word)?, id: None }.send(&app, &signed, &headers, address, form).await
}

/// `POST /desk/settings/{part}/{id}`.
pub async fn change(
    State(app): State<AppState>,
    signed: Signed,
    Path((word, id)): Path<(String, String)>,
    address: ClientAddress,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    Target::at(&word, &id)?.send(&app, &signed, &headers, address, form).await
}

/// `POST /desk/settings/{part}/{id}/remove`.
pub async fn remove(
    State(app): State<AppState>,
    signed: Signed,
    Path((word, id)): Path<(String, String)>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let target = Target::at(&word, &id)?;
    let (staff, at, resource) = (signed.requester(), app.clock().now(), target.resource);
    let id = target.id.unwrap_or_default();
    let seen = IfMatch::of_form(form.parameter("version"));
    let effect = move |tx: &mut dyn Tx| {
        parts::enter(&staff, resource.part())?;
        resource.remove(tx, &staff, id, &seen, at)
    };
    match once::once(&app, &staff, &format!("{}/remove", target.address()), &form, at, effect).await {
        Ok(()) => said(&target.list(), if resource.part() == Part::Apikeys { "revoked" } else { "removed" }),
        Err(Error::ChangedSince) => {
            let mut page = target.form(&app, &signed, &headers).await?;
            page.sheet.problem = Some(text("problem-changed-remove"));
            Ok(shown(StatusCode::PRECONDITION_FAILED, false, &page))
        }
        Err(error) => Err(error.into()),
    }
}

/// The part that an address names.
fn named(word: &str) -> Result<&'static dyn Resource, PageError> {
    Part::ALL.into_iter().find(|part| part.word() == word).map(resource).ok_or_else(PageError::not_found)
}

/// What a form is of.
#[derive(Clone, Copy)]
struct Target {
    resource: &'static dyn Resource,
    /// `None` for one that is to be added.
    id: Option<i64>,
}

impl Target {
    /// The thing that an address names; what cannot be an id names nothing.
    fn at(word: &str, id: &str) -> Result<Self, PageError> {
        let resource = named(word)?;
        let digits = !resource.is_single() && id.bytes().all(|b| b.is_ascii_digit());
        let id = id.parse().ok().filter(|_| digits).ok_or_else(PageError::not_found)?;
        Ok(Self { resource, id: Some(id) })
    }

    fn list(&self) -> String {
        format!("{SETTINGS}/{}", self.resource.part().word())
    }

    fn address(&self) -> String {
        match self.id {
            None => format!("{}/new", self.list()),
            Some(_) if self.resource.is_single() => self.list(),
            Some(id) => format!("{}/{id}", self.list()),
        }
    }

    /// The page with its form as it is now.
    async fn page(self, app: &AppState, signed: &Signed, headers: &HeaderMap) -> Result<Response, PageError> {
        let page = self.form(app, signed, headers).await?;
        Ok(shown(StatusCode::OK, page.frame.said.is_some(), &page))
    }

    async fn form(self, app: &AppState, signed: &Signed, headers: &HeaderMap) -> Result<FormPage, PageError> {
        let Self { resource, id } = self;
        let part = resource.part();
        let sheet = move |tx: &mut dyn Tx, staff: &Requester| resource.sheet(tx, staff, id);
        let ((frame, parts), sheet) = look(app, signed, headers, Some(part), self.address(), sheet).await?;
        let key = once::new_key(app);
        let (word, is_single) = (part.word(), resource.is_single());
        Ok(FormPage { frame, parts, word, sheet, address: self.address(), is_single, key })
    }

    /// Does what the form asks for, or shows it again with what is wrong.
    async fn send(
        self,
        app: &AppState,
        signed: &Signed,
        headers: &HeaderMap,
        address: ClientAddress,
        form: Form,
    ) -> Result<Response, PageError> {
        let (staff, at) = (signed.requester(), app.clock().now());
        let mut page = self.form(app, signed, headers).await?;
        let new_key = std::mem::replace(&mut page.key, once::key_again(app, &form));
        let Some(mut given) = page.sheet.take(&form) else {
            return Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, false, &page));
        };
        let typed = typed_password(&page.sheet, &mut given);
        let password = match &typed {
            Some(typed) => hashed(app, &staff, address, typed, &mut page.sheet).await?,
            None => None,
        };
        if typed.is_some() && password.is_none() {
            return Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, false, &page));
        }
        let seen = IfMatch::of_form(form.parameter("version"));
        let apikey = Apikey::generate(&*app.sign_in().entropy);
        let work = Work { given, seen, password, apikey, at };
        match self.carry_out(app, &staff, &form, work, at).await {
            Ok(added) => self.done(app, signed, page, added, typed).await,
            Err(Error::ChangedSince) => {
                let current = self.form(app, signed, headers).await?;
                page.sheet.follow(current.sheet);
                Ok(shown(StatusCode::PRECONDITION_FAILED, false, &page))
            }
            Err(error) => {
                if matches!(error, Error::Conflict(crate::domain::Conflict::KeyReused)) {
                    page.key = new_key;
                }
                let status = page.sheet.refuse(error, self.resource.unique())?;
                Ok(shown(status, false, &page))
            }
        }
    }

    async fn carry_out(
        self,
        app: &AppState,
        staff: &Requester,
        form: &Form,
        work: Work,
        at: Timestamp,
    ) -> Result<Added, Error> {
        let Self { resource, id } = self;
        let caller = *staff;
        let effect = move |tx: &mut dyn Tx| {
            parts::enter(&caller, resource.part())?;
            match id {
                None => resource.add(tx, &caller, &work),
                Some(id) => resource.change(tx, &caller, id, &work).map(|()| Added::new(id)),
            }
        };
        once::once_in_secret(app, staff, &self.address(), form, at, effect).await
    }

    /// What is answered when it was done.
    async fn done(
        self,
        app: &AppState,
        signed: &Signed,
        page: FormPage,
        added: Added,
        typed: Option<Typed>,
    ) -> Result<Response, PageError> {
        if let Some(secret) = added.secret {
            // No redirect: the secret would have to be kept for the page behind it.
            let sheet = Sheet { secret: Some(secret), ..Sheet::default() };
            return Ok(shown(StatusCode::OK, false, &FormPage { sheet, ..page }));
        }
        let mut response = said(&self.list(), if self.id.is_none() { "added" } else { "changed" })?;
        if let Some(Typed { password, .. }) = typed.filter(|_| self.resource.part() == Part::Me) {
            // Another password ends all sessions; who has just chosen it stays here.
            let (workspace, email) = (signed.requester().workspace, signed.0.email.clone());
            let token = app.sign_in().sign_in_at(Door::Desk, Some(workspace), email, password, None).await?;
            response.headers_mut().extend([cookie::keep_session(Door::Desk, &token)]);
        }
        Ok(response)
    }
}

/// A password that was typed, and in which field.
struct Typed {
    field: &'static str,
    password: String,
    /// The field of the current one, and what was typed there.
    current: Option<(&'static str, String)>,
}

/// Takes the new password out of what was given, if one was typed.
fn typed_password(sheet: &Sheet, given: &mut Given) -> Option<Typed> {
    let mut take = |kind: Kind| {
        let field = sheet.fields.iter().find(|field| field.kind == kind)?.name;
        let typed = given.text(field).to_owned();
        given.forget(field);
        Some((field, typed))
    };
    let current = take(Kind::CurrentPassword);
    let (field, password) = take(Kind::NewPassword).filter(|(_, password)| !password.is_empty())?;
    Some(Typed { field, password, current })
}

/// The hash of the new password, if its holder knows the current one where that is asked for; else notes what is wrong.
async fn hashed(
    app: &AppState,
    staff: &Requester,
    address: ClientAddress,
    typed: &Typed,
    sheet: &mut Sheet,
) -> Result<Option<NewPassword>, PageError> {
    let known = match &typed.current {
        None => None,
        Some((field, current)) => {
            let Some(known) = known_password(app, staff, address, current.clone()).await? else {
                sheet.note(field, text("wrong-password-current"));
                return Ok(None);
            };
            Some(known)
        }
    };
    let sign_in = app.sign_in();
    match sign_in.passwords.hash(&typed.password, &*sign_in.entropy).await {
        Ok(hash) => Ok(Some(NewPassword { known, hash })),
        Err(Error::Misuse(_)) => {
            sheet.note(typed.field, text_with("problem-password", "what", MIN_CHARS));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads what a page shows by `work`, if the part is open to who looks, with what is around it.
async fn look<T: Send + 'static>(
    app: &AppState,
    signed: &Signed,
    headers: &HeaderMap,
    part: Option<Part>,
    here: String,
    work: impl Fn(&mut dyn Tx, &Requester) -> Result<T, Error> + Send + 'static,
) -> Result<(Around, T), PageError> {
    let (staff, now) = (signed.requester(), app.clock().now());
    let read = move |tx: &mut dyn Tx| -> Result<(Vec<View>, T), Error> {
        part.map_or(Ok(()), |part| parts::enter(&staff, part))?;
        Ok((counted_views(tx, &staff, now)?, work(tx, &staff)?))
    };
    let (views, found) = app.store().read(read).await?;
    let link = |open: Part| PartLink { word: open.word(), is_current: Some(open) == part };
    let parts = parts::open_to(&staff).map(link).collect();
    Ok(((Frame::new(signed, headers, &views, None, here), parts), found))
}

fn shown(status: StatusCode, says: bool, page: &impl Template) -> Response {
    said_once(says, page::html(status, page))
}

/// Goes to `address`, where it is said what was done.
fn said(address: &str, kind: &'static str) -> Result<Response, PageError> {
    let mut response = go_to(address)?;
    response.headers_mut().extend([Said::that(kind).keep()]);
    Ok(response)
}
