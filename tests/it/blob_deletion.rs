//! Uploads and the sweeper at once, step by step: what is named is there at every moment, and what nobody names goes.
//!
//! The steps are those of `app/blob_deletion.rs`. A schedule says whose turn it is; whoever gets no more turns has died.

use std::time::Duration;

use bytes::Bytes;
use ferrodesk::app::blob_deletion::{
    BlobDeletion, LEFT_BEHIND_AFTER, attach, begin, earlier, finish, forget, take_over,
};
use ferrodesk::app::sweep::unnamed;
use ferrodesk::blobs::Blobs;
use ferrodesk::domain::attachment::{ContentHash, StoredFile};
use ferrodesk::domain::{Error, TicketId, Timestamp, WorkspaceId};
use ferrodesk::identity::apikey::sha256;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::Desk;

const AT: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// Some bytes that come and go, and a ticket to attach them to.
struct World {
    desk: Desk,
    blobs: Blobs,
    ticket: i64,
    bytes: Bytes,
    hash: ContentHash,
}

impl World {
    async fn new() -> Self {
        let desk = Desk::new().await;
        let ticket = desk.ticket().await;
        Self { desk, blobs: Blobs::memory(), ticket, bytes: Bytes::new(), hash: [0; 32] }
    }

    /// Goes on with other bytes, of which nothing is known yet.
    fn turn_to(&mut self, number: usize) {
        self.bytes = format!("bytes {number}").into();
        self.hash = sha256(&self.bytes);
    }

    fn workspace(&self) -> WorkspaceId {
        self.desk.acme.id
    }

    async fn are_named(&self) -> bool {
        let (workspace, hash) = (self.workspace(), self.hash);
        self.desk.app.read(move |tx| Ok(unnamed(tx, &[(workspace, hash)])?.is_empty())).await
    }

    async fn are_there(&self) -> bool {
        self.blobs.find(self.workspace(), &self.hash).await.expect("an answer").is_some()
    }

    async fn store(&self) {
        self.blobs.put(self.workspace(), &self.hash, self.bytes.clone()).await.expect("stored");
    }
}

/// A request with a file on its way.
#[derive(Default)]
struct Upload {
    steps: usize,
    seen: Vec<BlobDeletion>,
    /// How it ended, if it has.
    accepted: Option<bool>,
}

impl Upload {
    async fn step(&mut self, world: &World) {
        if self.accepted.is_some() {
            return;
        }
        self.steps += 1;
        let (store, workspace, hash) = (world.desk.app.state.store(), world.workspace(), world.hash);
        match self.steps {
            1 => match store.read(move |tx| earlier(tx, workspace, &[hash])).await {
                Ok(seen) => self.seen = seen,
                Err(error) => self.gives_up(&error),
            },
            2 => world.store().await,
            3 => {
                let seen = self.seen.clone();
                store.write(move |tx| forget(tx, &seen)).await.expect("a write");
            }
            _ => {
                let ticket = TicketId(world.ticket);
                let size = i64::try_from(world.bytes.len()).expect("a small file");
                let file = StoredFile { hash, size, content_type: "text/plain".to_owned(), name: "a.txt".to_owned() };
                let files = vec![file];
                match store.write(move |tx| attach(tx, workspace, ticket, None, &files, AT)).await {
                    Ok(()) => self.accepted = Some(true),
                    Err(error) => self.gives_up(&error),
                }
            }
        }
    }

    fn gives_up(&mut self, error: &Error) {
        assert!(matches!(error, Error::Busy { .. }), "{error:?}");
        self.accepted = Some(false);
    }
}

/// A sweeper that has found the bytes without an attachment, and old.
struct Sweeper {
    steps: usize,
    at: Timestamp,
    begun: Vec<BlobDeletion>,
}

impl Sweeper {
    fn at(at: Timestamp) -> Self {
        Self { steps: 0, at, begun: Vec::new() }
    }

