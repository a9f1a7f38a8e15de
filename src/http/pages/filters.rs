//! What templates do with values.

#![allow(
    clippy::inline_always,
    clippy::unused_self,
    clippy::unnecessary_wraps,
    clippy::trivially_copy_pass_by_ref,
    reason = "Askama's macro makes a filter so"
)]

use std::fmt::Display;

use askama::Values;
use askama::filters::Safe;

use super::{assets, icons, texts};

/// The text of a key: `{{ "sign-in"|t }}`.
#[askama::filter_fn]
pub fn t<T: Display>(key: T, _: &dyn Values) -> askama::Result<String> {
    Ok(texts::text(&key.to_string()))
}

/// The text of a key, with a number in it: `{{ "tickets-shown"|n(count) }}`.
#[askama::filter_fn]
pub fn n<T: Display>(key: T, _: &dyn Values, count: &i64) -> askama::Result<String> {
    Ok(texts::counted(&key.to_string(), *count))
}

/// The text of a key, with a word in it, called `what` there: `{{ "remove-filter"|with(name) }}`.
#[askama::filter_fn]
pub fn with<T: Display, W: Display>(key: T, _: &dyn Values, what: W) -> askama::Result<String> {
    Ok(texts::text_with(&key.to_string(), "what", what))
}

/// An icon: `{{ "note"|icon }}`.
#[askama::filter_fn]
pub fn icon<T: Display>(name: T, _: &dyn Values) -> askama::Result<Safe<String>> {
    Ok(Safe(icons::svg(&name.to_string())))
}

/// The address of a file of ours: `{{ "desk.css"|asset }}`.
#[askama::filter_fn]
pub fn asset<T: Display>(name: T, _: &dyn Values) -> askama::Result<String> {
    Ok(assets::address(&name.to_string()))
}
