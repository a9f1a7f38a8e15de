//! Where attachments' bytes are, and how S3 is reached.

use std::path::{Path, PathBuf};
use std::time::Duration;

use configparser::ini::{Ini, IniDefault};
use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;

use super::{Config, ConfigError};

/// Where attachments' bytes are.
#[derive(Clone, Debug)]
pub enum BlobsAt {
    /// In files below this folder.
    Folder(PathBuf),
    /// In a bucket.
    S3(Box<S3Options>),
}

/// How a bucket is reached.
#[derive(Clone, Debug)]
pub struct S3Options {
    pub bucket: String,
    /// What all keys begin with, without slashes around; empty for none.
    pub prefix: String,
    /// The server's address, without the bucket; `None` is Amazon's.
    pub endpoint: Option<Url>,
    pub region: String,
    pub addressing: Addressing,
    pub credentials: S3Credentials,
    /// How long a request may take, with all its repetitions.
    pub timeout: Duration,
}

/// Where a bucket's name goes in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addressing {
    /// `https://s3.example.com/bucket/key`
    Path,
    /// `https://bucket.s3.example.com/key`
    VirtualHost,
}

/// What requests are signed with. Never printed.
#[derive(Clone, Debug)]
pub struct S3Credentials {
    pub access_key_id: SecretString,
    pub secret_access_key: SecretString,
    /// Comes with credentials that expire.
    pub session_token: Option<SecretString>,
}

impl S3Options {
    /// The address that the client is to be given, if it is not Amazon's: with the bucket where that is the host's
    /// first part, and without where the client puts it into the path.
    #[must_use]
    pub fn client_endpoint(&self) -> Option<String> {
        let endpoint = self.endpoint.as_ref()?;
        let port = endpoint.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = endpoint.host_str()?;
        let bucket = match self.addressing {
            Addressing::Path => String::new(),
            Addressing::VirtualHost => format!("{}.", self.bucket),
        };
        Some(format!("{}://{bucket}{host}{port}", endpoint.scheme()))
    }
}

impl S3Credentials {
    /// Those of the usual variables of the environment, if both are there.
    #[must_use]
    pub(super) fn of_environment() -> Option<Self> {
        let text = |name| std::env::var(name).ok().filter(|value| !value.is_empty()).map(SecretString::from);
        Some(Self {
            access_key_id: text("AWS_ACCESS_KEY_ID")?,
            secret_access_key: text("AWS_SECRET_ACCESS_KEY")?,
            session_token: text("AWS_SESSION_TOKEN"),
        })
    }

    /// Those of the section `[default]` of a file such as `~/.aws/credentials`.
    fn of_file(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display();
        let problem = |problem: &str| ConfigError(format!("s3_credentials_file: {shown} {problem}"));
        let text = std::fs::read_to_string(path).map_err(|error| problem(&format!("cannot be read: {error}")))?;
        let mut rules = IniDefault::default();
        // Secrets may have any of these signs in them.
        rules.delimiters = vec!['='];
        rules.inline_comment_symbols = Some(Vec::new());
        // What the parser complains of is not repeated: it may be a secret.
        let sections = Ini::new_from_defaults(rules).read(text).map_err(|_| problem("is no file of sections"))?;
        let value = |name: &str| {
            let value = sections.get("default")?.get(name)?.clone()?;
            (!value.is_empty()).then(|| SecretString::from(value))
        };
        match (value("aws_access_key_id"), value("aws_secret_access_key")) {
            (Some(access_key_id), Some(secret_access_key)) => {
                Ok(Self { access_key_id, secret_access_key, session_token: value("aws_session_token") })
            }
            _ => Err(problem("must have aws_access_key_id and aws_secret_access_key in [default]")),
        }
    }
}

impl Config {
    /// Where the attachments' bytes are.
    ///
    /// # Errors
    /// When `blobs` is of another kind, or S3 cannot be reached with these settings.
    pub fn blobs_at(&self) -> Result<BlobsAt, ConfigError> {
        let Some(url) = self.blobs.as_deref() else { return Ok(BlobsAt::Folder(self.data.join("blobs"))) };
        if let Some(path) = url.strip_prefix("file:").filter(|path| !path.is_empty()) {
            return Ok(BlobsAt::Folder(PathBuf::from(path)));
        }
        match url.strip_prefix("s3://") {
            Some(place) => Ok(BlobsAt::S3(Box::new(self.s3_options(place)?))),
            None => Err(ConfigError("blobs: must be file:DIR or s3://BUCKET/PREFIX".to_owned())),
        }
    }

    fn s3_options(&self, place: &str) -> Result<S3Options, ConfigError> {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if bucket.is_empty() || !bucket.bytes().all(is_name) {
            return Err(ConfigError(format!("blobs: \"{bucket}\" is no name of a bucket, as in s3://BUCKET/PREFIX")));
        }
        let prefix = prefix.trim_matches('/');
        if !prefix.bytes().all(|b| is_name(b) || b == b'/') || prefix.split('/').any(|part| part.starts_with('.')) {
            return Err(ConfigError(format!(
                "blobs: the prefix \"{prefix}\" must be letters, digits, '-', '_' or '/'"
            )));
        }
        if self.s3_timeout_seconds == 0 {
            return Err(ConfigError("s3_timeout_seconds: must be 1 or more".to_owned()));
        }
        if self.s3_region.is_empty() {
            return Err(ConfigError("s3_region: must be a region; us-east-1 suits servers that have none".to_owned()));
        }
        let endpoint = self.s3_endpoint.as_deref().map(endpoint).transpose()?;
        let usual = if endpoint.is_some() { Addressing::Path } else { Addressing::VirtualHost };
        let addressing = self.s3_addressing.unwrap_or(usual);
        let has_name = endpoint.as_ref().is_none_or(|url| url.domain().is_some());
        if addressing == Addressing::VirtualHost && !has_name {
            return Err(ConfigError(
                "s3_addressing: virtual-host needs a name in s3_endpoint; with a number of an address, set path"
                    .to_owned(),
            ));
        }
        Ok(S3Options {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint,
            region: self.s3_region.clone(),
            addressing,
            credentials: self.s3_credentials()?,
            timeout: Duration::from_secs(self.s3_timeout_seconds),
        })
    }

    /// The settings' own, else those of the file that they name, else those of the environment.
    fn s3_credentials(&self) -> Result<S3Credentials, ConfigError> {
        match (&self.s3_access_key_id, &self.s3_secret_access_key) {
            (Some(id), Some(secret)) => {
                return Ok(S3Credentials {
                    access_key_id: id.clone(),
                    secret_access_key: secret.clone(),
                    session_token: None,
                });
            }
            (None, None) => {}
            (Some(_), None) => {
                return Err(ConfigError("s3_secret_access_key: must be set where s3_access_key_id is".to_owned()));
            }
            (None, Some(_)) => {
                return Err(ConfigError("s3_access_key_id: must be set where s3_secret_access_key is".to_owned()));
            }
        }
        if let Some(file) = &self.s3_credentials_file {
            return S3Credentials::of_file(file);
        }
        self.aws_environment.clone().ok_or_else(|| {
            ConfigError(
                "s3_access_key_id: S3 wants credentials: set s3_access_key_id and s3_secret_access_key, or \
                 s3_credentials_file, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                    .to_owned(),
            )
        })
    }
}

fn endpoint(given: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(given).ok().filter(|url| {
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        // What is given before an @ would be printed with the address.
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare && is_anonymous
    });
    // The given text is not repeated: it may have a secret in it.
    url.ok_or_else(|| ConfigError("s3_endpoint: must be an address such as https://s3.example.com".to_owned()))
}
