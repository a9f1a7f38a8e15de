//! Rules that hold for every input, tried on many.

use ferrodesk::app::list_tickets::{FilterId, ListFields, list_tickets};
use ferrodesk::app::open_ticket::{TicketFields, open_ticket};
use ferrodesk::domain::attachment::label;
use ferrodesk::domain::id::{GivenId, parse_plain};
use ferrodesk::domain::ticket::{Happening, StatusRequest, Subject, next_status};
use ferrodesk::domain::{Clock as _, Priority, Status, text};
use proptest::prelude::*;

use crate::support::TestApp;

/// What Python's `str.isspace` says yes to.
const PYTHON_SPACES: [char; 29] = [
    '\t', '\n', '\u{b}', '\u{c}', '\r', '\u{1c}', '\u{1d}', '\u{1e}', '\u{1f}', ' ', '\u{85}', '\u{a0}', '\u{1680}',
    '\u{2000}', '\u{2001}', '\u{2002}', '\u{2003}', '\u{2004}', '\u{2005}', '\u{2006}', '\u{2007}', '\u{2008}',
    '\u{2009}', '\u{200a}', '\u{2028}', '\u{2029}', '\u{202f}', '\u{205f}', '\u{3000}',
];

#[test]
fn white_space_is_what_python_says_it_is() {
    let ours: Vec<char> = ('\0'..=char::MAX).filter(|c| text::is_space(*c)).collect();
    assert_eq!(ours, PYTHON_SPACES);
}

fn padding() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(&PYTHON_SPACES[..]), 0..4).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn trimming_takes_all_white_space_away_and_nothing_else(before in padding(), core in "\\PC*", after in padding()) {
        let padded = format!("{before}{core}{after}");
        let trimmed = text::trim(&padded);
        prop_assert!(padded.contains(trimmed));
        prop_assert!(!trimmed.starts_with(text::is_space) && !trimmed.ends_with(text::is_space));
        prop_assert_eq!(text::trim(trimmed), trimmed);
        prop_assert_eq!(text::is_blank(&padded), trimmed.is_empty());
    }

    #[test]
    fn a_number_is_read_whatever_is_around_it(
        number: i64, zeros in 0_usize..30, plus: bool, before in padding(), after in padding(),
    ) {
        let sign = if number < 0 { "-" } else if plus { "+" } else { "" };
        let given = format!("{before}{sign}{}{}{after}", "0".repeat(zeros), number.unsigned_abs());
        let id = GivenId::parse(&given).expect("a number");
        // The smallest number has no positive twin, and no row.
        prop_assert_eq!(id.number(), (number != i64::MIN).then_some(number));
        prop_assert_eq!(id.given(), given);
    }

    #[test]
    fn a_number_too_large_for_a_row_is_still_a_number(digits in "[1-9][0-9]{19,200}", negative: bool) {
        let given = if negative { format!("-{digits}") } else { digits };
        prop_assert_eq!(GivenId::parse(&given).expect("a number").number(), None);
    }

    #[test]
    fn an_id_is_a_number_exactly_when_it_looks_like_one(given in "\\PC{0,12}") {
        let core = text::trim(&given);
        let digits = core.strip_prefix(['+', '-']).unwrap_or(core);
        let looks_like_one = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
        prop_assert_eq!(GivenId::parse(&given).is_some(), looks_like_one);
        prop_assert_eq!(parse_plain(&given).is_some(), looks_like_one && core == digits);
    }

    #[test]
    fn a_files_label_leads_nowhere(given in any::<String>()) {
        let label = label(&given);
        prop_assert!(!label.is_empty() && label.chars().count() <= 255);
        prop_assert!(!label.contains(['/', '\\']) && !label.chars().any(char::is_control));
        prop_assert!(label != "." && label != "..");
    }

    #[test]
    fn folding_is_done_once(given in any::<String>()) {
        let once = text::fold(&given).into_owned();
        prop_assert_eq!(text::fold(&once), once.as_str());
    }

    #[test]
    fn a_ticket_lives_as_the_contract_says(happenings in proptest::collection::vec(happening(), 0..40)) {
        let mut status = Status::Open;
        for happening in happenings {
            let before = status;
            match next_status(before, happening) {
                Ok(after) => status = after,
                // Only a request can be refused, and only because it is so already.
                Err(already) => {
                    prop_assert!(matches!(happening, Happening::RequesterAsks(_)));
                    prop_assert_eq!(already, before);
                }
            }
            // A customer can neither make a ticket Open again nor keep a closed one from being Processing.
            if !matches!(happening, Happening::StaffSets(_)) && before != Status::Open {
                prop_assert_ne!(status, Status::Open);
            }
            if happening == Happening::RequesterAsks(StatusRequest::Close) {
                prop_assert_eq!(status, Status::Closed);
            }
        }
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        Just(Happening::RequesterAsks(StatusRequest::Reopen)),
        Just(Happening::RequesterAsks(StatusRequest::Close)),
        any::<bool>().prop_map(|reopens| Happening::RequesterReplies { reopens }),
        Just(Happening::StaffWorks),
        proptest::sample::select(&Status::ALL[..]).prop_map(Happening::StaffSets),
    ]
}

