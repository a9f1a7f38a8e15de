//! The feed of what happened, page by page or as Server-Sent Events.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Method, header};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::body::Moment;
use super::caller::Staff;
use super::kept::Answer;
use super::params::Params;
use super::problem::DeskError;
use crate::app::desk::read_events::{EventPage, PAGE_MAX, read_events};
use crate::domain::{Error, EventId};
use crate::http::{ApiError, AppState};
use crate::storage::queries::events::RecordedEvent;

/// How often a stream looks for what is new.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looks without news after which a stream says that it is still there.
const LOOKS_IN_SILENCE: u32 = 30;

/// How long a stream lasts. Clients come back by themselves, with the last event they have seen.
const LASTS: Duration = Duration::from_mins(1);

/// How soon a client comes back whose stream has ended.
const COMES_BACK_AFTER: Duration = Duration::from_millis(500);

/// Something that happened.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventBody {
    /// Later events have larger numbers
    id: i64,
    ticket: i64,
    /// The id of the user who did it
    actor: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    #[schema(example = "ticket.status_changed")]
    kind: String,
    /// What was so before; null if nothing was
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// What is so now
    #[schema(value_type = Object)]
    after: Value,
}

impl TryFrom<RecordedEvent> for EventBody {
    type Error = Error;

    fn try_from(event: RecordedEvent) -> Result<Self, Error> {
        let read = |json: &str| serde_json::from_str(json).map_err(Error::internal);
        Ok(Self {
            id: event.id.0,
            ticket: event.ticket.0,
            actor: event.actor.0,
            at: Moment(event.at),
            kind: event.kind,
            before: event.before.as_deref().map(read).transpose()?,
            after: read(&event.after)?,
        })
    }
}

/// A part of the feed.
#[derive(Serialize, ToSchema)]
#[schema(as = EventPage)]
struct PageBody {
    events: Vec<EventBody>,
    /// What to give as `after` next
    last: i64,
    /// Whether to ask again at once
    more: bool,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct EventParameters {
    /// Only events with larger numbers
    #[param(default = 0, minimum = 0)]
    after: Option<i64>,
    /// How many events; more than 500 are cut to 500
    #[param(minimum = 1, default = 500)]
    limit: Option<i64>,
}

/// Follow what happens
///
/// In the order in which it happened, without gaps: who goes on at `last` misses nothing. With `Accept:
/// text/event-stream` as Server-Sent Events, each with the number of the event as its id, resumed by `Last-Event-ID`.
#[utoipa::path(get, path = "/desk/events", tag = "Desk: events", params(EventParameters),
    responses((status = 200, description = "A part of the feed",
        content((PageBody = "application/json"), (String = "text/event-stream")))))]
pub async fn events(
    State(app): State<AppState>,
    staff: Staff,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, DeskError> {
    let params = params.only(&["after", "limit"])?;
    let limit = params.number("limit")?.unwrap_or(PAGE_MAX);
    let after = EventId(last_seen(&headers).or(params.number("after")?).unwrap_or_default());
    if after.0 < 0 || limit < 1 {
        return Err(ApiError::field(if limit < 1 { "limit" } else { "after" }, "It is too small.").into());
    }
    if accepts_a_stream(&headers) {
        return Ok(streamed(app, headers, after));
    }
    let page = app.store().read_anywhere(move |tx| read_events(tx, &staff.0, after, limit)).await?;
    let EventPage { events, last, more } = page;
    let events = events.into_iter().map(EventBody::try_from).collect::<Result<_, _>>()?;
    Ok(Answer::ok(&PageBody { events, last: last.0, more })?.present(&app))
}

/// The number of the event that a stream had come to which is resumed.
pub fn last_seen(headers: &HeaderMap) -> Option<i64> {
    headers.get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok())
}

/// Whether a client can read Server-Sent Events.
pub fn accepts_a_stream(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accepts.is_some_and(|accepts| accepts.contains("text/event-stream"))
}

/// Where a stream is.
struct Follower {
    app: AppState,
    headers: HeaderMap,
    after: EventId,
    looks: u32,
    until: tokio::time::Instant,
}

fn streamed(app: AppState, headers: HeaderMap, after: EventId) -> Response {
    let until = tokio::time::Instant::now() + LASTS;
    let follower = Follower { app, headers, after, looks: 0, until };
    let chunks = stream::unfold(follower, |follower| async move { follower.next().await });
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // A proxy that keeps what it gets until it has enough would keep all of it.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

impl Follower {
    /// What to send next; `None` ends the stream: its time is over, the server
    /// stops, the database is away, or the caller is none any more.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        loop {
            // Rights may go, and sessions end, while the stream goes on.
            let staff = self.app.authenticator().staff_by(&Method::GET, &self.headers).await.ok()?;
            let after = self.after;
            let page = self.app.store().read_anywhere(move |tx| read_events(tx, &staff, after, PAGE_MAX)).await.ok()?;
            self.after = page.last;
            self.looks += 1;
            let mut text = String::new();
            for event in page.events {
                let body = EventBody::try_from(event).ok()?;
                let json = serde_json::to_string(&body).ok()?;
                let _ = write!(text, "id: {}\ndata: {json}\n\n", body.id);
            }
            if self.looks == 1 {
                let _ = write!(text, "retry: {}\n\n", COMES_BACK_AFTER.as_millis());
            } else if text.is_empty() && self.looks.is_multiple_of(LOOKS_IN_SILENCE) {
                text.push_str(":\n\n");
            }
            if !text.is_empty() {
                return Some((Ok(Bytes::from(text)), self));
            }
            if tokio::time::Instant::now() >= self.until || self.app.is_stopping() {
                return None;
            }
            if !page.more {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    }
}
