//! Fills the desk, through the use cases that the server calls.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use ferrodesk::app::manage::{apikeys, catalogue, users, workspaces};
use ferrodesk::app::open_ticket::{TicketFields, open_ticket};
use ferrodesk::app::reply::{ReplyFields, reply};
use ferrodesk::domain::id::GivenId;
use ferrodesk::domain::ticket::Subject;
use ferrodesk::domain::user::{Email, Requester, Role};
use ferrodesk::domain::{CategoryId, Clock as _, Error, Priority, Timestamp, UserId, WorkspaceId};
use ferrodesk::identity::apikey::Apikey;
use ferrodesk::identity::password::Passwords;
use ferrodesk::identity::secret::Secret;
use ferrodesk::identity::system::{SystemClock, SystemEntropy};
use ferrodesk::storage::{Store, Tx};
use futures_util::future::try_join_all;

use crate::desk::{self, Description, FORMAT, Pristine};

/// Tickets or users that are waited for together.
const BATCH: u64 = 10_000;

/// Tickets in one closure.
const CLOSURE: u64 = 100;

/// Of each heavy user, the tickets that are looked at.
const TICKETS_LOOKED_AT: usize = 4;

const CATEGORIES: [(&str, &str); 8] = [
    ("Billing", "Invoices, payments and refunds"),
    ("Orders", "Where an order is and what is in it"),
    ("Returns", "Sending things back"),
    ("Account", "Signing in, addresses and passwords"),
    ("Technical", "Something does not work"),
    ("Integrations", "The API, webhooks and imports"),
    ("Feedback", "Praise, blame and wishes"),
    ("Other", "Everything else"),
];

const COMMENTS: [&str; 4] = [
    "It was due last week and the tracking page has not changed since. Please find out where it is.",
    "The amount is not what we agreed on. Could you check the discount and send a corrected invoice?",
    "Since this morning the page stays empty after signing in, on two computers and on a phone.",
    "We would like to add three colleagues who see all tickets of our company. How is that done?",
];

/// The desk in `folder`, made anew unless a complete one with as many tickets is there.
pub fn desk(folder: &Path, tickets: u64) -> anyhow::Result<Pristine> {
    anyhow::ensure!(tickets >= 1000, "a desk of less than 1000 tickets says nothing");
    let desk = folder.join("seeded");
    let note = desk.join("description.json");
    if let Ok(text) = fs::read_to_string(&note)
        && let Ok(description) = serde_json::from_str::<Description>(&text)
        && (description.format, description.tickets) == (FORMAT, tickets)
    {
        return Ok(Pristine { folder: desk, description });
    }
    if desk.exists() {
        fs::remove_dir_all(&desk)?;
    }
    fs::create_dir_all(&desk)?;
    eprintln!("seeding {tickets} tickets into {}", desk.display());
    let store = desk::open(&desk)?;
    // Made here, so that every copy has it and tokens need no server.
    Secret::load_or_create(&desk, &SystemEntropy)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut description = runtime.block_on(fill(&store, tickets))?;
    store.close();
    description.database_bytes = fs::metadata(desk.join("ferrodesk.db"))?.len();
    // Last, because it says that all the rest is there.
    let mut file = fs::File::create(&note)?;
    file.write_all(&serde_json::to_vec(&description)?)?;
    file.sync_all()?;
    Ok(Pristine { folder: desk, description })
}

