//! From a request to what a use case takes.

mod body;
mod caller;
mod fields;
mod form;
mod json;
mod multipart;
mod repeatable;

pub use body::BodyReader;
pub use caller::{Caller, CatalogueCaller, Client, ClientAddress, recognise};
pub use form::{Form, PLAIN_BODY_MAX_BYTES, PageForm, QueryForm, UploadedFile};
pub use repeatable::IdempotencyKey;
