//! The API's description, made from the handlers, and a page that shows it.

use axum::Router;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use http::{HeaderValue, header};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, ContentBuilder, Ref, RefOr, ResponseBuilder, ServerBuilder};
use utoipa::{IntoParams, OpenApi, ToSchema};
use utoipa_swagger_ui::SwaggerUi;

use super::customer::{
    catalogue, change_status, create_ticket, detailed_view, download, history, log_in, refresh, reply, update_ticket,
};
use super::desk;
use super::{AppState, security_headers};

/// The failures that every endpoint may answer with, by status.
const FAILURES: [(&str, &str); 9] = [
    ("400", "A field, or the body as a whole, is not what it must be"),
    ("401", "Who is calling is not known, or has as many open tickets as allowed"),
    ("404", "There is no such thing for this caller"),
    ("408", "The body did not arrive in time"),
    ("413", "The body is larger than any request needs"),
    ("415", "The body is of none of the three kinds"),
    ("422", "The Idempotency-Key was used with another request"),
    ("429", "Too many requests; Retry-After says how long to wait"),
    ("503", "The server is busy; Retry-After says how long to wait"),
];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ferrodesk customer API",
        description = "Support tickets for the users of your product. Every path is accepted with and without its final \
            slash. Every POST takes multipart/form-data, application/x-www-form-urlencoded and application/json; a file \
            needs multipart.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        catalogue::category_list, create_ticket::create_ticket, history::history, catalogue::tag_list,
        update_ticket::update_ticket, detailed_view::detailed_view, download::download, reply::reply,
        change_status::change_status, log_in::log_in, refresh::refresh,
    ),
    components(schemas(FailureAnswer)),
    security(("apikey" = [], "bearer" = [])),
)]
struct Description;

/// The OpenAPI 3.1 document of an API below `base`, such as `/api/v1`.
#[must_use]
pub fn openapi(base: &str) -> utoipa::openapi::OpenApi {
    let mut api = Description::openapi();
    api.servers = Some(vec![ServerBuilder::new().url(base).build()]);
    let apikey = ApiKey::Header(ApiKeyValue::with_description("apikey", "Names the application and its workspace"));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("Names the user: an access token of this server, or of a trusted identity provider"))
        .build();
    let components = api.components.take().unwrap_or_else(|| ComponentsBuilder::new().build());
    let failure = |description: &str| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Failure"))).build();
        ResponseBuilder::new().description(description).content("application/json", content).build()
    };
    let mut components = components;
    components.security_schemes.insert("apikey".to_owned(), RefOr::T(SecurityScheme::ApiKey(apikey)));
    components.security_schemes.insert("bearer".to_owned(), RefOr::T(SecurityScheme::Http(bearer)));
    for (status, description) in FAILURES {
        components.responses.insert(format!("Failure{status}"), RefOr::T(failure(description)));
    }
    api.components = Some(components);
    for item in api.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            for (status, _) in FAILURES {
                let reference = RefOr::Ref(Ref::from_response_name(format!("Failure{status}")));
                operation.responses.responses.entry(status.to_owned()).or_insert(reference);
            }
        }
    }
    desk::docs::describe(&mut api);
    api
}

/// `/openapi.json` and the page at `/docs`, all of it from this binary.
pub fn routes(base: &str) -> Router<AppState> {
    let document = openapi(base).to_pretty_json().expect("a description of strings can be written as JSON");
    let page = SwaggerUi::new("/docs").config(utoipa_swagger_ui::Config::from("/openapi.json"));
    Router::new()
        // Who opens the bare address in a browser wants to know what this is.
        .route("/", get(|| async { Redirect::to("/docs/") }))
        .route(
            "/openapi.json",
            get(|| async move {
                ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], document).into_response()
            }),
        )
        .merge(security_headers::on_documentation(page.into()))
}

/// `Idempotency-Key`, on every POST.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct IdempotencyKeyHeader {
    /// Makes a retry safe: for 24 hours, the same key with the same body gets the first answer again.
    #[param(rename = "Idempotency-Key", max_length = 255, example = "6f1c2c9e-3b0a-4a54-9a57-0f6f6d9f1a11")]
    idempotency_key: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct HistoryParameters {
    /// How many tickets; more than 1000 are cut to 1000
    // Of any size, as all numbers here: what is larger than any row's names nothing.
    #[param(minimum = 1, default = 50)]
    limit: Option<i128>,
    /// How many tickets to pass over
    #[param(minimum = 0, default = 0)]
    offset: Option<i128>,
    /// A part of the subject, in any case
    subject: Option<String>,
    /// A category's id
    category: Option<i128>,
    /// `1` Open, `2` Processing, `3` Closed
    status: Option<i128>,
    /// Where to go on, from the `Link` of the page before
    cursor: Option<String>,
}

