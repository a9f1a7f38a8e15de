//! What the demo's workspace is filled with: a small company's support desk, a few weeks into its life.

use std::time::Duration;

use bytes::Bytes;

use crate::app::change_status::{StatusFields, change_status};
use crate::app::desk::answer_ticket::{Answer, answer_ticket};
use crate::app::manage::{catalogue, users, workspaces};
use crate::app::open_ticket::{TicketFields, open_ticket};
use crate::app::reply::{ReplyFields, reply};
use crate::app::update_ticket::{UpdateFields, update_ticket};
use crate::cli::Desk;
use crate::domain::attachment::StoredFile;
use crate::domain::conversation::Visibility;
use crate::domain::id::GivenId;
use crate::domain::ticket::{StatusRequest, Subject};
use crate::domain::user::{Email, Requester, Role};
use crate::domain::workspace::DEFAULT_OPEN_TICKET_LIMIT;
use crate::domain::{Error, Priority, Problem, TicketId, Timestamp, WorkspaceId};
use crate::identity::apikey::sha256;
use crate::identity::password::Passwords;
use crate::identity::secret::Secret;
use crate::storage::Tx;

/// Somebody in the demo.
pub struct Person {
    pub email: &'static str,
    name: &'static str,
    pub role: Role,
    /// Whether the demo prints how to sign in as them.
    pub is_shown: bool,
}

const fn person(email: &'static str, name: &'static str, role: Role, is_shown: bool) -> Person {
    Person { email, name, role, is_shown }
}

/// Everybody; the first is the customer of the printed curl lines.
pub const PEOPLE: [Person; 8] = [
    person("ann@customer.example", "Ann Ito", Role::Customer, true),
    person("bao@customer.example", "Bao Tran", Role::Customer, true),
    person("chidi@customer.example", "Chidi Okafor", Role::Customer, false),
    person("dilnoza@customer.example", "Dilnoza Karimova", Role::Customer, false),
    person("emre@customer.example", "Emre Aydın", Role::Customer, false),
    person(AGENT, "Gus Li", Role::Agent, true),
    person("hana@desk.example", "Hana Sato", Role::Agent, false),
    person("ines@desk.example", "Ines Duarte", Role::Admin, true),
];

/// Who is to sign in at the desk first.
pub const AGENT: &str = "gus@desk.example";

const CATEGORIES: [(&str, &str); 5] = [
    ("Billing", "Invoices, payments and refunds"),
    ("Technical problem", "Something does not work as it should"),
    ("Account", "Signing in, users and permissions"),
    ("Feature request", "Something that you miss"),
    ("Other", "Anything else"),
];

const TAGS: [(&str, &str); 6] = [
    ("Refund", "refund"),
    ("Bug", "bug"),
    ("Waiting for customer", "waiting"),
    ("Escalated", "escalated"),
    ("Mobile app", "mobile"),
    ("API", "api"),
];

/// How far a sample ticket has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    New,
    Answered,
    Closed,
}