/// The shape of the desk: a twentieth as many users as tickets; a tenth of them have 60 % of the tickets, 120 each.
async fn fill(store: &Store, tickets: u64) -> anyhow::Result<Description> {
    let users = tickets / 20;
    let heavy = users / 10;
    let now = SystemClock.now();
    let key = Apikey::generate(&SystemEntropy);
    let apikey = key.reveal().to_owned();
    let (workspace, application) = store
        .write(move |tx| {
            let workspace = workspaces::add(tx, "Bench", 0, true, now)?;
            for (name, description) in CATEGORIES {
                catalogue::add_category(tx, workspace, name, description, now)?;
            }
            Ok((workspace, apikeys::add(tx, workspace, "bench", &key, now)?))
        })
        .await?;
    let ids: Arc<[UserId]> = add_users(store, workspace, users, now).await?.into();
    let categories = store.read(move |tx| catalogue::categories(tx, workspace)).await?;
    let categories: Arc<[CategoryId]> = categories.into_iter().map(|category| category.id).collect();
    anyhow::ensure!(categories.iter().map(|id| id.0).eq(1..=8), "create.lua names categories 1 to 8");
    let mut readers: Vec<(UserId, Vec<i64>)> = ids.iter().take(heavy as usize).map(|id| (*id, Vec::new())).collect();
    let others = ids[heavy as usize..].to_vec();
    for start in (0..tickets).step_by(BATCH as usize) {
        let end = tickets.min(start + BATCH);
        // Closures that the writer commits together. A closure of ten thousand would be slow: within a savepoint, SQLite
        // walks through all that the savepoint has changed at the end of every statement.
        let closures = (start..end).step_by(CLOSURE as usize).map(|start| {
            let (numbers, requesters, categories) =
                (start..end.min(start + CLOSURE), ids.clone(), Arc::clone(&categories));
            store.write(move |tx| {
                let open = |number: u64| {
                    let user = requester(number, users, heavy);
                    // A ticket every 25 seconds up to now.
                    let at = now.minus(Duration::from_secs(25 * (tickets - number)));
                    let caller = Requester { workspace, user: requesters[user], role: Role::Customer };
                    let category = categories[number as usize % categories.len()];
                    Ok((user, open(tx, &caller, number, category, at)?))
                };
                numbers.clone().map(open).collect::<Result<Vec<_>, Error>>()
            })
        });
        for (user, ticket) in try_join_all(closures).await.context("cannot open tickets")?.into_iter().flatten() {
            if let Some((_, own)) = readers.get_mut(user) {
                if own.len() == TICKETS_LOOKED_AT {
                    own.remove(0);
                }
                own.push(ticket);
            }
        }
        if end.is_multiple_of(100_000) {
            eprintln!("{end} of {tickets}");
        }
    }
    // A history of 50 is to be one; with few tickets, chance leaves some users with less.
    readers.retain(|(_, own)| own.len() == TICKETS_LOOKED_AT);
    Ok(Description {
        format: FORMAT,
        tickets,
        users,
        database_bytes: 0,
        workspace,
        application,
        apikey,
        categories: CATEGORIES.len(),
        readers,
        others,
    })
}

async fn add_users(store: &Store, workspace: WorkspaceId, users: u64, at: Timestamp) -> anyhow::Result<Vec<UserId>> {
    let hash = Passwords::default().hash("correct horse battery staple", &SystemEntropy).await?;
    let mut ids = Vec::new();
    for start in (0..users).step_by(BATCH as usize) {
        let (batch, hash) = (start..users.min(start + BATCH), hash.clone());
        let added = store.write(move |tx| {
            let add = |number: u64| {
                let email = Email::parse(&format!("customer-{number:06}@example.com")).map_err(Error::Misuse)?;
                users::add(tx, workspace, &email, Role::Customer, &hash, at)
            };
            batch.clone().map(add).collect::<Result<Vec<_>, Error>>()
        });
        ids.extend(added.await?);
    }
    Ok(ids)
}

/// Whose the ticket is: scattered, as tickets come in.
fn requester(number: u64, users: u64, heavy: u64) -> usize {
    // SplitMix64.
    let mut z = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    let user = if z % 100 < 60 { (z >> 32) % heavy } else { heavy + (z >> 32) % (users - heavy) };
    user as usize
}

/// Opens a ticket; every tenth has a conversation too.
fn open(tx: &mut dyn Tx, caller: &Requester, number: u64, category: CategoryId, at: Timestamp) -> Result<i64, Error> {
    let given = |id: i64| GivenId::parse(&id.to_string()).ok_or_else(Vec::new);
    let comment = |turn: u64| Ok(COMMENTS[(turn % COMMENTS.len() as u64) as usize].to_owned());
    let fields = TicketFields {
        subject: Subject::new(format!("Order 10000000-0-{number:09} has not arrived yet")),
        priority: Ok([Priority::Low, Priority::Medium, Priority::High][number as usize % 3]),
        comment: comment(number),
        category: given(category.0),
        attachment: Ok(()),
    };
    let ticket = open_ticket(tx, caller, &fields, &[], at)?;
    if number.is_multiple_of(10) {
        let fields = ReplyFields { ticket: given(ticket.0), comment: comment(number / 10), attachment: Ok(()) };
        reply(tx, caller, &fields, &[], at.plus(Duration::from_hours(1)))?;
    }
    Ok(ticket.0)
}
