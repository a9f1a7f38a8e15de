//! Copies that are killed half-way are finished by the next one.

use std::process::Stdio;
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

/// Copies with kill -9, a little later each time, until a copy comes to its end before. Gives how often it was resumed.
fn copy_with_kills(from: &Place, to: &Place) -> u32 {
    let mut killed_at_work = 0;
    for attempt in 1..100 {
        let mut command = copying(from, to, "--json");
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().expect("runs");
        std::thread::sleep(Duration::from_millis(150 + 50 * attempt));
        if child.try_wait().expect("a child").is_none() {
            child.kill().expect("a child");
            child.wait().expect("a child");
            let looked = output(&mut copying(from, to, "--verify-only"));
            if looked.status.success() {
                // It had come to its end, and was killed before it said so.
                return killed_at_work;
            }
            let err = String::from_utf8_lossy(&looked.stderr);
            assert_eq!(looked.status.code(), Some(1), "{err}");
            killed_at_work += u32::from(err.contains("unfinished copy"));
            continue;
        }
        let report = succeeded(&child.wait_with_output().expect("its output"));
        assert_eq!((&report["equal"], &report["resumed"]), (&json!(true), &json!(killed_at_work > 0)));
        return killed_at_work;
    }
    panic!("it never comes to its end");
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
    let kills = copy_with_kills(&from, &to);
    assert!(kills >= 2, "it was killed at work only {kills} times");
    let report = succeeded(&output(&mut copying(&from, &to, "--verify-only --json")));
    assert_eq!(sums(&report, "source"), sums(&report, "destination"));
    assert_eq!(to.check()["problems"], json!([]));
}
