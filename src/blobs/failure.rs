//! What goes wrong with a store, in one line and without what need not be known.

use std::error::Error as _;

use crate::domain::Error;

/// Characters of a line about a failure; a server's answer may be long.
const LINE_MAX: usize = 500;

/// What a failed request means to whoever asked: what is not there is a fault of ours, the rest may work in a moment.
pub fn failed(error: object_store::Error) -> Error {
    if matches!(error, object_store::Error::NotFound { .. }) {
        return Error::internal(error);
    }
    tracing::error!(error = describe(&error), "the store of attachments failed");
    Error::Busy { retry_after: crate::storage::RETRY_AFTER }
}

/// The failure in one line. Of what a server of S3 answers, its code and its message are kept: the rest repeats the
/// request, with its signature.
pub fn describe(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    // What an error says of its causes varies; that nobody listens, or what is wrong with a certificate, comes last.
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    let line = match text.split_once(": <") {
        None => text,
        Some((before, answer)) => {
            let (code, message) = (element(answer, "Code"), element(answer, "Message"));
            format!("{before}: {}: {}", code.unwrap_or("no code"), message.unwrap_or("no message"))
        }
    };
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LINE_MAX).collect()
}

/// What is in the first XML element `name`.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once('<')?.0)
}

/// Whether the server does not know `If-None-Match`, and says so.
pub fn has_no_conditional_put(error: &object_store::Error) -> bool {
    // The library keeps the status to itself, but for its text.
    matches!(error, object_store::Error::NotImplemented { .. }) || error.to_string().contains("status code: 501")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(text: &str) -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: text.to_owned().into() }
    }

    #[test]
    fn of_a_servers_answer_code_and_message_are_kept() {
        let error = answered(
            "Server returned non-2xx status code: 403 Forbidden: <?xml version='1.0'?>\n<Error><Code>SignatureDoesNotMatch\
             </Code><Message>It does not match.</Message><StringToSign>AWS4-HMAC-SHA256\nabc</StringToSign></Error>",
        );
        assert_eq!(
            describe(&error),
            "Generic S3 error: Server returned non-2xx status code: 403 Forbidden: SignatureDoesNotMatch: It does not match."
        );
    }

    #[test]
    fn a_server_without_conditional_puts_is_known_by_its_status() {
        assert!(has_no_conditional_put(&answered("Server returned non-2xx status code: 501 Not Implemented: ")));
        assert!(!has_no_conditional_put(&answered("Server returned non-2xx status code: 503 Slow Down: ")));
    }
}
