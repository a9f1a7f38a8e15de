//! The invariants of `ARCHITECTURE.md`, held.

use std::fs;
use std::path::{Path, PathBuf};

use ferrodesk::storage::queries;

/// Every source file below `folder`, with its text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).expect("a folder of the source") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// The lines of `text` that are code.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn assert_absent(folder: &str, words: &[&str], except: &[&str]) {
    let mut found = Vec::new();
    for (path, text) in sources(folder) {
        if except.iter().any(|exception| path.ends_with(exception) || path.to_string_lossy().contains(exception)) {
            continue;
        }
        for (number, line) in code(&text) {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{words:?} must not be named below {folder}:\n{}", found.join("\n"));
}

#[test]
fn invariant_1_domain_and_app_know_no_transport_and_no_database() {
    for folder in ["src/domain", "src/app"] {
        assert_absent(folder, &["axum", "tokio", "hyper", "rusqlite", "postgres", "http::", "crate::http"], &[]);
    }
}

#[test]
fn invariant_1_domain_knows_nothing_of_the_layers_above() {
    assert_absent("src/domain", &["crate::app", "crate::storage", "crate::identity", "crate::blobs"], &[]);
}

#[test]
fn invariant_2_sql_is_in_storage_alone() {
    let sql = ["SELECT ", "INSERT INTO", "DELETE FROM", "UPDATE ", "PRAGMA ", "tx.query(", "tx.execute("];
    assert_absent("src", &sql, &["src/storage/"]);
}

#[test]
fn invariant_2_the_envelope_is_written_in_one_file_alone() {
    assert_absent("src", &["\"status_code\"", "\"error_type\""], &["src/http/envelope.rs"]);
}

#[test]
fn invariant_2_what_answers_are_strict_about_is_said_in_one_file_alone() {
    let headers = [
        "X_CONTENT_TYPE_OPTIONS",
        "CONTENT_SECURITY_POLICY",
        "REFERRER_POLICY",
        "nosniff",
        "no-store",
        "cross-origin-",
    ];
    assert_absent("src", &headers, &["src/http/security_headers.rs"]);
}

#[test]
fn invariant_2_how_long_clients_may_take_is_said_in_one_file_alone() {
    assert_absent("src/http", &["_timeout_seconds", "_WITHIN: Duration"], &["src/http/time_limits.rs"]);
}

#[test]
fn invariant_2_ownership_is_decided_in_app_alone() {
    let decisions = ["NotTheOwner)", "CannotChangeStatus)", "Error::Forbidden)", ".is_staff()"];
    // The query only tells who said something.
    let no_decisions = ["src/cli/demo/sample.rs", "src/cli/demo/crowd.rs", "src/storage/queries/conversations.rs"];
    assert_absent("src", &decisions, &[&["src/app/", "src/domain/"], &no_decisions[..]].concat());
}

#[test]
fn invariant_3_handlers_and_commands_reach_the_database_through_use_cases() {
    // What a handler may take from the queries is the types that it presents.
    for folder in ["src/http", "src/cli", "src/jobs"] {
        for (path, text) in sources(folder) {
            for (number, line) in code(&text) {
                let calls_a_query = line.contains("queries::{") || line.contains("queries::*");
                let module = line.trim().strip_prefix("use crate::storage::queries::");
                let takes_a_module = module.is_some_and(|rest| !rest.contains("::"));
                assert!(!calls_a_query && !takes_a_module, "{}:{number}: {line}", path.display());
            }
        }
    }
}

#[test]
fn invariant_4_whoever_changes_a_ticket_records_an_event() {
    let changes = [
        "tickets::insert(",
        "tickets::set_status(",
        "tickets::set_priority(",
        "desk_tickets::set(",
        "conversations::insert(",
        "replace_tags_of_ticket(",
    ];
    let mut changing_files = 0;
    for (path, text) in sources("src/app") {
        // To set the state as it was found is no change.
        let text = text.replace("desk_tickets::set(tx, key, &state, at)", "");
        let made = changes.iter().map(|change| text.matches(change).count()).sum::<usize>();
        // A loop over the differences between two states records each.
        let recorded = text.matches("events::append(").count() + text.matches(" in differences(").count();
        changing_files += usize::from(made > 0);
        assert!(recorded >= made, "{} makes {made} changes and records {recorded}", path.display());
    }
    assert!(changing_files >= 5, "the changes are called something else now: mend this test");
}

/// The functions of a source file that are in no `impl`, each as its text.
fn functions(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("fn ") {
        let begins_a_line = rest[..start].ends_with('\n') || rest[..start].ends_with("\npub ");
        let from = &rest[start..];
        let end = from.find("\n}\n").unwrap_or(from.len());
        if begins_a_line {
            found.push(&from[..end]);
            rest = &from[end..];
        } else {
            rest = &from["fn ".len()..];
        }
    }
    found
}

#[test]
fn whoever_of_the_staff_changes_the_workspace_records_it() {
    let changes = [
        "rules::add",
        "rules::re",
        "manage::users::add(",
        "users::insert(",
        "users::set_password(",
        "people::set(",
        "teams::insert(",
        "teams::set(",
        "catalogue::set_",
        "canned_replies::insert(",
        "canned_replies::set(",
        "canned_replies::delete(",
        "saved_views::insert(",
        "saved_views::set(",
        "saved_views::delete(",
        "identity_providers::set(",
        "workspaces::change(",
    ];
    let mut recording = 0;
    let mut used = std::collections::BTreeSet::new();
    for (path, text) in sources("src/app/desk/manage") {
        for function in functions(&text) {
            let made: Vec<_> = changes.into_iter().filter(|change| function.contains(change)).collect();
            // What is done at a time is a change, whatever it is called.
            let is_change = !made.is_empty() || function.contains("at: Timestamp");
            let is_recorded = function.contains("audit::append(");
            // A part of a change that its caller records.
            let is_part = function.starts_with("fn move_to(");
            assert!(
                !is_change || is_recorded || is_part,
                "{} changes and does not record:\n{function}",
                path.display()
            );
            recording += usize::from(is_change && is_recorded);
            used.extend(made);
        }
    }
    assert!(recording >= 20, "{recording} changes are recorded: are they called something else now?");
    assert_eq!(used.len(), changes.len(), "some changes are called something else now: mend this test: {used:?}");
    assert_absent("src/app/desk", &changes, &["src/app/desk/manage/"]);
}

/// Statements without `workspace_id`, each with the reason.
const WITHOUT_WORKSPACE: [(&str, &str, &str); 40] = [
    ("applications", "BY_KEY", "the apikey is what tells the workspace"),
    ("attachments", "PAGE", "an operator's check of the whole installation"),
    ("attachments", "COUNT", "an operator's check of the whole installation"),
    ("blob_deletions", "TAKE_OVER", "sweeps all workspaces"),
    ("blob_deletions", "SWEEP", "sweeps all workspaces"),
    ("browser_cookies", "BY_TOKEN", "the cookie is what tells the workspace"),
    ("idempotency", "SWEEP", "sweeps all workspaces"),
    ("installation", "IS_THERE", "the installation as a whole"),
    ("installation", "TOUCH", "the installation as a whole"),
    ("installation", "OFFER_SECRET", "the installation as a whole"),
    ("installation", "REPLACE_SECRET", "the installation as a whole"),
    ("installation", "SECRET", "the installation as a whole"),
    ("installation", "IDENTITY", "the installation as a whole"),
    ("installation", "COUNT_SWEEP", "the installation as a whole"),
    ("installation", "RENEW_IDENTITY", "the installation as a whole"),
    ("recurring_jobs", "ADD", "a job is the installation's"),
    ("recurring_jobs", "CLAIM", "a job is the installation's"),
    ("seals", "EVENTS_AFTER", "the logs of all workspaces are sealed together"),
    ("seals", "AUDIT_AFTER", "the logs of all workspaces are sealed together"),
    ("seals", "LAST_EVENT", "the logs of all workspaces are sealed together"),
    ("seals", "LAST_AUDIT", "the logs of all workspaces are sealed together"),
    ("seals", "COUNT_EVENTS", "an operator's check of the whole installation"),
    ("seals", "COUNT_AUDIT", "an operator's check of the whole installation"),
    ("seals", "SEALED_TO", "the logs of all workspaces are sealed together"),
    ("seals", "AFTER", "an operator's check of the whole installation"),
    ("search", "TICKETS_AFTER", "goes through all workspaces"),
    ("search", "CONVERSATIONS_AFTER", "goes through all workspaces"),
    ("search", "BEGIN_ROUND", "a round is the installation's"),
    ("search", "LOOKED_TO", "a round is the installation's"),
    ("search", "ADVANCE", "a round is the installation's"),
    ("sessions", "SWEEP", "sweeps all workspaces"),
    ("sign_in_attempts", "SWEEP", "sweeps all workspaces"),
    ("tickets", "MISCOUNTED", "an operator's check of the whole installation"),
    ("workspaces", "BY_ID", "the row is the workspace"),
    ("workspaces", "BY_NAME", "the row is the workspace"),
    ("workspaces", "LIST", "an operator's list of all"),
    ("workspaces", "INSERT", "the row is the workspace"),
    ("workspaces", "SET", "the row is the workspace"),
    ("workspaces", "LOCK", "the row is the workspace"),
    ("workspaces", "CHANGE", "the row is the workspace"),
];

#[test]
fn invariant_5_every_statement_names_its_workspace() {
    for (area, name, sql) in queries::all() {
        let excused = WITHOUT_WORKSPACE.iter().any(|(a, n, _)| (*a, *n) == (area, name));
        let condition = sql.split_once("WHERE").map_or(sql, |(_, condition)| condition);
        assert!(excused || condition.contains("workspace_id"), "{area}::{name} names no workspace_id:\n{sql}");
    }
}

#[test]
fn invariant_6_time_and_randomness_are_passed_in() {
    let sources_of_both =
        ["SystemTime", "Instant::now", "Utc::now", "rand::", "getrandom", "SystemClock", "SystemEntropy"];
    assert_absent("src/domain", &sources_of_both, &[]);
    assert_absent("src/app", &sources_of_both, &[]);
    assert_absent("src", &["SystemTime::now"], &["src/identity/system.rs"]);
}

#[test]
fn no_module_is_named_after_nothing() {
    for (path, _) in sources("src") {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(!["utils", "util", "common", "helpers", "models", "misc"].contains(&&*name), "{}", path.display());
    }
}

/// What makes a backup whole, and a bucket safe behind it: bytes that a row names stay as long as the installation does. Who
/// adds a deletion must see to it that the sweeper lets bytes be that a backup under way has yet to read.
#[test]
fn rows_of_attachments_are_never_deleted() {
    assert!(queries::all().all(|(.., sql)| !sql.contains("DELETE FROM attachment")));
    assert_absent("src", &["DELETE FROM attachment"], &[]);
}
