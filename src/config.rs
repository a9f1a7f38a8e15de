//! Settings: from a file, then the environment (`FERRODESK_…`), then flags; read and checked once, at start.

mod blobs;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::error::{Actual, Kind};
use figment::providers::{Env, Format as _, Serialized, Toml};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::identity::secret::{Secret, SecretError};
use crate::storage::{Database, PostgresUrl};

pub use blobs::{Addressing, BlobsAt, S3Credentials, S3Options};

/// All settings. The names are those of the file; in the environment they are upper-case and begin with `FERRODESK_`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder of database, attachments and secrets.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; the default is `ferrodesk.db` in the data folder.
    pub database: Option<SecretString>,
    /// A streaming replica of the database, `postgres://…`, for reads that can be served there.
    pub read_database: Option<SecretString>,
    /// `file:DIR` or `s3://BUCKET/PREFIX`; the default is the folder `blobs` in the data folder.
    pub blobs: Option<String>,
    /// The address of an S3 server that is not Amazon's, such as `https://s3.example.com`.
    pub s3_endpoint: Option<String>,
    /// The region that requests to S3 are signed for.
    pub s3_region: String,
    /// Where the bucket's name goes; the default is `path` with an endpoint and `virtual-host` without.
    pub s3_addressing: Option<Addressing>,
    /// What requests to S3 are signed with; without it, the file's or the environment's.
    pub s3_access_key_id: Option<SecretString>,
    /// What belongs to the access key's id.
    pub s3_secret_access_key: Option<SecretString>,
    /// A file with credentials in its section `[default]`, as Amazon's tools have it.
    pub s3_credentials_file: Option<PathBuf>,
    /// Seconds that a request to S3 may take.
    pub s3_timeout_seconds: u64,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address that clients know us by, such as `https://support.example.com`, for absolute links.
    pub public_url: Option<String>,
    /// The secret that tokens are signed with; the default is made once and kept in the data folder.
    pub secret: Option<SecretString>,
    /// The first part of every path.
    pub api_prefix: String,
    /// The second part of every path.
    pub api_version: String,
    /// Whether endpoints 1 and 4 want a user's token beside the apikey.
    pub catalog_requires_token: bool,
    /// Origins that browsers may call from, separated by commas; `*` is any. Empty is none.
    pub cors_origins: String,
    /// The least severe messages that are logged, as `tracing` writes filters.
    pub log: String,
    /// `json` or `pretty`.
    pub log_format: LogFormat,
    /// Requests a minute that one apikey may make; 0 is any number.
    pub requests_per_minute_per_apikey: u32,
    /// Requests a minute that one user may make; 0 is any number.
    pub requests_per_minute_per_user: u32,
    /// Failed sign-ins to one account in five minutes; 0 is any number.
    pub login_failures_per_account: u32,
    /// Failed sign-ins from one address in five minutes; 0 is any number.
    pub login_failures_per_address: u32,
    /// Whether the last `X-Forwarded-For` is the client's address. Only behind a proxy that sets it.
    pub trust_forwarded_for: bool,
    /// Seconds that a client may take to send a request's headers, or stay idle between two requests.
    pub header_timeout_seconds: u64,
    /// Seconds that a request's body may pause.
    pub body_idle_timeout_seconds: u64,
    /// Seconds that a request's body may take as a whole.
    pub body_timeout_seconds: u64,
    /// Seconds that a client may take to read on while an answer is sent to it.
    pub write_timeout_seconds: u64,
    /// Seconds that a client may be behind with reading what was answered, however steadily it reads.
    pub answer_timeout_seconds: u64,
    /// Connections at once; further ones wait to be accepted.
    pub connections_max: usize,
    /// Bytes that a request's body may have.
    pub body_max_bytes: usize,
    /// MiB of attachments that may be in memory at once, over all requests.
    pub upload_memory_mib: usize,
    /// Requests that may wait for the database; one more is answered 503.
    pub storage_queue: usize,
    /// Threads that read the database, each on a connection of its own; 0 is one a core, from 4 to 8, on SQLite, and 8 on
    /// PostgreSQL. One user has half of them at once.
    pub storage_readers: usize,
    /// Threads that write to PostgreSQL, each on a connection of its own; 0 is 16. SQLite has one.
    pub storage_writers: usize,
    /// What `/metrics` wants as a bearer token; without it, anybody may read the figures.
    pub metrics_token: Option<SecretString>,
    /// What `AWS_ACCESS_KEY_ID` and its like say.
    #[serde(skip)]
    aws_environment: Option<S3Credentials>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// For people.
    Pretty,
}

