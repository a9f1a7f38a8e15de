//! Logs that are sealed: whatever is changed in them afterwards is found.

use std::time::{Duration, Instant};

use ferrodesk::app::log_chain::{KeptHead, Log, Verifier, extent, has_unsealed, page};
use ferrodesk::app::manage::workspaces;
use ferrodesk::domain::Timestamp;
use ferrodesk::jobs::seal::seal;
use ferrodesk::storage::{Store, StoreOptions};
use rstest::rstest;
use tokio_postgres::NoTls;

use crate::support::TestDatabase;

const AT: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// PostgreSQL publishes an event a moment after it is committed.
const SOON: Duration = Duration::from_secs(30);

/// What keeps programs, and those who know no better, from changing the logs.
const TRIGGERS: [(&str, &str); 6] = [
    ("event_is_never_changed", "event"),
    ("event_is_never_deleted", "event"),
    ("audit_is_never_changed", "audit"),
    ("audit_is_never_deleted", "audit"),
    ("seal_is_never_changed", "seal"),
    ("seal_is_never_deleted", "seal"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Engine {
    Sqlite,
    Postgres,
}

/// What a store is opened with whose callers wait for each other, however busy the machine is; a job comes again instead.
fn patient() -> StoreOptions {
    StoreOptions { patience: Duration::from_mins(1), ..StoreOptions::default() }
}

/// Two workspaces that take turns: twelve events of which the number 7 is missing, and twelve entries of the audit log.
struct Logs {
    engine: Engine,
    database: TestDatabase,
    store: Store,
}

impl Logs {
    async fn empty(engine: Engine) -> Self {
        let database = match engine {
            Engine::Sqlite => TestDatabase::sqlite(),
            Engine::Postgres => TestDatabase::postgres(),
        };
        let store = database.open_with(&patient());
        for name in ["Acme", "Globex"] {
            store.write(move |tx| workspaces::add(tx, name, 0, true, AT)).await.expect("a workspace");
        }
        Self { engine, database, store }
    }

    async fn sealed(engine: Engine) -> Self {
        let logs = Self::empty(engine).await;
        logs.append(1..7);
        logs.seal().await;
        logs.store.write(|tx| Ok(tx.raise_last_id("event", 7)?)).await.expect("a number that is left out");
        logs.append(8..13);
        logs.seal().await;
        logs
    }

    fn append(&self, numbers: std::ops::Range<i64>) {
        for number in numbers {
            let workspace = 1 + number % 2;
            self.database.run(&format!(
                "INSERT INTO event (workspace_id, ticket_id, actor_id, at, kind, before, after)
                     VALUES ({workspace}, {number}, 1, {number}, 'ticket.replied', NULL, '{{}}');
                 INSERT INTO audit (workspace_id, actor_id, at, kind, subject_id, before, after)
                     VALUES ({workspace}, 1, {number}, 'team.added', {number}, NULL, '{{}}')"
            ));
        }
    }

    /// Seals until nothing is left to be sealed.
    async fn seal(&self) {
        let begun = Instant::now();
        loop {
            seal(&self.store).await.expect("sealed");
            if !self.is_anything_unsealed().await {
                return;
            }
            assert!(begun.elapsed() < SOON, "never all is sealed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn is_anything_unsealed(&self) -> bool {
        let unsealed = self.store.read(|tx| Ok(has_unsealed(tx, Log::Event)? || has_unsealed(tx, Log::Audit)?));
        unsealed.await.expect("a look")
    }

    fn disarm(&self) {
        for (trigger, table) in TRIGGERS {
            let on = if self.engine == Engine::Postgres { format!(" ON {table}") } else { String::new() };
            self.database.run(&format!("DROP TRIGGER {trigger}{on}"));
        }
    }

    async fn verify(&self, kept: &[KeptHead]) -> (Vec<String>, Vec<KeptHead>) {
        let mut all = (Vec::new(), Vec::new());
        for log in Log::ALL {
            let extent = self.store.read(move |tx| extent(tx, log)).await.expect("an extent");
            let mut verifier = Verifier::new(log, kept);
            while verifier.after < extent.sealed_to {
                let after = verifier.after;
                let page = self.store.read(move |tx| page(tx, log, after, extent.sealed_to)).await.expect("a page");
                verifier.take(page);
            }
            let (problems, heads) = verifier.finish();
            all.0.extend(problems);
            all.1.extend(heads);
        }
        all
    }

    async fn problems(&self) -> Vec<String> {
        self.verify(&[]).await.0
    }
}

#[rstest]
#[tokio::test]
async fn what_nobody_changed_is_found_unchanged(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let logs = Logs::sealed(engine).await;
    let (problems, heads) = logs.verify(&[]).await;
    assert_eq!(problems, [""; 0]);
    let ends: Vec<_> = heads.iter().map(|head| (head.log, head.workspace.0, head.up_to)).collect();
    let last_audit = heads[2].up_to;
    assert_eq!(
        ends,
        [(Log::Event, 1, 12), (Log::Event, 2, 11), (Log::Audit, 1, last_audit), (Log::Audit, 2, last_audit - 1)]
    );
    assert_eq!(seal(&logs.store).await.expect("sealed"), 0, "there is nothing to do");
}

#[rstest]
#[case::changed("UPDATE event SET after = '{\"a\":1}' WHERE id = 5", "event", 2)]
#[case::nothing_made_of_null("UPDATE event SET before = '' WHERE id = 5", "event", 2)]
#[case::moved_between_fields("UPDATE event SET kind = 'ticket.replie', before = 'd' WHERE id = 5", "event", 2)]
#[case::moved_to_another_workspace("UPDATE event SET workspace_id = 2 WHERE id = 12", "event", 1)]
#[case::said_of_another("UPDATE event SET actor_id = 2 WHERE id = 4", "event", 1)]
#[case::of_another_ticket("UPDATE event SET ticket_id = ticket_id + 1 WHERE id = 5", "event", 2)]
#[case::at_another_time("UPDATE event SET at = at + 1 WHERE id = 5", "event", 2)]
#[case::deleted("DELETE FROM event WHERE id = 3", "event", 2)]
#[case::the_first_deleted("DELETE FROM event WHERE id = 1", "event", 2)]
#[case::the_last_deleted("DELETE FROM event WHERE id = 12", "event", 1)]
#[case::all_deleted("DELETE FROM event", "event", 1)]
#[case::put_in(
    "INSERT INTO event (id, workspace_id, ticket_id, actor_id, at, kind, after) VALUES (7, 1, 7, 1, 7, 'x', '{}')",
    "event",
    1
)]
#[case::put_in_behind_the_workspaces_last(
    "DELETE FROM event WHERE id = 12; INSERT INTO event (id, workspace_id, ticket_id, actor_id, at, kind, after)
     VALUES (12, 2, 7, 1, 7, 'x', '{}')",
    "event",
    2
)]
#[case::in_another_order(
    "UPDATE event SET id = 100 WHERE id = 2; UPDATE event SET id = 2 WHERE id = 6; UPDATE event SET id = 6 WHERE id = 100",
    "event",
    1
)]
#[case::a_seal_changed("UPDATE seal SET entries = entries + 1 WHERE log = 'event' AND workspace_id = 1", "event", 1)]
#[case::audit_changed("UPDATE audit SET subject_id = 99 WHERE at = 5", "audit", 2)]
#[case::audit_by_another("UPDATE audit SET actor_id = 99 WHERE at = 5", "audit", 2)]
#[case::audit_at_another_time("UPDATE audit SET at = 99 WHERE at = 5", "audit", 2)]
#[case::audit_of_another_kind("UPDATE audit SET kind = 'x' WHERE at = 5", "audit", 2)]
#[case::audit_from_something_else("UPDATE audit SET before = '{}' WHERE at = 5", "audit", 2)]
#[case::audit_to_something_else("UPDATE audit SET after = '{\"x\":1}' WHERE at = 5", "audit", 2)]
#[case::audit_deleted("DELETE FROM audit WHERE at = 12", "audit", 1)]
#[tokio::test]
async fn every_edit_is_found(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] edit: &str,
    #[case] log: &str,
    #[case] workspace: i64,
) {
    let logs = Logs::sealed(engine).await;
    logs.disarm();
    logs.database.run(edit);
    let problems = logs.problems().await;
    let place = format!("the {log} log of workspace {workspace} was changed");
    assert!(problems.iter().any(|problem| problem.starts_with(&place)), "{problems:?}");
}

