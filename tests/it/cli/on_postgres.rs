//! Commands and servers on PostgreSQL.

use std::process::Output;

use serde_json::Value;

use super::{Desk, Server, one_line_of_failure, succeeded};
use crate::support::TestDatabase;

/// A data folder and a database, and commands on them.
struct Installation {
    desk: Desk,
    database: TestDatabase,
}

impl Installation {
    fn new(database: TestDatabase) -> Self {
        Self { desk: Desk::new(), database }
    }

    fn on(&self, url: &str, line: &str, input: &str) -> Output {
        let words: Vec<_> = line.split_whitespace().chain(["--database", url]).collect();
        self.desk.run_words(&words, input)
    }

    #[track_caller]
    fn json(&self, line: &str) -> Value {
        succeeded(&self.on(self.database.url(), line, ""))
    }

    fn serve(&self) -> Server {
        Server::start(self.desk.command(&["serve", "--listen", "127.0.0.1:0", "--database", self.database.url()]))
    }
}

#[tokio::test]
async fn an_installation_is_set_up_and_served_from_any_data_folder() {
    let here = Installation::new(TestDatabase::empty_postgres());
    assert_eq!(here.json("migrate --json")["schema"], "up to date");
    assert_eq!(here.json("migrate --json")["schema"], "up to date", "again does nothing");
    here.json("workspace add Acme --json");
    let line = "user add --workspace Acme --email ann@example.com --role customer --password-stdin --json";
    succeeded(&here.on(here.database.url(), line, "a long enough password"));
    let key = here.json("apikey add --workspace Acme --name web --json")["apikey"].as_str().expect("text").to_owned();
    let category = here.json("category add --workspace Acme --name Billing --json")["id"].to_string();
    assert_eq!(here.json("check --json")["problems"], serde_json::json!([]));

    let one = here.serve();
    let elsewhere = Desk::new();
    let url = here.database.url();
    let other = Server::start(elsewhere.command(&["serve", "--listen", "127.0.0.1:0", "--database", url]));
    assert!(!elsewhere.path().join("secret.key").exists(), "the secret is in the database");
    let http = reqwest::Client::new();
    let post = async |server: &Server, path: &str, bearer: Option<&str>, body: String| {
        let mut request = http.post(server.url(path)).header("apikey", &key);
        if let Some(bearer) = bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    let login = "username=ann@example.com&password=a+long+enough+password".to_owned();
    let (status, tokens) = post(&one, "user/login/", None, login).await;
    assert_eq!(status, 200, "{tokens}");
    // What one signed, the other believes.
    let form = format!("subject=Invoice&priority=2&comment=Wrong&category={category}");
    let (status, created) = post(&other, "support/create/ticket/", tokens["access"].as_str(), form).await;
    assert_eq!(status, 200, "{created}");
    for server in [one, other] {
        let (status, log) = server.terminate();
        assert_eq!(status, Some(0), "{log}");
        assert!(!log.contains(password(here.database.url())), "{log}");
    }
    assert_eq!(here.json("check --contents --json")["problems"], serde_json::json!([]));
    here.database.run("UPDATE app_user SET open_tickets = 7");
    let checked = here.on(here.database.url(), "check --json", "");
    assert_eq!(checked.status.code(), Some(1), "a wrong count is found");
}

fn password(url: &str) -> &str {
    url.split_once("://postgres:").and_then(|(_, rest)| rest.split_once('@')).expect("a password").0
}

#[test]
fn a_database_that_cannot_be_used_is_one_line_without_the_password() {
    let here = Installation::new(TestDatabase::postgres());
    let (url, name) = (here.database.url(), here.database.name());
    let port = url.split_once('@').and_then(|(_, rest)| rest.split([':', '/']).nth(1)).expect("a port");
    // Bound and not listened to: nobody answers there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let secret = password(url);
    let cases = [
        (url.replace(&format!(":{port}/"), &format!(":{closed}/")), "refused"),
        (url.replace(secret, "s3cret-word"), "password authentication failed"),
        (url.replace(name, "no_such_database"), "\"no_such_database\" does not exist"),
        (url.replace("postgres:", "nobody:").replace("nobody://", "postgres://"), "nobody"),
        (url.replace("sslmode=disable", "sslmode=maybe"), "sslmode=maybe"),
        (url.replace("sslmode=disable", "sslmode=verify-full"), "certificate"),
        (format!("postgres://u:a@s3cret-word@127.0.0.1:{port}/{name}"), "%40"),
        ("mysql://u:s3cret-word@127.0.0.1/desk".to_owned(), "postgres://"),
    ];
    for (url, helps) in cases {
        for line in [
            "migrate",
            "check",
            "workspace add Globex --json",
            "user list --workspace Acme",
            "serve --listen 127.0.0.1:0",
        ] {
            let output = here.on(&url, line, "");
            let complaint = one_line_of_failure(&output);
            assert!(complaint.contains(helps), "{line}: {complaint}");
            assert!(!complaint.contains(secret) && !complaint.contains("s3cret"), "{line}: {complaint}");
        }
    }
}

#[test]
fn refusals_of_commands_are_the_same_as_on_sqlite() {
    let here = Installation::new(TestDatabase::postgres());
    here.json("workspace add Acme --json");
    here.json("category add --workspace Acme --name Billing --json");
    let sqlite = Desk::with_acme();
    sqlite.json("category add --workspace Acme --name Billing --json");
    for line in [
        "workspace add Acme",
        "category add --workspace Acme --name Billing",
        "category add --workspace Globex --name Billing",
        "apikey revoke --workspace Acme 1",
        "category deactivate --workspace Acme 99999999",
        "category reorder --workspace Acme 2 1",
        "workspace set Globex --open-ticket-limit 1",
    ] {
        let complaint = one_line_of_failure(&here.on(here.database.url(), line, ""));
        assert_eq!(complaint, sqlite.refusal(line), "{line}");
    }
}
