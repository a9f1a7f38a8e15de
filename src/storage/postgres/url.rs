//! Where a PostgreSQL database is, and how safely to get there.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How soon it is noticed that nobody is there any more, in seconds, unless the address says otherwise: a machine that
/// died says nothing.
const KEEPALIVE: &str = "keepalives_idle=4&keepalives_interval=2&keepalives_retries=3&tcp_user_timeout=10";

/// `postgres://user:password@host:port/database`, checked. `sslmode` is `disable` or `verify-full`; without it, TLS is
/// used unless the server is on this machine. `sslrootcert` names a file of certificates to trust instead of the
/// system's.
#[derive(Clone)]
pub struct PostgresUrl {
    pub(super) config: tokio_postgres::Config,
    pub(super) tls: Option<MakeRustlsConnect>,
}

impl PostgresUrl {
    /// Reads `url`; `postgresql://` will do as well.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence that does not repeat the password.
    pub fn parse(url: &str) -> Result<Self, String> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        if address.matches('@').count() > 1 || query.contains('@') {
            // Otherwise part of a password would be taken for the host or an option, and be shown as such.
            return Err("in a user's name, password or option, @ is written %40, / is %2F and ? is %3F".to_owned());
        }
        let mut mode = None;
        let mut root = None;
        let mut others = Vec::new();
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "sslmode" => mode = Some(value),
                "sslrootcert" => root = Some(value),
                _ => others.push(option),
            }
        }
        let mut config: tokio_postgres::Config =
            format!("{address}?{KEEPALIVE}&{}", others.join("&")).parse().map_err(|e: tokio_postgres::Error| {
                let problem = std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string);
                format!("it must look like postgres://user:password@host:5432/name ({problem})")
            })?;
        if config.get_hosts().is_empty() {
            return Err("it names no host".to_owned());
        }
        if config.get_dbname().is_none() {
            return Err("it names no database: add /name after the host".to_owned());
        }
        let wants_tls = match mode.as_deref() {
            Some("disable") => false,
            Some("require" | "verify-full") => true,
            None => !config.get_hosts().iter().all(is_on_this_machine),
            Some(other) => {
                return Err(format!(
                    "sslmode={other} is not known here: use verify-full, which checks the server's certificate, or disable"
                ));
            }
        };
        config.ssl_mode(if wants_tls { SslMode::Require } else { SslMode::Disable });
        config.application_name("ferrodesk");
        let tls = wants_tls.then(|| client_config(root.as_deref())).transpose()?;
        Ok(Self { config, tls: tls.map(MakeRustlsConnect::new) })
    }
}

/// Host, port and database; never the user or the password.
impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, host) in self.config.get_hosts().iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}")?,
                Host::Unix(folder) => write!(f, "{comma}{}", folder.display())?,
            }
            if let Some(port) = self.config.get_ports().get(number).or_else(|| self.config.get_ports().first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

fn is_on_this_machine(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

fn client_config(root: Option<&str>) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?;
    let Some(root) = root else {
        let verified = builder.with_platform_verifier().map_err(|e| format!("the system's certificates: {e}"))?;
        return Ok(verified.with_no_client_auth());
    };
    let cannot = |problem: String| format!("sslrootcert={root} cannot be used: {problem}");
    let mut trusted = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(Path::new(root)).map_err(|e| cannot(e.to_string()))? {
        let certificate = certificate.map_err(|e| cannot(e.to_string()))?;
        trusted.add(certificate).map_err(|e| cannot(e.to_string()))?;
    }
    if trusted.is_empty() {
        return Err(cannot("there is no certificate in it".to_owned()));
    }
    Ok(builder.with_root_certificates(trusted).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_dead_peer_is_noticed_in_ten_seconds_or_as_the_address_says() {
        let usual = PostgresUrl::parse("postgres://me@localhost/desk?connect_timeout=3").expect("an address").config;
        assert!(usual.get_keepalives());
        let probes = usual.get_keepalives_interval().zip(usual.get_keepalives_retries()).expect("both are set");
        assert_eq!(usual.get_keepalives_idle() + probes.0 * probes.1, Duration::from_secs(10));
        assert_eq!(usual.get_tcp_user_timeout(), Some(&Duration::from_secs(10)));
        let chosen = PostgresUrl::parse("postgres://me@localhost/desk?keepalives_idle=60&tcp_user_timeout=90");
        let chosen = chosen.expect("an address").config;
        assert_eq!(chosen.get_keepalives_idle(), Duration::from_mins(1));
        assert_eq!(chosen.get_tcp_user_timeout(), Some(&Duration::from_secs(90)));
    }
}