/// Subjects and parts of subjects in which everything that LIKE or case folding could trip over is frequent.
fn tricky_text() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "a", "A", "b", "%", "_", "!", "\\", "ß", "SS", "ss", "İ", "i", "Σ", "ς", "σ", "'", " ", "é", "É", "🦀",
    ]);
    proptest::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// The history's filters against a list filtered by hand.
    #[test]
    fn a_history_holds_what_its_filters_say(
        subjects in proptest::collection::vec(tricky_text(), 1..12),
        part in proptest::option::of(tricky_text()),
        status in proptest::option::of(1_i64..4),
        limit in 1_i64..15,
        offset in 0_i64..5,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let listed = runtime.block_on(async {
            let app = TestApp::new();
            let (acme, ann) = app.acme().await;
            let (requester, at, category) = (ann.requester, app.clock.now(), acme.category);
            let (given, wanted) = (subjects.clone(), part.clone());
            app.write(move |tx| {
                let mut workspace = ferrodesk::app::manage::workspaces::find(tx, "Acme")?;
                workspace.open_ticket_limit = 0;
                ferrodesk::app::manage::workspaces::set(tx, "Acme", Some(0), None)?;
                for subject in &given {
                    let fields = TicketFields {
                        subject: Subject::new(text::trim(subject).to_owned()),
                        priority: Ok(Priority::Low),
                        comment: Ok("comment".to_owned()),
                        category: GivenId::parse(&category.to_string()).ok_or_else(Vec::new),
                        attachment: Ok(()),
                    };
                    open_ticket(tx, &requester, &fields, &[], at)?;
                }
                let mut listed = Vec::new();
                let fields = ListFields {
                    subject: wanted.clone(),
                    category: Ok(None),
                    status: Ok(status.map(FilterId::Is)),
                    limit: Ok(Some(limit)),
                    offset: Ok(Some(offset)),
                    cursor: Ok(None),
                };
                let more = list_tickets(tx, &requester, &fields, &mut |ticket, title| {
                    assert_eq!(title, "Billing");
                    listed.push(ticket.subject.to_owned());
                })?;
                Ok((listed, more.is_some()))
            })
            .await
        });
        let matching: Vec<String> = subjects
            .iter()
            .rev()
            .map(|subject| text::trim(subject).to_owned())
            .filter(|subject| part.as_ref().is_none_or(|part| text::fold(subject).contains(&*text::fold(part))))
            // All of them are open.
            .filter(|_| status.is_none_or(|status| status == 1))
            .collect();
        let (offset, limit) = (usize::try_from(offset).expect("small"), usize::try_from(limit).expect("small"));
        let expected: Vec<String> = matching.iter().skip(offset).take(limit).cloned().collect();
        prop_assert_eq!(listed, (expected, matching.len() > offset + limit));
    }
}