/// The settings that have a default, as they are without file, environment and flags.
#[derive(Serialize)]
struct Defaults {
    data: &'static str,
    listen: &'static str,
    api_prefix: &'static str,
    api_version: &'static str,
    catalog_requires_token: bool,
    cors_origins: &'static str,
    log: &'static str,
    log_format: LogFormat,
    requests_per_minute_per_apikey: u32,
    requests_per_minute_per_user: u32,
    login_failures_per_account: u32,
    login_failures_per_address: u32,
    trust_forwarded_for: bool,
    header_timeout_seconds: u64,
    body_idle_timeout_seconds: u64,
    body_timeout_seconds: u64,
    write_timeout_seconds: u64,
    answer_timeout_seconds: u64,
    connections_max: usize,
    body_max_bytes: usize,
    upload_memory_mib: usize,
    storage_queue: usize,
    storage_readers: usize,
    storage_writers: usize,
    s3_region: &'static str,
    s3_timeout_seconds: u64,
}

const DEFAULTS: Defaults = Defaults {
    data: "./data",
    listen: "127.0.0.1:8080",
    api_prefix: "api",
    api_version: "v1",
    catalog_requires_token: true,
    cors_origins: "",
    log: "info",
    log_format: LogFormat::Json,
    requests_per_minute_per_apikey: 0,
    requests_per_minute_per_user: 0,
    login_failures_per_account: 10,
    login_failures_per_address: 1000,
    trust_forwarded_for: false,
    header_timeout_seconds: 30,
    body_idle_timeout_seconds: 20,
    body_timeout_seconds: 300,
    write_timeout_seconds: 30,
    answer_timeout_seconds: 300,
    connections_max: 10000,
    body_max_bytes: 32 * 1024 * 1024,
    upload_memory_mib: 256,
    storage_queue: 4096,
    storage_readers: 0,
    storage_writers: 0,
    s3_region: "us-east-1",
    s3_timeout_seconds: 2,
};

/// The settings that are text, whatever their values look like.
const TEXTS: [&str; 19] = [
    "data",
    "database",
    "read_database",
    "blobs",
    "listen",
    "public_url",
    "secret",
    "api_prefix",
    "api_version",
    "cors_origins",
    "log",
    "log_format",
    "metrics_token",
    "s3_endpoint",
    "s3_region",
    "s3_addressing",
    "s3_access_key_id",
    "s3_secret_access_key",
    "s3_credentials_file",
];

/// The settings that are not.
const NUMBERS_AND_SWITCHES: [&str; 18] = [
    "catalog_requires_token",
    "requests_per_minute_per_apikey",
    "requests_per_minute_per_user",
    "login_failures_per_account",
    "login_failures_per_address",
    "trust_forwarded_for",
    "header_timeout_seconds",
    "body_idle_timeout_seconds",
    "body_timeout_seconds",
    "write_timeout_seconds",
    "answer_timeout_seconds",
    "connections_max",
    "body_max_bytes",
    "upload_memory_mib",
    "storage_queue",
    "storage_readers",
    "storage_writers",
    "s3_timeout_seconds",
];

/// What flags say; `None` leaves the setting to environment, file and default.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Flags {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_database: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blobs: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
}

