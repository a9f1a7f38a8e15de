//! The texts of all pages, all in one Fluent file.

use std::fmt::Display;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// The file.
pub const ENGLISH: &str = include_str!("../../../texts/en.ftl");

static BUNDLE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| {
    let resource = FluentResource::try_new(ENGLISH.to_owned()).expect("a test reads the file");
    let english: LanguageIdentifier = "en".parse().expect("a language");
    let mut bundle = FluentBundle::new_concurrent(vec![english]);
    // The marks that keep directions apart are for texts that mix them.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).expect("a test reads the file");
    bundle
});

/// The text `key`.
pub fn text(key: &str) -> String {
    formatted(key, None)
}

/// The text `key` with something in its place `name`.
pub fn text_with(key: &str, name: &'static str, value: impl Display) -> String {
    text_of(key, &[(name, value.to_string())])
}

/// The text `key` with a number in its place `count`, by which it may choose its words.
pub fn counted(key: &str, count: i64) -> String {
    let mut args = FluentArgs::new();
    args.set("count", FluentValue::from(count));
    formatted(key, Some(&args))
}

/// The text `key` with its places filled.
pub fn text_of(key: &str, values: &[(&'static str, String)]) -> String {
    let args: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, FluentValue::from(value.as_str()))).collect();
    formatted(key, Some(&args))
}

/// The key itself stands for a text that is not there; a test sees to it that all are.
fn formatted(key: &str, args: Option<&FluentArgs<'_>>) -> String {
    let Some(pattern) = BUNDLE.get_message(key).and_then(|message| message.value()) else { return key.to_owned() };
    let mut errors = Vec::new();
    let text = BUNDLE.format_pattern(pattern, args, &mut errors).into_owned();
    debug_assert!(errors.is_empty(), "{key}: {errors:?}");
    text
}
