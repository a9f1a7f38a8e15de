//! What the staff's search finds, on every engine the same.

mod budget;
mod properties;
mod rounds;
mod scale;
mod who;

use ferrodesk::app::desk::answer_ticket::{Answer, answer_ticket};
use ferrodesk::app::desk::change_ticket::{TicketChange, change_ticket};
use ferrodesk::app::desk::search::{HITS_MAX, Hit, Matched, search};
use ferrodesk::app::open_ticket::{TicketFields, open_ticket};
use ferrodesk::domain::conversation::Visibility;
use ferrodesk::domain::id::GivenId;
use ferrodesk::domain::search::Query;
use ferrodesk::domain::ticket::Subject;
use ferrodesk::domain::user::Requester;
use ferrodesk::domain::{CategoryId, Clock as _, ConversationId, Error, Priority, TicketId, Timestamp};
use ferrodesk::storage::Tx;
use rstest::rstest;

use crate::support::{Desk, TestApp};

/// The engines that every test here is run on.
#[derive(Clone, Copy, Debug)]
enum Engine {
    Sqlite,
    Postgres,
}

/// A desk, and a member of its staff.
struct Searching {
    desk: Desk,
    agent: Requester,
}

/// Opens a ticket of `caller`.
fn open(
    tx: &mut dyn Tx,
    caller: &Requester,
    category: CategoryId,
    subject: &str,
    comment: &str,
    at: Timestamp,
) -> Result<TicketId, Error> {
    let fields = TicketFields {
        subject: Subject::new(subject.to_owned()),
        priority: Ok(Priority::Low),
        comment: Ok(comment.to_owned()),
        category: Ok(GivenId::parse(&category.to_string()).expect("a number")),
        attachment: Ok(()),
    };
    open_ticket(tx, caller, &fields, &[], at)
}

fn find(tx: &mut dyn Tx, staff: &Requester, query: &str) -> Result<Vec<Hit>, Error> {
    Ok(search(tx, staff, &Query::parse(query).expect("a short query"))?.hits)
}

impl Searching {
    async fn on(engine: Engine) -> Self {
        let app = match engine {
            Engine::Sqlite => TestApp::on_sqlite(),
            Engine::Postgres => TestApp::on_postgres(),
        };
        let desk = Desk::at(app).await;
        desk.set(Some(0), None).await;
        let agent = desk.agent().await;
        Self { desk, agent }
    }

    async fn ticket(&self, subject: &str, comment: &str) -> TicketId {
        let (caller, category, at) = (self.desk.ann.requester, self.desk.acme.category, self.desk.app.clock.now());
        let (subject, comment) = (subject.to_owned(), comment.to_owned());
        self.desk.app.write(move |tx| open(tx, &caller, category, &subject, &comment, at)).await
    }

    async fn say(&self, ticket: TicketId, visibility: Visibility, comment: &str) -> ConversationId {
        let (agent, at, comment) = (self.agent, self.desk.app.clock.now(), comment.to_owned());
        let work = move |tx: &mut dyn Tx| {
            let answer = Answer { visibility, comment: &comment, files: &[], status: None };
            answer_ticket(tx, &agent, ticket, answer, at)
        };
        self.desk.app.write(work).await.0
    }

    async fn change(&self, ticket: TicketId, change: TicketChange) {
        let (agent, at) = (self.agent, self.desk.app.clock.now());
        self.desk.app.write(move |tx| change_ticket(tx, &agent, ticket, &change, None, at)).await;
    }

    async fn hits(&self, query: &str) -> Vec<Hit> {
        self.hits_of(self.agent, query).await
    }

    async fn hits_of(&self, staff: Requester, query: &str) -> Vec<Hit> {
        let query = query.to_owned();
        self.desk.app.read(move |tx| find(tx, &staff, &query)).await
    }

    /// The tickets that are found, in the order of their ids.
    async fn found(&self, query: &str) -> Vec<TicketId> {
        let mut ids: Vec<TicketId> = self.hits(query).await.into_iter().map(|hit| hit.ticket.id).collect();
        ids.sort_unstable();
        ids
    }
}

