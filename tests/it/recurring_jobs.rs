//! Jobs that are done once over all servers.

use std::time::Duration;

use ferrodesk::app::recurring;
use ferrodesk::domain::Timestamp;

use crate::support::Desk;

const AT: Timestamp = Timestamp::from_seconds(1_800_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn of_many_servers_one_runs_a_job_that_is_due() {
    const EVERY: Duration = Duration::from_mins(10);
    let desk = Desk::new().await;
    let store = desk.app.state.store();
    let claimed_at = async |at: Timestamp| {
        let claims = (0..16).map(|_| store.write(move |tx| recurring::claim(tx, "sweep", EVERY, at)));
        let claims = futures_util::future::join_all(claims).await;
        claims.into_iter().filter(|claim| *claim.as_ref().expect("a claim")).count()
    };
    assert_eq!(claimed_at(AT).await, 1, "a job that nobody knew yet is due");
    assert_eq!(claimed_at(AT.plus(EVERY).minus(Duration::from_micros(1))).await, 0);
    assert_eq!(claimed_at(AT.plus(EVERY)).await, 1, "even if whoever claimed it last has died");
    let other = store.write(move |tx| recurring::claim(tx, "another", EVERY, AT)).await;
    assert!(other.expect("a claim"), "each job is due on its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_put_back_keeps_no_job_from_its_time() {
    const EVERY: Duration = Duration::from_secs(1);
    let desk = Desk::new().await;
    let store = desk.app.state.store();
    let claim =
        async |at: Timestamp| store.write(move |tx| recurring::claim(tx, "seal", EVERY, at)).await.expect("a claim");
    assert!(claim(AT.plus(Duration::from_hours(1))).await, "by a clock that is an hour fast");
    assert!(claim(AT).await, "it was put right");
    assert!(!claim(AT).await, "and the job is due once an interval again");
    // Servers whose clocks differ a little do not claim from each other.
    assert!(claim(AT.plus(Duration::from_secs(30))).await);
    assert!(!claim(AT).await);
}
