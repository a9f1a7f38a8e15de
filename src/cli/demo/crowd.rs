//! A demo of the size of a real desk: thousands of generated tickets beside the samples.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use indicatif::{ProgressBar, ProgressStyle};

use super::sample::{ANSWERS, REPLIES, SAMPLES};
use crate::app::desk::answer_ticket::{Answer, answer_ticket};
use crate::app::desk::change_ticket::{TicketChange, change_ticket};
use crate::app::manage::{catalogue, users};
use crate::app::open_ticket::{TicketFields, open_ticket};
use crate::app::reply::{ReplyFields, reply};
use crate::cli::Desk;
use crate::domain::conversation::Visibility;
use crate::domain::id::GivenId;
use crate::domain::ticket::Subject;
use crate::domain::user::{Email, Requester, Role};
use crate::domain::{CategoryId, Error, Priority, Status, TagId, TicketId, Timestamp, WorkspaceId};
use crate::storage::Tx;
use crate::storage::queries::users::NewUser;

/// Tickets of one customer: what one closure writes. On PostgreSQL, a closure has little time.
const OF_ONE_CUSTOMER: u64 = 20;

/// Closures that wait for their commit at once.
const AT_ONCE: usize = 4;

/// How often a closure is tried that the database has no time for.
const TRIES: u32 = 10;

/// What lies between two tickets.
const EVERY: Duration = Duration::from_secs(80);

/// What the tickets are about and who works on them.
#[derive(Clone)]
struct Surroundings {
    workspace: WorkspaceId,
    staff: Vec<Requester>,
    categories: Vec<CategoryId>,
    tags: Vec<TagId>,
    now: Timestamp,
    tickets: u64,
}

/// Opens `tickets` more tickets: nearly nine of ten are closed, half of the others new.
pub async fn fill(desk: &Desk, workspace: WorkspaceId, tickets: u64) -> anyhow::Result<()> {
    let now = desk.clock.now();
    let surroundings = desk
        .store
        .read(move |tx| {
            let everybody = users::list(tx, workspace)?.into_iter().filter(|user| user.role.is_staff());
            Ok(Surroundings {
                workspace,
                staff: everybody.map(|user| Requester { workspace, user: user.id, role: user.role }).collect(),
                categories: catalogue::categories(tx, workspace)?.into_iter().map(|category| category.id).collect(),
                tags: catalogue::tags(tx, workspace)?.into_iter().map(|tag| tag.id).collect(),
                now,
                tickets,
            })
        })
        .await?;
    let style = ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} tickets, {eta} to go")?;
    let bar = ProgressBar::new(tickets).with_style(style);
    let closures = (0..tickets).step_by(usize::try_from(OF_ONE_CUSTOMER)?).map(|first| {
        let surroundings = &surroundings;
        let last = tickets.min(first + OF_ONE_CUSTOMER);
        let bar = &bar;
        async move {
            one_customer(desk, surroundings, first, last).await?;
            bar.inc(last - first);
            Ok::<_, anyhow::Error>(())
        }
    });
    stream::iter(closures).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    bar.finish_and_clear();
    Ok(())
}

/// Opens the tickets numbered from `first` to before `last`, which are one customer's.
async fn one_customer(desk: &Desk, around: &Surroundings, first: u64, last: u64) -> Result<(), Error> {
    let mut tries = 1;
    loop {
        let around = around.clone();
        let write = desk.store.write(move |tx| {
            let customer = new_customer(tx, &around, first / OF_ONE_CUSTOMER)?;
            (first..last).try_for_each(|number| open(tx, &around, &customer, number))
        });
        match write.await {
            // Nothing of it is there, and nobody waits for an answer within a second or two.
            Err(Error::Busy { retry_after }) if tries < TRIES => tokio::time::sleep(retry_after).await,
            written => return written,
        }
        tries += 1;
    }
}

fn new_customer(tx: &mut dyn Tx, around: &Surroundings, number: u64) -> Result<Requester, Error> {
    let workspace = around.workspace;
    let email = Email::parse(&format!("customer{number}@crowd.example")).map_err(Error::Misuse)?;
    let at = around.now.minus(EVERY * u32::try_from(around.tickets).unwrap_or(u32::MAX));
    // Nobody signs in as them.
    let new = NewUser { workspace, email: &email, role: Role::Customer, password_hash: None, identity: None, at };
    let user = crate::storage::queries::users::insert(tx, new)?.ok_or(Error::NotFound)?;
    Ok(Requester { workspace, user, role: Role::Customer })
}

/// Picks one of `list` by `number`.
fn pick<T>(list: &[T], number: u64) -> Result<&T, Error> {
    let index = usize::try_from(number).unwrap_or_default() % list.len().max(1);
    list.get(index).ok_or(Error::NotFound)
}

fn open(tx: &mut dyn Tx, around: &Surroundings, customer: &Requester, number: u64) -> Result<(), Error> {
    // A step that has no factor in common with the lists' lengths, so that everything comes with everything.
    let mixed = number.wrapping_mul(7919) / 3;
    let sample = pick(&SAMPLES, mixed)?;
    let age = EVERY * u32::try_from(around.tickets - number).unwrap_or(u32::MAX);
    let opened_at = around.now.minus(age);
    let later = |minutes: u64| opened_at.plus(Duration::from_mins(minutes)).min(around.now);
    let category = pick(&around.categories, mixed / 7)?.0;
    let fields = TicketFields {
        subject: Subject::new(format!("{} (order {})", sample.0, 10_000 + number)),
        priority: Ok(*pick(&[Priority::Low, Priority::Medium, Priority::Medium, Priority::High], mixed / 5)?),
        comment: Ok(sample.1.to_owned()),
        category: Ok(GivenId::parse(&category.to_string()).ok_or(Error::NotFound)?),
        attachment: Ok(()),
    };
    let ticket = open_ticket(tx, customer, &fields, &[], opened_at)?;
    let agent = pick(&around.staff, mixed / 11)?;
    // Of the latest every third is still being worked on, and a few old ones are: fewer than a customer may have open.
    let is_late = number + around.tickets / 5 >= around.tickets;
    let is_open = number.is_multiple_of(31) || (is_late && number.is_multiple_of(3));
    if is_open && number.is_multiple_of(2) {
        return Ok(());
    }
    let answer = Answer { visibility: Visibility::Public, comment: pick(&ANSWERS, mixed)?, files: &[], status: None };
    answer_ticket(tx, agent, ticket, answer, later(45))?;
    let mut change = TicketChange { assignee: Some(Some(agent.user)), ..TicketChange::default() };
    if number.is_multiple_of(3) {
        change.tags = Some(vec![*pick(&around.tags, mixed / 13)?]);
    }
    if number.is_multiple_of(4) {
        say_back(tx, customer, ticket, pick(&REPLIES, mixed)?, later(90))?;
    }
    if !is_open {
        change.status = Some(Status::Closed);
    }
    change_ticket(tx, agent, ticket, &change, None, later(180))?;
    Ok(())
}

fn say_back(
    tx: &mut dyn Tx,
    customer: &Requester,
    ticket: TicketId,
    comment: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let given = GivenId::parse(&ticket.to_string()).ok_or(Error::NotFound)?;
    let fields = ReplyFields { ticket: Ok(given), comment: Ok(comment.to_owned()), attachment: Ok(()) };
    reply(tx, customer, &fields, &[], at).map(drop)
}