/// What is wrong with the settings: one line that names the setting and the way out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Config {
    /// Reads the settings and checks them.
    ///
    /// # Errors
    /// When the file is missing or malformed, or a setting is unknown or cannot be.
    pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigError> {
        let mut settings = Figment::from(Serialized::defaults(DEFAULTS));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError(format!("there is no settings file {}", file.display())));
            }
            settings = settings.merge(Toml::file_exact(file));
        }
        // Others put variables of such names into the environment too: Kubernetes does for a service called ferrodesk.
        let mut settings = settings.merge(Env::prefixed("FERRODESK_").only(&NUMBERS_AND_SWITCHES));
        for name in TEXTS {
            settings = settings.merge(text_from_environment(name));
        }
        Self::extract(settings, flags, S3Credentials::of_environment())
    }

    /// The default settings and what flags say, whatever the environment is.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn defaults(flags: &Flags) -> Result<Self, ConfigError> {
        Self::extract(Figment::from(Serialized::defaults(DEFAULTS)), flags, None)
    }

    fn extract(settings: Figment, flags: &Flags, aws: Option<S3Credentials>) -> Result<Self, ConfigError> {
        let mut config: Self = settings.merge(Serialized::defaults(flags)).extract().map_err(|e| without_values(&e))?;
        config.aws_environment = aws;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        for (name, part) in [("api_prefix", &self.api_prefix), ("api_version", &self.api_version)] {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
                return Err(ConfigError(format!("{name}: \"{part}\" must be letters, digits, '-', '_' or '.'")));
            }
        }
        if self.body_max_bytes < 24 * 1024 * 1024 {
            return Err(ConfigError("body_max_bytes: ten files of 2 MiB need 25165824 or more".to_owned()));
        }
        if self.upload_memory_mib < 22 {
            return Err(ConfigError("upload_memory_mib: the files of one request need 22 or more".to_owned()));
        }
        if self.storage_queue == 0 {
            return Err(ConfigError("storage_queue: must be 1 or more".to_owned()));
        }
        for (name, seconds) in [
            ("header_timeout_seconds", self.header_timeout_seconds),
            ("body_idle_timeout_seconds", self.body_idle_timeout_seconds),
            ("body_timeout_seconds", self.body_timeout_seconds),
            ("write_timeout_seconds", self.write_timeout_seconds),
            ("answer_timeout_seconds", self.answer_timeout_seconds),
        ] {
            if seconds == 0 {
                return Err(ConfigError(format!("{name}: must be 1 or more")));
            }
        }
        if self.connections_max == 0 {
            return Err(ConfigError("connections_max: must be 1 or more".to_owned()));
        }
        if let Some(url) = &self.public_url {
            let is_url = reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !is_url || !url.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(ConfigError(format!(
                    "public_url: {url:?} must be an address such as https://support.example.com"
                )));
            }
        }
        for origin in self.cors_origins() {
            if origin.ends_with('/') {
                return Err(ConfigError(format!("cors_origins: \"{origin}\" must be without the final slash")));
            }
            if origin != "*" && !origin.starts_with("http://") && !origin.starts_with("https://") {
                return Err(ConfigError(format!("cors_origins: \"{origin}\" must begin with http:// or https://")));
            }
        }
        self.database()?;
        self.read_database()?;
        self.blobs_at()?;
        Ok(())
    }

    /// The database.
    ///
    /// # Errors
    /// When `database` names none.
    pub fn database(&self) -> Result<Database, ConfigError> {
        match self.database.as_ref().map(secrecy::ExposeSecret::expose_secret) {
            None => Ok(Database::Sqlite(self.data.join("ferrodesk.db"))),
            Some(url) => Database::parse(url).map_err(|problem| ConfigError(format!("database: {problem}"))),
        }
    }

    /// The replica to read from, if there is one.
    ///
    /// # Errors
    /// When `read_database` names none, or `database` is none that could have one.
    pub fn read_database(&self) -> Result<Option<PostgresUrl>, ConfigError> {
        let Some(url) = &self.read_database else { return Ok(None) };
        if !self.database()?.is_shared() {
            return Err(ConfigError(
                "read_database: only a database on PostgreSQL can have one: set database too".to_owned(),
            ));
        }
        let url = PostgresUrl::parse(url.expose_secret());
        url.map(Some).map_err(|problem| ConfigError(format!("read_database: {problem}")))
    }

    /// The secret that the settings give, if they do.
    ///
    /// # Errors
    /// When it is weak.
    pub fn secret(&self) -> Result<Option<Secret>, SecretError> {
        let given = self.secret.as_ref();
        given.map(|secret| Secret::new(secret.expose_secret(), "in FERRODESK_SECRET")).transpose()
    }

    /// What every path of the API begins with, such as `/api/v1`.
    #[must_use]
    pub fn base_path(&self) -> String {
        format!("/{}/{}", self.api_prefix, self.api_version)
    }

    /// The origins that browsers may call from.
    pub fn cors_origins(&self) -> impl Iterator<Item = &str> {
        self.cors_origins.split(',').map(str::trim).filter(|origin| !origin.is_empty())
    }
}

/// What is wrong with the settings, without any value of theirs: it may be a secret.
fn without_values(problems: &figment::Error) -> ConfigError {
    let told = problems.clone().into_iter().map(|mut problem| {
        problem.kind = match problem.kind {
            Kind::InvalidType(_, expected) => Kind::InvalidType(Actual::Other("something else".to_owned()), expected),
            Kind::InvalidValue(_, expected) => Kind::InvalidValue(Actual::Other("something else".to_owned()), expected),
            Kind::Message(text) => {
                Kind::Message(text.lines().filter(|line| !is_quoted(line)).collect::<Vec<_>>().join(": "))
            }
            other => other,
        };
        problem.to_string()
    });
    ConfigError(format!("settings: {}", told.collect::<Vec<_>>().join("; ")))
}

/// Whether a line of the complaint of TOML's reader shows a line of the file, after its number and a bar.
fn is_quoted(line: &str) -> bool {
    line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|')
}

/// A setting from the environment, taken as text even if it looks like a number.
fn text_from_environment(name: &'static str) -> Serialized<std::collections::BTreeMap<&'static str, String>> {
    let value = std::env::var(format!("FERRODESK_{}", name.to_uppercase())).ok();
    Serialized::defaults(value.map(|value| (name, value)).into_iter().collect())
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "json",
            Self::Pretty => "pretty",
        })
    }
}