#[derive(ToSchema)]
#[schema(as = NewTicket)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct NewTicketForm {
    #[schema(max_length = 500, example = "The invoice of May is wrong")]
    subject: String,
    /// `1` Low, `2` Medium, `3` High
    #[schema(example = "2")]
    priority: String,
    #[schema(example = "It lists 30 seats, we have 20.")]
    comment: String,
    /// A category's id
    #[schema(example = "1")]
    category: String,
    /// Up to ten files of 2 MiB each, each a part of its own; multipart only
    #[schema(format = Binary)]
    attachment: Option<String>,
}

#[derive(ToSchema)]
#[schema(as = NewConversation)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct ReplyForm {
    /// The ticket's id
    #[schema(example = "1")]
    ticket: String,
    comment: String,
    /// Up to ten files of 2 MiB each, each a part of its own; multipart only
    #[schema(format = Binary)]
    attachment: Option<String>,
}

#[derive(ToSchema)]
#[schema(as = TicketUpdate)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct UpdateForm {
    /// The ticket's id
    #[schema(example = "1")]
    ticket_id: String,
    /// `1` Low, `2` Medium, `3` High
    priority: Option<String>,
    /// The tags' ids
    tags: Vec<String>,
}

#[derive(ToSchema)]
#[schema(as = StatusChange)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct StatusForm {
    /// The ticket's id
    #[schema(example = "1")]
    ticket: String,
    /// `2` to open, `3` to close
    #[schema(example = "3")]
    status: String,
}

#[derive(ToSchema)]
#[schema(as = Login)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct LoginForm {
    /// The e-mail address
    username: String,
    password: String,
}

#[derive(ToSchema)]
#[schema(as = Refresh)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct RefreshForm {
    refresh: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct TokenPair {
    refresh: String,
    access: String,
}

/// A success; `data` is the endpoint's own.
macro_rules! answers {
    ($($(#[$doc:meta])* $answer:ident as $name:ident: $data:ty;)+) => {$(
        $(#[$doc])*
        #[derive(ToSchema)]
        #[schema(as = $name)]
        #[expect(dead_code, reason = "read by the derive alone")]
        pub struct $answer {
            #[schema(example = 200)]
            status_code: u16,
            #[schema(value_type = Object)]
            errors: (),
            data: $data,
        }
    )+};
}

answers! {
    /// The category list.
    CategoryListAnswer as CategoryListAnswer: CategoryListData;
    /// The tag list.
    TagListAnswer as TagListAnswer: TagListData;
    /// The ticket list.
    TicketListAnswer as TicketListAnswer: TicketListData;
    /// A ticket's detailed view.
    DetailedViewAnswer as DetailedViewAnswer: DetailedViewData;
    /// Nothing to tell but that it is done.
    EmptyAnswer as EmptyAnswer: EmptyData;
}

#[derive(ToSchema)]
pub struct EmptyData {}

#[derive(ToSchema)]
#[expect(dead_code, non_snake_case, reason = "read by the derive alone; the reference's names")]
pub struct CategoryListData {
    CategoryList: Vec<catalogue::CategoryItem<'static>>,
}

#[derive(ToSchema)]
#[expect(dead_code, non_snake_case, reason = "read by the derive alone; the reference's names")]
pub struct TagListData {
    TicketTagList: Vec<catalogue::TagItem<'static>>,
}

#[derive(ToSchema)]
#[expect(dead_code, non_snake_case, reason = "read by the derive alone; the reference's names")]
pub struct TicketListData {
    TicketList: Vec<history::TicketItem<'static>>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct DetailedViewData {
    ticket: detailed_view::TicketDetail<'static>,
    /// The requester's e-mail address
    author: String,
    conversations: Vec<detailed_view::ConversationItem<'static>>,
    attachments: Vec<detailed_view::AttachmentItem>,
}

/// A failure: every field that failed, with its messages; what belongs to no field is under `detail`.
#[derive(ToSchema)]
#[schema(as = Failure)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct FailureAnswer {
    #[schema(example = 400)]
    status_code: u16,
    #[schema(example = "Validation Error")]
    error_type: String,
    #[schema(example = json!({"subject": ["This field is required."]}))]
    errors: std::collections::BTreeMap<String, Vec<String>>,
    #[schema(value_type = Object)]
    data: (),
}
