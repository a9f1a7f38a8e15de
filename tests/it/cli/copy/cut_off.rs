//! Copies that are killed half-way are finished by the next one.

use std::process::{Child, Stdio};
use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use super::round_trip::filled;
use super::{Place, copied, copying, output, succeeded, sums};

/// Enough for a copy to take a while.
const MANY: &str = "
    WITH RECURSIVE n (n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM n WHERE n < 16000)
    INSERT INTO ticket (workspace_id, requester_id, id, subject, subject_folded, priority, category_id, status, locked, created_at,
        updated_at, comment)
        SELECT 1, 1, n, 'subject ' || n, 'subject ' || n, 1, 1, 1, FALSE, n, n, 'comment ' || n FROM n;
    INSERT INTO event (id, workspace_id, ticket_id, actor_id, at, kind, after)
        SELECT id, 1, id, 1, id, 'ticket.opened', '{}' FROM ticket WHERE id >= 1000;
    UPDATE app_user SET open_tickets = open_tickets + 15001 WHERE id = 1;
    UPDATE sequence SET value = 16000 WHERE name = 'ticket'";

/// A copy that runs.
fn begun(from: &Place, to: &Place) -> Child {
    let mut command = copying(from, to, "--json");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs")
}

/// Kills the copy with -9 in the middle of its work.
fn cut_off(mut copy: Child, from: &Place, to: &Place) {
    assert_eq!(copy.try_wait().expect("a child"), None, "it ended too soon");
    copy.kill().expect("a child");
    copy.wait().expect("a child");
    let looked = output(&mut copying(from, to, "--verify-only"));
    let err = String::from_utf8_lossy(&looked.stderr);
    assert_eq!(looked.status.code(), Some(1), "{err}");
    assert!(err.contains("unfinished copy"), "{err}");
}

/// Copies to a server until more tickets are there than before.
fn copy_some_to_postgres(from: &Place, to: &Place) {
    let tickets = || to.database.number("SELECT count(*) FROM ticket").unwrap_or(0);
    let before = tickets();
    let mut copy = begun(from, to);
    while tickets() <= before {
        assert_eq!(copy.try_wait().expect("a child"), None, "it ended with {before} tickets");
    }
    cut_off(copy, from, to);
}

/// Copies from a server for so long after it was held up there. Nobody else may look into the file meanwhile.
fn copy_some_from_postgres(from: &Place, to: &Place, longer: Duration) {
    let copy = from.database.while_locked("ticket_tag", || begun(from, to));
    std::thread::sleep(longer);
    cut_off(copy, from, to);
}

#[rstest]
#[tokio::test]
async fn killed_and_run_again_it_comes_to_the_same(#[values(true, false)] to_postgres: bool) {
    let filled = filled().await;
    filled.place.database.run(MANY);
    let there = Place::postgres();
    let (from, to) = if to_postgres {
        (filled.place, there)
    } else {
        copied(&filled.place, &there);
        (there, Place::sqlite())
    };
    for round in 0..3 {
        if to_postgres {
            copy_some_to_postgres(&from, &to);
        } else {
            copy_some_from_postgres(&from, &to, Duration::from_millis(25 * round));
        }
    }
    let report = copied(&from, &to);
    assert_eq!(report["resumed"], true);
    let report = succeeded(&output(&mut copying(&from, &to, "--verify-only --json")));
    assert_eq!(sums(&report, "source"), sums(&report, "destination"));
    assert_eq!(to.check()["problems"], json!([]));
}