#[rstest]
#[tokio::test]
async fn the_triggers_refuse_it_in_the_first_place(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let logs = Logs::sealed(engine).await;
    for change in ["UPDATE seal SET entries = 0", "DELETE FROM seal"] {
        let refused = logs.store.write(move |tx| Ok(tx.execute(change, &[])?)).await.expect_err("refused");
        assert!(format!("{refused:?}").contains("append-only"), "{refused:?}");
    }
}

/// Whoever may change everything can make a chain that is right in itself; not the one whose head was kept.
#[rstest]
#[tokio::test]
async fn a_log_that_was_rewritten_is_told_by_its_kept_head(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let logs = Logs::sealed(engine).await;
    let kept = logs.verify(&[]).await.1;
    assert_eq!(kept.len(), 4);
    let problems = async || logs.verify(&kept).await.0;
    assert_eq!(problems().await, [""; 0]);
    logs.append(13..15);
    logs.seal().await;
    assert_eq!(problems().await, [""; 0], "what was added since does not matter");
    logs.disarm();
    logs.database.run("UPDATE event SET actor_id = 2 WHERE id = 4; DELETE FROM seal");
    logs.seal().await;
    assert_eq!(logs.problems().await, [""; 0], "the chain alone does not show it");
    let found = problems().await;
    assert!(found.len() == 1 && found[0].starts_with("the event log of workspace 1 was rewritten"), "{found:?}");
    logs.database.run("DELETE FROM event WHERE id > 5; DELETE FROM seal");
    logs.seal().await;
    let found = problems().await;
    assert!(found.len() == 2 && found.iter().all(|problem| problem.ends_with("its end was cut off")), "{found:?}");
}