#[rstest]
#[tokio::test]
async fn a_ticket_is_found_by_words_phrases_and_the_beginning_of_the_last_word(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let searching = Searching::on(engine).await;
    let late = searching.ticket("Order 100-7 is late", "It was due last week").await;
    let wrong = searching.ticket("Invoice of my order", "The amount is wrong").await;
    for (query, expected) in [
        ("order", vec![late, wrong]),
        ("ORDER Late", vec![late]),
        ("late order due", vec![late]),
        ("\"my order\"", vec![wrong]),
        ("\"order my\"", vec![]),
        ("ord", vec![late, wrong]),
        ("ord ", vec![]),
        ("\"ord\"", vec![]),
        ("inv amount", vec![]),
        ("amount inv", vec![wrong]),
        ("100-7", vec![late]),
        ("7-100", vec![]),
        ("o", vec![]),
        ("nothing of it", vec![]),
    ] {
        assert_eq!(searching.found(query).await, expected, "{query}");
    }
}

#[rstest]
#[tokio::test]
async fn what_matched_is_said_and_shown(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let searching = Searching::on(engine).await;
    let ticket = searching.ticket("A question", "Where is my parcel?\nI wait.").await;
    let note = searching.say(ticket, Visibility::Internal, "Ask the <b>warehouse</b>").await;
    let reply = searching.say(ticket, Visibility::Public, "It is on its way").await;
    for (query, matched, text, marked) in [
        ("question", Matched::Subject, "A question", "question"),
        ("parcel", Matched::Comment, "Where is my parcel? I wait.", "parcel"),
        ("wareh", Matched::Note(note), "Ask the <b>warehouse</b>", "warehouse"),
        ("\"on its way\"", Matched::Reply(reply), "It is on its way", "on its way"),
    ] {
        let hits = searching.hits(query).await;
        let [hit] = &hits[..] else { panic!("{query}: {hits:?}") };
        assert_eq!((hit.ticket.id, hit.matched), (ticket, matched), "{query}");
        assert_eq!(hit.snippet.text, text, "{query}");
        assert_eq!(hit.snippet.marks.iter().map(|mark| &text[mark.clone()]).collect::<Vec<_>>(), [marked]);
    }
}

#[rstest]
#[tokio::test]
async fn the_better_match_comes_first_and_of_two_that_are_as_good_the_newer_ticket(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let searching = Searching::on(engine).await;
    let in_subject = searching.ticket("Refund", "Please.").await;
    let older = searching.ticket("Money", "I want a refund.").await;
    let newer = searching.ticket("Money", "I want a refund.").await;
    let several = searching.ticket("Hello", "Several refunds!").await;
    let order: Vec<TicketId> = searching.hits("refund").await.into_iter().map(|hit| hit.ticket.id).collect();
    assert_eq!(order, [in_subject, newer, older, several]);
    // One hit for a ticket, though several of its texts match.
    searching.say(older, Visibility::Public, "Which refund?").await;
    assert_eq!(searching.hits("refund").await.len(), 4);
}

#[rstest]
#[tokio::test]
async fn case_accents_and_scripts_are_no_obstacle(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let searching = Searching::on(engine).await;
    let ticket =
        searching.ticket("Crème brûlée auf der STRASSE", "東京タワーに行きたい. Ελλάδα. สวัสดีครับ 한국어를 ǅ 🦀").await;
    for query in
        ["creme BRULEE ", "crème", "straße ", "東京", "タワー", "ελλαδα ", "สวัสดี", "한국", "ǆ ", "cre\u{301}me "]
    {
        assert_eq!(searching.found(query).await, [ticket], "{query}");
    }
    for query in ["京東", "🦀", "cr\u{e8}m ", "Ελλάδ "] {
        assert_eq!(searching.found(query).await, [], "{query}");
    }
}

