//! The part of the API's description that is about the staff's API.

use utoipa::openapi::{ContentBuilder, PathItem, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoParams, OpenApi, ToSchema};

use super::{events, manage, problem, search, tickets, workplace};

/// The failures that every endpoint of the desk may answer with.
const FAILURES: [(&str, &str); 9] = [
    ("400", "A field or parameter, or the body as a whole, is not what it must be"),
    ("401", "Who is calling is not known"),
    ("403", "The caller's role does not allow it"),
    ("404", "There is no such thing within the caller's reach"),
    ("409", "It clashes with what is there"),
    ("412", "It was changed since the version that If-Match names"),
    ("422", "The Idempotency-Key was used with another request"),
    ("429", "Too many requests; Retry-After says how long to wait"),
    ("503", "The server is busy; Retry-After says how long to wait"),
];

/// Those of endpoints that take a body.
const BODY_FAILURES: [(&str, &str); 3] = [
    ("408", "The body did not arrive in time"),
    ("413", "The body is larger than any request needs"),
    ("415", "The body is of a kind that is not read here"),
];

#[derive(OpenApi)]
#[openapi(
    paths(
        tickets::list::list,
        tickets::open::open,
        tickets::bulk::bulk,
        tickets::read::read,
        tickets::change::change,
        tickets::answer::reply,
        tickets::answer::note,
        tickets::merge::merge,
        workplace::see,
        workplace::read_draft,
        workplace::write_draft,
        workplace::present,
        manage::attachments::download,
        search::search,
        events::events,
        manage::requesters::list,
        manage::requesters::add,
        manage::requesters::read,
        manage::requesters::change,
        manage::users::list,
        manage::users::add,
        manage::users::read,
        manage::users::change,
        manage::me::read,
        manage::me::change,
        manage::teams::list,
        manage::teams::add,
        manage::teams::read,
        manage::teams::change,
        manage::categories::list,
        manage::categories::add,
        manage::categories::read,
        manage::categories::change,
        manage::tags::list,
        manage::tags::add,
        manage::tags::read,
        manage::tags::change,
        manage::apikeys::list,
        manage::apikeys::add,
        manage::apikeys::read,
        manage::apikeys::revoke,
        manage::identity_providers::list,
        manage::identity_providers::add,
        manage::identity_providers::read,
        manage::identity_providers::change,
        manage::identity_providers::remove,
        manage::canned_replies::list,
        manage::canned_replies::add,
        manage::canned_replies::read,
        manage::canned_replies::change,
        manage::canned_replies::remove,
        manage::views::list,
        manage::views::add,
        manage::views::read,
        manage::views::change,
        manage::views::remove,
        manage::workspace::read,
        manage::workspace::change,
        manage::audit::list,
    ),
    components(schemas(problem::ProblemDocument))
)]
struct Description;

/// Adds the desk to the description of the API.
pub fn describe(api: &mut utoipa::openapi::OpenApi) {
    let mut desk = Description::openapi();
    let mut components = desk.components.take().unwrap_or_default();
    let problem = |description: &str| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        ResponseBuilder::new().description(description).content("application/problem+json", content).build()
    };
    for (status, description) in FAILURES {
        components.responses.insert(format!("Problem{status}"), RefOr::T(problem(description)));
    }
    for (status, description) in BODY_FAILURES {
        components.responses.insert(format!("Problem{status}"), RefOr::T(problem(description)));
    }
    desk.components = Some(components);
    for (path, item) in &mut desk.paths.paths {
        for operation in operations(item) {
            // What two functions are called differs by where they are.
            operation.operation_id = operation.operation_id.take().map(|function| unique_id(&function, path));
            // The workspace is in the token.
            operation.security = Some(vec![utoipa::openapi::SecurityRequirement::new("bearer", [""; 0])]);
            let of_body = BODY_FAILURES.iter().filter(|_| operation.request_body.is_some());
            for (status, _) in FAILURES.iter().chain(of_body) {
                let reference = RefOr::Ref(Ref::from_response_name(format!("Problem{status}")));
                operation.responses.responses.entry((*status).to_owned()).or_insert(reference);
            }
        }
    }
    api.merge(desk);
}

/// An id that no other operation has: of the function, and of the path without what varies in it.
fn unique_id(function: &str, path: &str) -> String {
    let fixed = path.split('/').filter(|part| !part.is_empty() && !part.starts_with('{') && *part != "desk");
    format!("desk_{function}_{}", fixed.collect::<Vec<_>>().join("_").replace('-', "_"))
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut utoipa::openapi::path::Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
}

/// `Idempotency-Key`, on every write.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct WriteHeaders {
    /// Makes a retry safe: for 24 hours, the same key with the same request gets the first answer again
    #[param(rename = "Idempotency-Key", max_length = 255)]
    idempotency_key: Option<String>,
}

/// `If-Match`, on every change.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct IfMatchHeader {
    /// The `ETag` of what the change is about: it is refused if that has changed since
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

#[derive(ToSchema)]
#[schema(as = NewAnswer)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct AnswerForm {
    #[schema(example = "We have sent a new invoice.")]
    comment: String,
    /// The status that the ticket then has: `open`, `processing` or `closed`
    #[schema(example = "closed")]
    status: Option<String>,
    /// Up to ten files of 2 MiB each, each a part of its own; multipart only
    #[schema(format = Binary)]
    attachment: Option<String>,
}

#[derive(ToSchema)]
#[schema(as = NewTicketOfRequester)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct OpenForm {
    /// The id of the customer whose ticket it is
    requester: i64,
    #[schema(max_length = 500)]
    subject: String,
    /// `low`, `medium` or `high`
    #[schema(example = "medium")]
    priority: String,
    /// A category's id
    category: i64,
    comment: String,
    /// Up to ten files of 2 MiB each, each a part of its own; multipart only
    #[schema(format = Binary)]
    attachment: Option<String>,
}