/// A ticket: subject, comment, category (from 0), priority, tags (from 0), how far it has come.
pub type Sample = (&'static str, &'static str, usize, Priority, &'static [usize], Stage);

use Priority::{High, Low, Medium};
use Stage::{Answered, Closed, New};

pub const SAMPLES: [Sample; 30] = [
    ("The invoice of May is wrong", "It lists 30 seats, but we have had 20 since April.", 0, High, &[0], Answered),
    (
        "Cannot sign in after the update",
        "The page reloads and asks for the password again.",
        2,
        High,
        &[1, 4],
        Answered,
    ),
    (
        "Export to CSV stops at 10 000 rows",
        "The file ends in the middle of a line. A sample is attached.",
        1,
        Medium,
        &[1],
        New,
    ),
    ("Please add a dark theme", "Half of us work at night.", 3, Low, &[], New),
    (
        "Webhook is delivered twice",
        "We see the same event id twice within a second, about once in a hundred.",
        1,
        High,
        &[1, 5, 3],
        Answered,
    ),
    ("Change of billing address", "We have moved. The new address is on the attached form.", 0, Low, &[], Closed),
    ("Two-factor codes are refused", "The clock of the phone is right, we checked.", 2, Medium, &[4], Answered),
    ("How do I invite a colleague?", "I am an owner, but the button is grey.", 2, Low, &[], Closed),
    (
        "Timeouts from Frankfurt since 9:40",
        "About one call in five takes over 30 s. Log attached.",
        1,
        High,
        &[3, 5],
        Answered,
    ),
    ("Refund for the cancelled order", "Order 20391 was cancelled on the 3rd.", 0, Medium, &[0, 2], Answered),
    ("The app crashes when I open a photo", "Version 4.2 on an old tablet.", 1, Medium, &[1, 4], New),
    ("Where are my archived projects?", "The menu entry is gone.", 4, Low, &[], Closed),
    ("API: sort by date", "It would save us a second call.", 3, Low, &[5], New),
    ("Password reset mail never arrives", "Not in the spam folder either.", 2, High, &[], Closed),
    ("VAT number is missing on invoices", "Our accountant insists.", 0, Medium, &[2], Answered),
    ("Umlauts in file names", "Müller.pdf becomes M_ller.pdf when downloaded.", 1, Low, &[1], Closed),
    ("Slow search", "Three letters take ten seconds.", 1, Medium, &[], New),
    ("Delete my account", "And all data with it, please.", 2, Medium, &[], Closed),
    ("Double charge on the card", "Two charges of 49.00 on the same day.", 0, High, &[0, 3], Answered),
    ("Keyboard shortcuts", "J and K to go through the list, as elsewhere.", 3, Low, &[], New),
    ("Notifications come late", "Up to an hour after the fact.", 1, Medium, &[4], Answered),
    ("Permission to see reports", "Our auditor needs to read, not to write.", 2, Low, &[], Closed),
    ("Wrong time zone in the calendar", "Everything is two hours early.", 1, Medium, &[1], New),
    ("Offer for 200 seats", "For a school, if that makes a difference.", 4, Medium, &[], Answered),
    ("Import of contacts fails", "Line 17 is the first one that is refused.", 1, Medium, &[1, 2], Answered),
    ("Thank you", "That was quick. You can close this.", 4, Low, &[], Closed),
    ("Printed labels are cut off", "On A4 the last column is missing.", 1, Low, &[], New),
    ("Sandbox for the API", "We should not test on live data.", 3, Medium, &[5], New),
    ("Invoice as a PDF", "The link leads to a page that cannot be printed.", 0, Low, &[], Closed),
    ("Single sign-on", "We use an identity provider with OpenID Connect.", 3, Medium, &[5], Answered),
];

/// What staff and customers say in turn.
pub const ANSWERS: [&str; 4] = [
    "Thank you for the details. I can see it here, and have handed it to the team that looks after it.",
    "Could you tell us since when, and whether anything changed on your side that day?",
    "This is fixed as of this morning. Would you try again and tell us whether it works now?",
    "I have corrected it; you should see it within the hour.",
];
pub const REPLIES: [&str; 3] =
    ["Since Monday. Nothing changed on our side.", "Yes, it works now. Thank you!", "Still the same, I am afraid."];
const NOTE: &str = "Seen at two other customers this week. Let us collect them under one ticket.";

/// A PNG of one pixel, as a screenshot.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";

const FILES: [(&str, &str, &[u8]); 3] = [
    ("screenshot.png", "image/png", PIXEL),
    ("export.csv", "text/plain; charset=utf-8", b"id,name,amount\n1,Seats,20\n2,Storage,5\n"),
    (
        "server.log",
        "text/plain; charset=utf-8",
        b"09:40:12 GET /v2/items 200 30112 ms\n09:40:43 GET /v2/items 504 30000 ms\n",
    ),
];

/// A password of the demo: the same at every start, and known only to who has the installation's secret.
pub fn password(secret: &Secret, email: &str) -> String {
    format!("demo-{}", hex::encode(&secret.derive(&format!("demo password of {email}"))[..6]))
}

/// Makes the workspace and everything in it.
pub async fn fill(desk: &Desk, secret: &Secret, name: &'static str) -> anyhow::Result<WorkspaceId> {
    let passwords = Passwords::default();
    let mut people = Vec::new();
    for person in &PEOPLE {
        let email = Email::parse(person.email).map_err(anyhow::Error::msg)?;
        let hash = passwords.hash(&password(secret, person.email), &*desk.entropy).await?;
        people.push((email, person.name, person.role, hash));
    }
    let now = desk.clock.now();
    // The files' folder is named after the workspace, whose id is known once it is there.
    let workspace = desk
        .store
        .write(move |tx| {
            let start = now.minus(Duration::from_hours(40 * 24));
            let workspace = workspaces::add(tx, name, DEFAULT_OPEN_TICKET_LIMIT, true, start)?;
            for (email, name, role, hash) in &people {
                let id = users::add(tx, workspace, email, *role, hash, start)?;
                users::set_name(tx, workspace, id, name)?;
            }
            for (name, description) in CATEGORIES {
                catalogue::add_category(tx, workspace, name, description, start)?;
            }
            for (tag, keyword) in TAGS {
                catalogue::add_tag(tx, workspace, tag, keyword, start)?;
            }
            Ok(workspace)
        })
        .await?;
    let mut files = Vec::new();
    for (name, content_type, bytes) in FILES {
        let hash = sha256(bytes);
        desk.blobs.put(workspace, &hash, Bytes::from_static(bytes)).await?;
        let size = i64::try_from(bytes.len())?;
        files.push(StoredFile { hash, size, content_type: content_type.to_owned(), name: name.to_owned() });
    }
    for number in 0..SAMPLES.len() {
        let files = files.clone();
        desk.store.write(move |tx| open_sample(tx, workspace, number, &files, now)).await?;
    }
    Ok(workspace)
}

/// Opens the sample with this number, and does with its ticket what is to be seen of it.
fn open_sample(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    number: usize,
    files: &[StoredFile],
    now: Timestamp,
) -> Result<(), Error> {
    let (subject, comment, category, priority, tagged, stage) = SAMPLES[number];
    let everybody = users::list(tx, workspace)?;
    let with_role = |staff: bool| -> Vec<Requester> {
        let them = everybody.iter().filter(|user| user.role.is_staff() == staff);
        them.map(|user| Requester { workspace, user: user.id, role: user.role }).collect()
    };
    let (customers, staff) = (with_role(false), with_role(true));
    let categories = catalogue::categories(tx, workspace)?;
    let tags = catalogue::tags(tx, workspace)?;
    let customer = &customers[number % customers.len()];
    let age = Duration::from_hours((SAMPLES.len() - number) as u64 * 27);
    let opened_at = now.minus(age);
    let later = |hours: u64| opened_at.plus(Duration::from_hours(hours));
    let fields = TicketFields {
        subject: Subject::new(subject.to_owned()),
        priority: Ok(priority),
        comment: Ok(comment.to_owned()),
        category: given(categories[category].id.0),
        attachment: Ok(()),
    };
    let attached = if number % 4 == 2 { &files[number % files.len()..][..1] } else { &[] };
    let ticket = open_ticket(tx, customer, &fields, attached, opened_at)?;
    if !tagged.is_empty() {
        let tags = Ok(tagged.iter().map(|&tag| given(tags[tag].id.0)).collect());
        let update = UpdateFields { ticket: Ok(Some(ticket.0)), priority: Ok(None), tags };
        update_ticket(tx, customer, &update, later(1))?;
    }
    if stage != New {
        converse(tx, number, ticket, customer, &staff[number % staff.len()], files, &later)?;
    }
    if stage == Closed {
        let fields = StatusFields { ticket: Ok(Some(ticket.0)), status: Ok(StatusRequest::Close) };
        change_status(tx, customer, &fields, later(20))?;
    }
    Ok(())
}

/// A few words between a customer and a member of staff, and now and then a note among staff.
fn converse(
    tx: &mut dyn Tx,
    number: usize,
    ticket: TicketId,
    customer: &Requester,
    agent: &Requester,
    files: &[StoredFile],
    later: &dyn Fn(u64) -> Timestamp,
) -> Result<(), Error> {
    let answer = ANSWERS[number % ANSWERS.len()];
    let says = |visibility, comment, files| Answer { visibility, comment, files, status: None };
    answer_ticket(tx, agent, ticket, says(Visibility::Public, answer, &[]), later(3))?;
    if number.is_multiple_of(3) {
        answer_ticket(tx, agent, ticket, says(Visibility::Internal, NOTE, &files[2..]), later(4))?;
    }
    if number.is_multiple_of(2) {
        let comment = REPLIES[number % REPLIES.len()].to_owned();
        let fields = ReplyFields { ticket: given(ticket.0), comment: Ok(comment), attachment: Ok(()) };
        reply(tx, customer, &fields, &files[..usize::from(number.is_multiple_of(4))], later(6))?;
    }
    Ok(())
}

fn given(id: i64) -> Result<GivenId, Vec<Problem>> {
    GivenId::parse(&id.to_string()).ok_or_else(|| vec![Problem::IdNotValid])
}