#[rstest]
#[tokio::test]
async fn nothing_that_is_typed_is_an_operator(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let searching = Searching::on(engine).await;
    let ticket = searching.ticket("this and that", "or not near words: 1o0_this").await;
    for query in
        ["this AND that ", "and ", "not ", "\"near words\"", "this* ", "words:1o0_this ", "-this +that ", "^this "]
    {
        assert_eq!(searching.found(query).await, [ticket], "{query}");
    }
    for query in [
        "this AND these ",
        "this OR these ",
        "these NOT that ",
        "NEAR(this that) zzz ",
        "th* ",
        "1o0_thi ",
        "this:* zzz ",
        "th%s ",
        "th_s ",
        "(",
        "\"",
        "'",
        "''",
        "\\",
        "\"\"\"",
        ":*",
        "!",
        "&",
        "|",
        "<->",
        "~",
        "\0",
        "",
        "   ",
        "*\0*",
    ] {
        assert_eq!(searching.found(query).await, [], "{query}");
    }
}

#[rstest]
#[tokio::test]
async fn what_was_written_is_found_in_the_same_transaction_and_by_another_server_after_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let searching = Searching::on(engine).await;
    let app = &searching.desk.app;
    let (ann, category) = (searching.desk.ann.requester, searching.desk.acme.category);
    let (agent, at) = (searching.agent, app.clock.now());
    let failed = app.state.store().write(move |tx| {
        open(tx, &ann, category, "Gone again", "Zebra", at)?;
        assert_eq!(find(tx, &agent, "zebra")?.len(), 1);
        Err::<(), _>(Error::NotFound)
    });
    assert!(failed.await.is_err());
    assert_eq!(searching.found("zebra").await, []);
    let (ticket, found) = app
        .write(move |tx| {
            let ticket = open(tx, &ann, category, "Here to stay", "Zebra", at)?;
            let change = TicketChange { subject: Subject::new("Giraffe".to_owned()).ok(), ..TicketChange::default() };
            assert_eq!(find(tx, &agent, "zebra")?.len(), 1);
            change_ticket(tx, &agent, ticket, &change, None, at)?;
            assert_eq!(find(tx, &agent, "stay")?, []);
            Ok((ticket, find(tx, &agent, "giraffe zebra")?))
        })
        .await;
    assert_eq!(found.iter().map(|hit| hit.ticket.id).collect::<Vec<_>>(), [ticket]);
    let node = app.node();
    for _ in 0..20 {
        let ticket = searching.ticket("Okapi", "Quagga").await;
        let hits = node.read(move |tx| find(tx, &agent, "okapi")).await;
        assert!(hits.iter().any(|hit| hit.ticket.id == ticket));
    }
    assert_eq!(searching.found("okapi").await.len(), 20);
    assert_eq!(searching.found("zebra").await, [ticket]);
}

#[rstest]
#[tokio::test]
async fn a_subject_that_staff_change_is_what_the_ticket_is_found_by(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let searching = Searching::on(engine).await;
    let ticket = searching.ticket("Help me", "The printer burns").await;
    for subject in ["Fire in the office", "Smoke", "Fire again"] {
        let change = TicketChange { subject: Subject::new(subject.to_owned()).ok(), ..TicketChange::default() };
        searching.change(ticket, change).await;
        assert_eq!(searching.found(&format!("{subject} printer")).await, [ticket]);
    }
    for gone in ["help", "smoke", "office"] {
        assert_eq!(searching.found(gone).await, [], "{gone}");
    }
}

#[rstest]
#[tokio::test]
async fn long_texts_are_found_by_their_beginning_and_no_more_hits_come_than_fit(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let searching = Searching::on(engine).await;
    let words: Vec<String> = (0..40_000).map(|number| format!("w{number}")).collect();
    let long = searching.ticket("Long", &words.join(" ")).await;
    searching.ticket("Unbroken", &"x".repeat(100_000)).await;
    assert_eq!(searching.found("w3000 ").await, [long]);
    assert_eq!(searching.found("w39999 ").await, []);
    assert_eq!(searching.found(&"x".repeat(150)).await.len(), 1);
    for _ in 0..HITS_MAX + 5 {
        searching.ticket("One of many", "").await;
    }
    let hits = searching.hits("many").await;
    assert_eq!(hits.len(), HITS_MAX);
    assert!(hits.windows(2).all(|pair| pair[0].ticket.id > pair[1].ticket.id), "the newest come first");
}
