//! The audit log: who changed what of the workspace.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::app::desk::manage::audit_log::{self, DEFAULT_LIMIT};
use crate::domain::{AuditId, Error, UserId};
use crate::http::AppState;
use crate::http::desk::body::Moment;
use crate::http::desk::caller::Staff;
use crate::http::desk::cursor;
use crate::http::desk::kept::Answer;
use crate::http::desk::params::Params;
use crate::http::desk::problem::DeskError;
use crate::storage::queries::audit::{AuditFilter, RecordedEntry};

/// Something that was changed.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
struct EntryBody {
    /// Later entries have larger numbers
    id: i64,
    /// The id of the user who did it
    actor: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    #[schema(example = "team.changed")]
    kind: String,
    /// The id of the thing that it was done to
    subject: i64,
    /// What was so before, as far as it is otherwise now; null if nothing was
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// What is so now, as far as it was otherwise before; null if nothing is
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
}

impl TryFrom<RecordedEntry> for EntryBody {
    type Error = Error;

    fn try_from(entry: RecordedEntry) -> Result<Self, Error> {
        let read = |json: Option<String>| json.as_deref().map(serde_json::from_str).transpose();
        Ok(Self {
            id: entry.id.0,
            actor: entry.actor.0,
            at: Moment(entry.at),
            kind: entry.kind,
            subject: entry.subject,
            before: read(entry.before).map_err(Error::internal)?,
            after: read(entry.after).map_err(Error::internal)?,
        })
    }
}

/// A page of the audit log, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditPage)]
struct PageBody {
    entries: Vec<EntryBody>,
    /// Where to go on; absent on the last page
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct AuditParameters {
    /// The id of the user who did it
    actor: Option<i64>,
    /// What was done to what, such as `team.changed`
    kind: Option<String>,
    /// Not before (RFC 3339)
    from: Option<String>,
    /// Before (RFC 3339)
    before: Option<String>,
    /// How many entries; more than 200 are cut to 200
    #[param(minimum = 1, default = 50)]
    limit: Option<i64>,
    /// Where to go on, from `next` or `Link` of the page before
    cursor: Option<String>,
}

/// Read the audit log
///
/// Every change that the staff make to the workspace itself, the newest first; `Link` leads to the next page. What
/// happens to tickets is in the feed of events.
#[utoipa::path(get, path = "/desk/audit", tag = "Desk: workspace", params(AuditParameters),
    responses((status = 200, description = "A page of the log", body = PageBody)))]
pub async fn list(
    State(app): State<AppState>,
    staff: Staff,
    RawQuery(query): RawQuery,
    params: Params,
) -> Result<Response, DeskError> {
    let params = params.only(&["actor", "kind", "from", "before", "limit", "cursor"])?;
    let filter = AuditFilter {
        actor: params.number("actor")?.map(UserId),
        kinds: params.text("kind").map(|kind| vec![kind.replace(['\0', ','], " ")]),
        subject: None,
        from: params.moment("from")?,
        before: params.moment("before")?,
    };
    let limit = params.limit("limit")?.unwrap_or(DEFAULT_LIMIT);
    let after = params.text("cursor").map(read_cursor).transpose()?;
    let page = app.store().read_anywhere(move |tx| audit_log::read(tx, &staff.0, &filter, after, limit)).await?;
    let next = page.next.map(|id| cursor::write(&id.to_string()));
    let encoded = query.unwrap_or_default();
    let link = next.as_deref().map(|next| cursor::link(&app, "/desk/audit", &encoded, next)).transpose()?;
    let entries = page.entries.into_iter().map(EntryBody::try_from).collect::<Result<_, _>>()?;
    let mut response = Answer::ok(&PageBody { entries, next })?.present(&app);
    response.headers_mut().extend(link);
    Ok(response)
}

fn read_cursor(given: &str) -> Result<AuditId, Error> {
    cursor::read(given)?.parse().map(AuditId).map_err(|_| cursor::refused())
}