#[rstest]
#[tokio::test]
async fn sealers_at_once_come_to_the_same(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let logs = Logs::empty(engine).await;
    let other = logs.database.open_with(&patient());
    for round in 0..5 {
        logs.append(10 * round + 1..10 * round + 10);
        let sealed = tokio::join!(seal(&logs.store), seal(&other), seal(&logs.store), seal(&other));
        for sealed in [sealed.0, sealed.1, sealed.2, sealed.3] {
            assert!(sealed.is_ok(), "{sealed:?}");
        }
    }
    logs.seal().await;
    assert_eq!(logs.problems().await, [""; 0]);
}

/// As after an upgrade, and more than is read at once.
#[rstest]
#[tokio::test]
async fn a_long_log_without_seals_is_sealed_from_its_beginning(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let logs = Logs::empty(engine).await;
    logs.database.run(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 12000)
         INSERT INTO event (workspace_id, ticket_id, actor_id, at, kind, after)
             SELECT 1 + n % 2, n, 1, n, 'ticket.replied', '{}' FROM n",
    );
    logs.seal().await;
    assert_eq!(logs.problems().await, [""; 0]);
    let extent = logs.store.read(|tx| extent(tx, Log::Event)).await.expect("an extent");
    assert_eq!((extent.sealed, extent.unsealed), (12000, 0));
    logs.disarm();
    logs.database.run("UPDATE event SET at = 0 WHERE id = 6001");
    let problems = logs.problems().await;
    assert_eq!(problems.len(), 1, "what comes after is as it was: {problems:?}");
    if let Engine::Sqlite = engine {
        assert!(problems[0].contains("entries after 4999 up to 9999"), "{problems:?}");
    }
    // On PostgreSQL, seals reach as far as was settled when they were made.
    let numbers: Vec<i64> = problems[0].split(' ').filter_map(|word| word.parse().ok()).collect();
    assert!(matches!(numbers[..], [2, after, to] if after < 6001 && 6001 <= to && to - after <= 5000), "{problems:?}");
}

/// On PostgreSQL, an event has its number before its transaction commits.
#[rstest]
#[case("event", "ticket_id, actor_id, at, kind, after", "1, 1, 1, 'x', '{}'")]
#[case("audit", "actor_id, at, kind, subject_id", "1, 1, 'x', 1")]
#[tokio::test]
async fn nothing_is_sealed_that_another_may_yet_come_to_stand_before(
    #[case] table: &str,
    #[case] columns: &str,
    #[case] values: &str,
) {
    let mut logs = Logs::empty(Engine::Postgres).await;
    // Who waits for the late one is told soon.
    let options = StoreOptions { patience: Duration::from_secs(2), ..StoreOptions::default() };
    logs.store = logs.database.open_with(&options);
    let (late, connection) = tokio_postgres::connect(logs.database.url(), NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    let insert = format!("INSERT INTO {table} (workspace_id, {columns}) VALUES (1, {values})");
    late.batch_execute(&format!("BEGIN; {insert}")).await.expect("an entry");
    logs.database.run(&insert);
    for _ in 0..3 {
        // Held up by the late one, or with nothing to seal yet.
        let _ = seal(&logs.store).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let sealed = "SELECT COUNT(*) FROM seal";
    assert_eq!(late.query_one(sealed, &[]).await.expect("a count").get::<_, i64>(0), 0);
    late.batch_execute("COMMIT").await.expect("a commit");
    logs.seal().await;
    assert_eq!(logs.problems().await, [""; 0]);
}
