//! Moments on pages: exact for machines, short for people. Scripts put them into the viewer's own zone.

use askama::filters::Safe;
use jiff::Timestamp as Moment;

use super::texts::{counted, text, text_with};
use crate::domain::Timestamp;

/// A `<time>` that says the moment in full, in UTC.
pub fn full(at: Timestamp) -> Safe<String> {
    let (machine, shown) = (machine(at), shown(at));
    Safe(format!("<time datetime=\"{machine}\" data-full>{shown}</time>"))
}

/// A `<time>` that says how long ago the moment is, and the moment in full when asked.
pub fn ago(at: Timestamp, now: Timestamp) -> Safe<String> {
    let (machine, shown, ago) = (machine(at), shown(at), said(at, now));
    Safe(format!("<time datetime=\"{machine}\" title=\"{shown}\" data-ago>{ago}</time>"))
}

fn moment(at: Timestamp) -> Moment {
    Moment::from_microsecond(at.0).unwrap_or(Moment::UNIX_EPOCH)
}

/// The moment as machines read it, to the second.
pub fn machine(at: Timestamp) -> String {
    moment(at).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The moment in words, in UTC.
pub fn shown(at: Timestamp) -> String {
    text_with("moment", "what", moment(at).strftime("%-d %b %Y, %H:%M"))
}

/// How long ago, in the one unit that says most. Whatever is to come is now.
fn said(at: Timestamp, now: Timestamp) -> String {
    let minutes = (now.0 - at.0).max(0) / 60_000_000;
    match minutes {
        0 => text("ago-now"),
        1..60 => counted("ago-minutes", minutes),
        60..1440 => counted("ago-hours", minutes / 60),
        1440..43_200 => counted("ago-days", minutes / 1440),
        _ => moment(at).strftime("%-d %b %Y").to_string(),
    }
}
