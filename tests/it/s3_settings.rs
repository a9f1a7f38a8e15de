//! The settings of S3: what can be, what cannot, and that secrets stay secret.

use ferrodesk::config::{Addressing, BlobsAt, Config, Flags, S3Options};

const SECRET: &str = "the-secret-key-of-a-test";

/// Keeps attachments in a bucket of the server at `address`.
pub fn use_server(config: &mut Config, address: &str) {
    config.blobs = Some("s3://attachments/acme".to_owned());
    config.s3_endpoint = Some(address.to_owned());
    config.s3_access_key_id = Some("test".into());
    config.s3_secret_access_key = Some(SECRET.into());
    config.s3_timeout_seconds = 2;
}

/// How the bucket of [`use_server`] is reached.
pub fn options(address: &str) -> S3Options {
    let mut config = Config::defaults(&Flags::default()).expect("the default settings are right");
    use_server(&mut config, address);
    let BlobsAt::S3(options) = config.blobs_at().expect("settings that can be") else { panic!("a bucket") };
    *options
}

#[test]
fn a_bucket_is_addressed_as_the_settings_say() {
    let mut options = options("https://s3.example.com:9000");
    assert_eq!(options.client_endpoint().as_deref(), Some("https://s3.example.com:9000"));
    options.addressing = Addressing::VirtualHost;
    assert_eq!(options.client_endpoint().as_deref(), Some("https://attachments.s3.example.com:9000"));
    options.endpoint = None;
    assert_eq!(options.client_endpoint(), None);
}

#[test]
fn secrets_are_not_printed() {
    let mut config = Config::defaults(&Flags::default()).expect("the default settings are right");
    use_server(&mut config, "http://127.0.0.1:1");
    let printed = format!("{config:?} {:#?} {:?}", config.blobs_at(), options("http://127.0.0.1:1"));
    assert!(printed.contains("REDACTED") && !printed.contains(SECRET), "{printed}");
}

/// What is made wrong with settings.
type Change<'a> = &'a dyn Fn(&mut Config);

#[test]
fn settings_that_cannot_be_name_the_way_out() {
    let mut right = Config::defaults(&Flags::default()).expect("the default settings are right");
    use_server(&mut right, "https://s3.example.com");
    let file = |text: &str| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        file
    };
    let half = file("[default]\naws_access_key_id = AKIA\n[other]\naws_secret_access_key = its secret\n");
    let broken = file("[default\nits secret\n");
    let cases: [(Change<'_>, &str); 13] = [
        (&|c| c.blobs = Some("gs://bucket".into()), "blobs: must be file:DIR or s3://BUCKET/PREFIX"),
        (&|c| c.blobs = Some("s3://".into()), "blobs: \"\" is no name of a bucket, as in s3://BUCKET/PREFIX"),
        (&|c| c.blobs = Some("s3://b/../c".into()), "blobs: the prefix \"../c\" must be letters"),
        (&|c| c.s3_endpoint = Some("127.0.0.1:9000".into()), "s3_endpoint: must be an address such as https://"),
        (&|c| c.s3_endpoint = Some("https://u:its%20secret@h".into()), "s3_endpoint: must be an address"),
        (&|c| c.s3_endpoint = Some("https://h/bucket".into()), "s3_endpoint: must be an address"),
        (&|c| c.s3_region = String::new(), "s3_region: must be a region"),
        (&|c| c.s3_timeout_seconds = 0, "s3_timeout_seconds: must be 1 or more"),
        (&|c| c.s3_access_key_id = None, "s3_access_key_id: must be set where s3_secret_access_key is"),
        (&|c| c.s3_secret_access_key = None, "s3_secret_access_key: must be set where s3_access_key_id is"),
        (
            &|c| use_file(c, std::path::Path::new("/not/there")),
            "s3_credentials_file: /not/there cannot be read: No such",
        ),
        (&|c| use_file(c, half.path()), "must have aws_access_key_id and aws_secret_access_key in [default]"),
        (&|c| use_file(c, broken.path()), "s3_credentials_file: "),
    ];
    for (change, expected) in cases {
        let mut config = right.clone();
        change(&mut config);
        let refusal = config.blobs_at().expect_err(expected).to_string();
        assert!(refusal.contains(expected), "{refusal}");
        assert!(
            !refusal.contains("secret\n") && !refusal.contains("its secret") && !refusal.contains('\n'),
            "{refusal}"
        );
    }
    let mut config = right.clone();
    config.s3_endpoint = Some("http://127.0.0.1:9000".into());
    config.s3_addressing = Some(Addressing::VirtualHost);
    let refusal = config.blobs_at().expect_err("no host name").to_string();
    assert!(refusal.starts_with("s3_addressing: virtual-host needs a name in s3_endpoint"), "{refusal}");
    config = right;
    (config.s3_access_key_id, config.s3_secret_access_key) = (None, None);
    let refusal = config.blobs_at().expect_err("no credentials").to_string();
    assert!(refusal.contains("s3_credentials_file, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"), "{refusal}");
}

fn use_file(config: &mut Config, file: &std::path::Path) {
    (config.s3_access_key_id, config.s3_secret_access_key) = (None, None);
    config.s3_credentials_file = Some(file.to_owned());
}

#[test]
fn credentials_come_from_a_file_too() {
    use secrecy::ExposeSecret as _;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let text = "# ours\n[other]\naws_access_key_id = no\naws_secret_access_key = no\n\n[default]\n\
                aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key=a/b+c=;#d:e\naws_session_token = t\n";
    std::fs::write(file.path(), text).expect("written");
    let mut config = Config::defaults(&Flags::default()).expect("the default settings are right");
    use_server(&mut config, "https://s3.example.com");
    use_file(&mut config, file.path());
    let BlobsAt::S3(options) = config.blobs_at().expect("settings that can be") else { panic!("a bucket") };
    let credentials = options.credentials;
    assert_eq!(credentials.access_key_id.expose_secret(), "AKIAEXAMPLE");
    assert_eq!(credentials.secret_access_key.expose_secret(), "a/b+c=;#d:e");
    assert_eq!(credentials.session_token.expect("a token").expose_secret(), "t");
}