    async fn step(&mut self, world: &World) {
        self.steps += 1;
        let (store, at, orphan) = (world.desk.app.state.store(), self.at, (world.workspace(), world.hash));
        match self.steps {
            1 => {
                let left = store.write(move |tx| take_over(tx, at)).await.expect("a write");
                let begun = store.write(move |tx| begin(tx, &[orphan], at)).await.expect("a write");
                self.begun = [left, begun].concat();
            }
            2 => {
                for deletion in &self.begun {
                    world.blobs.delete(deletion.workspace, &deletion.hash).await.expect("deleted");
                }
            }
            _ => {
                let begun = std::mem::take(&mut self.begun);
                store.write(move |tx| finish(tx, &begun)).await.expect("a write");
            }
        }
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    First,
    Second,
    Sweeper,
    OtherSweeper,
    /// A sweeper that comes when the others delete no more; that they have deleted they may still note.
    LaterSweeper,
}

/// Plays a schedule on bytes that may be stored already, and then sees that all ends well.
async fn play(world: &World, stored_before: bool, schedule: &[Turn]) {
    if stored_before {
        world.store().await;
    }
    let (mut first, mut second) = (Upload::default(), Upload::default());
    let (mut sweeper, mut other) = (Sweeper::at(AT), Sweeper::at(AT));
    let mut later = Sweeper::at(AT.plus(LEFT_BEHIND_AFTER).plus(Duration::from_secs(1)));
    let mut others_have_ended = false; // but for their last step
    for turn in schedule {
        match turn {
            Turn::First => first.step(world).await,
            Turn::Second => second.step(world).await,
            Turn::Sweeper if !others_have_ended || sweeper.steps >= 2 => sweeper.step(world).await,
            Turn::OtherSweeper if !others_have_ended || other.steps >= 2 => other.step(world).await,
            Turn::Sweeper | Turn::OtherSweeper => {}
            Turn::LaterSweeper => {
                others_have_ended = true;
                later.step(world).await;
            }
        }
        let is_lost = world.are_named().await && !world.are_there().await;
        assert!(!is_lost, "named and not there after {turn:?} of {schedule:?}, stored before: {stored_before}");
    }
    let was_accepted = [first.accepted, second.accepted].contains(&Some(true));
    assert_eq!(world.are_named().await, was_accepted, "{schedule:?}");
    // All who are still in the middle have died. What nobody names goes, and may come back.
    let mut last = Sweeper::at(AT.plus(LEFT_BEHIND_AFTER * 3));
    for _ in 0..3 {
        last.step(world).await;
    }
    assert_eq!(world.are_there().await, was_accepted, "{schedule:?}");
    let mut again = Upload::default();
    for _ in 0..4 {
        again.step(world).await;
    }
    assert_eq!(again.accepted, Some(true), "{schedule:?}");
    assert!(world.are_there().await, "{schedule:?}");
}

/// All orders in which these may take their turns.
fn interleavings(turns: &[(Turn, usize)]) -> Vec<Vec<Turn>> {
    if turns.iter().all(|(_, left)| *left == 0) {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (index, (turn, left)) in turns.iter().enumerate() {
        if *left > 0 {
            let mut rest = turns.to_vec();
            rest[index].1 -= 1;
            all.extend(interleavings(&rest).into_iter().map(|tail| [vec![*turn], tail].concat()));
        }
    }
    all
}

#[tokio::test]
async fn an_upload_and_a_sweep_in_every_order_and_dying_at_every_step() {
    let mut world = World::new().await;
    let mut played = 0;
    for stored_before in [false, true] {
        for (uploads, sweeps) in (0..=4).flat_map(|uploads| (0..=3).map(move |sweeps| (uploads, sweeps))) {
            for schedule in interleavings(&[(Turn::First, uploads), (Turn::Sweeper, sweeps)]) {
                world.turn_to(played);
                play(&world, stored_before, &schedule).await;
                played += 1;
            }
        }
    }
    assert_eq!(played, 2 * 125);
}

#[tokio::test]
async fn the_orders_that_are_hard_to_find() {
    use Turn::{First, LaterSweeper, Second, Sweeper};
    let hard: [(bool, &[Turn]); 3] = [
        // Told "stored already" of bytes that are then deleted.
        (true, &[First, Sweeper, First, Sweeper, Sweeper, First, First]),
        // The row of a deletion is removed before the bytes are stored again, if they ever are: an upload that had
        // stored them before must not take the missing row for leave to name them.
        (false, &[First, First, First, Sweeper, Sweeper, Sweeper, Second, Second, First]),
        // A slow sweeper calls a deletion done that another is at.
        (true, &[Sweeper, Sweeper, LaterSweeper, Sweeper, First, First, LaterSweeper, First, First]),
    ];
    let mut world = World::new().await;
    for (number, (stored_before, schedule)) in hard.into_iter().enumerate() {
        world.turn_to(number);
        play(&world, stored_before, schedule).await;
    }
}

#[test]
fn two_uploads_and_three_sweeps_in_any_order() {
    let turn = prop_oneof![
        3 => Just(Turn::First),
        3 => Just(Turn::Second),
        2 => Just(Turn::Sweeper),
        2 => Just(Turn::OtherSweeper),
        2 => Just(Turn::LaterSweeper),
    ];
    let schedules = (any::<bool>(), proptest::collection::vec(turn, 0..18));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = std::cell::RefCell::new((0, runtime.block_on(World::new())));
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&schedules, |(stored_before, schedule)| {
        let (played, world) = &mut *world.borrow_mut();
        *played += 1;
        world.turn_to(*played);
        runtime.block_on(play(world, stored_before, &schedule));
        Ok(())
    });
    outcome.expect("every schedule ends well");
}
