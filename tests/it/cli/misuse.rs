//! What is refused, and how: exit statuses, one line on standard error, help with an example.

use std::process::Stdio;

use super::{Desk, ended, ferrodesk, one_line_of_failure};

#[test]
fn misuse_is_status_2_and_names_the_way_out() {
    let desk = Desk::new();
    let misuses = [
        "",
        "nonsense",
        "workspace",
        "workspace add",
        "workspace add Acme --open-ticket-limit -1",
        "workspace add Acme --open-ticket-limit many",
        "apikey add --name web",
        "apikey revoke --workspace Acme first",
        "user add --workspace Acme --email ann@example.com --role customer",
        "user add --workspace Acme --email nonsense --role customer --password-stdin",
        "user add --workspace Acme --email ann@example.com --role king --password-stdin",
        "category reorder --workspace Acme",
        "serve --nonsense",
    ];
    for misuse in misuses {
        let output = desk.run(misuse);
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{misuse}: {err}");
        assert!(!err.is_empty() && output.stdout.is_empty(), "{misuse}");
    }
    let left: Vec<_> = std::fs::read_dir(desk.path()).expect("a folder").collect();
    assert!(left.is_empty(), "misuse leaves nothing behind: {left:?}");
}

#[test]
fn every_help_has_an_example() {
    let mut seen = 0;
    let mut open = vec![Vec::<String>::new()];
    while let Some(command) = open.pop() {
        let output = ferrodesk().args(&command).arg("--help").output().expect("runs");
        let help = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        assert!(help.contains("Example") || command.is_empty(), "no example in the help of {command:?}:\n{help}");
        seen += 1;
        let commands = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
        let lines = commands.lines().take_while(|line| line.starts_with("  "));
        // Names begin at the third column; what is further in goes on with a description.
        let names = lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
        open.extend(names.filter(|name| *name != "help").map(|name| [&command[..], &[name.to_owned()]].concat()));
    }
    assert!(seen > 25, "only {seen} commands were found");
}

#[test]
fn what_cannot_be_right_refuses_to_start() {
    let desk = Desk::new();
    let serve = |name: &str, value: &str| {
        let mut command = desk.command(&["serve", "--listen", "127.0.0.1:0"]);
        let command = command.env(name, value).stdout(Stdio::piped()).stderr(Stdio::piped());
        one_line_of_failure(&ended(command.spawn().expect("runs")))
    };
    for weak in ["short", "changeme-changeme-changeme-changeme-changeme", &"a".repeat(64)] {
        let refusal = serve("FERRODESK_SECRET", weak);
        assert!(
            refusal.contains("too weak") && refusal.contains("openssl rand") && !refusal.contains(weak),
            "{refusal}"
        );
    }
    for (name, value) in [
        ("FERRODESK_PUBLIC_URL", "support.example.com"),
        ("FERRODESK_PUBLIC_URL", "https://support.example.com\n"),
        ("FERRODESK_WRITE_TIMEOUT_SECONDS", "0"),
        ("FERRODESK_STORAGE_QUEUE", "0"),
        ("FERRODESK_API_PREFIX", "a/b"),
        ("FERRODESK_DATABASE", "postgres://localhost/desk"),
        ("FERRODESK_CONFIG", "/no/such/file.toml"),
        ("FERRODESK_LOG", "a=b=c"),
        ("FERRODESK_BLOBS", "/a/folder/without/its/kind"),
    ] {
        serve(name, value);
    }
    let refusal = desk.refusal("serve --read-database postgres://reader:hunter2@127.0.0.1/desk");
    assert!(refusal.contains("read_database") && !refusal.contains("hunter2"), "{refusal}");
    desk.refusal("serve --listen nowhere");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let refusal = desk.refusal(&format!("serve --listen {}", taken.local_addr().expect("an address")));
    assert!(refusal.contains("--listen"), "{refusal}");
}

#[test]
fn a_newer_schema_refuses_to_start() {
    let desk = Desk::with_acme();
    let database = rusqlite::Connection::open(desk.path().join("ferrodesk.db")).expect("a database");
    let newer = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
         SELECT 999, 'from_the_future', applied_on, checksum FROM refinery_schema_history LIMIT 1";
    assert_eq!(database.execute(newer, []).expect("an insert"), 1);
    assert_eq!(database.execute("UPDATE installation SET oldest_program_schema = 999", []).expect("an update"), 1);
    drop(database);
    for line in ["serve --listen 127.0.0.1:0", "workspace list"] {
        let refusal = desk.refusal(line);
        assert!(refusal.contains("schema 999"), "{refusal}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure_of_ours() {
    let desk = Desk::with_acme();
    for number in 0..3 {
        desk.json(&format!("tag add --workspace Acme --tag T{number} --keyword k --json"));
    }
    let mut child = desk
        .command(&["tag", "list", "--workspace", "Acme"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
}

#[test]
fn what_others_put_into_the_environment_is_left_alone() {
    let desk = Desk::new();
    // Kubernetes tells every container of a service called ferrodesk.
    let others = [("FERRODESK_PORT", "tcp://10.0.0.1:8080"), ("FERRODESK_SERVICE_HOST", "10.0.0.1")];
    // Text stays text, whatever it looks like.
    let ours = [("FERRODESK_API_VERSION", "2"), ("FERRODESK_LOG", "1")];
    let mut command = desk.command(&["workspace", "list", "--json"]);
    let output = command.envs(others).envs(ours).output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_unknown_name_in_the_file_is_refused() {
    let desk = Desk::new();
    let file = desk.path().join("ferrodesk.toml");
    std::fs::write(&file, "listn = \"127.0.0.1:1\"\n").expect("a file");
    let mut command = desk.command(&["workspace", "list"]);
    let output = command.env("FERRODESK_CONFIG", &file).output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("listn"));
}
