//! Lists in every order and by every filter, held against a plain sort of the same tickets, on both engines.

use ferrodesk::domain::user::Role;
use ferrodesk::domain::{CategoryId, Priority, Status, TagId, TeamId, Timestamp, UserId};
use ferrodesk::storage::queries::desk_tickets::{DeskFilter, DeskPage, Reach, Snoozed, Sort, Whose, count, list};
use proptest::prelude::*;

use crate::support::{Desk, TestApp};

/// More than are few, so that every way to find them is taken.
const TICKETS: i64 = 1_300;

/// Ids lie as far apart as where many workspaces share them: a list by id looks beyond its windows.
const APART: i64 = 7;

const NOW: Timestamp = Timestamp(1_000_000);

const SORTS: [Sort; 5] = [Sort::Newest, Sort::Oldest, Sort::LastOpened, Sort::FirstOpened, Sort::Urgent];

/// A ticket, as far as lists look at it.
#[derive(Clone, Debug)]
struct Known {
    id: i64,
    subject: &'static str,
    status: Status,
    priority: Priority,
    category: CategoryId,
    requester: UserId,
    assignee: Option<UserId>,
    team: Option<TeamId>,
    snoozed_until: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    tags: Vec<TagId>,
}

/// Who and what tickets are about: the first of each is most tickets', the second few tickets'.
#[derive(Clone)]
struct Around {
    categories: [CategoryId; 2],
    customers: [UserId; 2],
    agents: [UserId; 2],
    /// The second agent is in the second team.
    teams: [TeamId; 2],
    tags: [TagId; 2],
}

impl Known {
    /// A ticket that the numbers `dice` decide about.
    fn rolled(around: &Around, number: i64, dice: u64) -> Self {
        let mut dice = dice;
        let mut roll = |sides: u64| {
            // The generator of SplitMix64.
            dice = dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (dice ^ (dice >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed ^ (mixed >> 31)) % sides
        };
        let at = |offset: u64| Timestamp(i64::try_from(offset).expect("a small number"));
        Self {
            id: number * APART,
            subject: match roll(200) {
                0 => "rare",
                rolled => ["invoice a", "INVOICE_b", "100% theme"][usize::try_from(rolled % 3).expect("small")],
            },
            status: if roll(10) > 0 { Status::Closed } else { Status::ALL[usize::from(roll(2) == 1)] },
            priority: if roll(20) > 0 { Priority::Medium } else { Priority::ALL[2 * usize::from(roll(2) == 1)] },
            category: around.categories[usize::from(roll(50) == 0)],
            requester: around.customers[usize::from(roll(50) == 0)],
            assignee: [Some(around.agents[0]), Some(around.agents[1]), None][[0, 1, 2][rare(roll(60))]],
            team: [Some(around.teams[0]), Some(around.teams[1]), None][[0, 1, 2][rare(roll(60))]],
            snoozed_until: [None, Some(Timestamp(NOW.0 - 1)), Some(Timestamp(NOW.0 + 1))][rare(roll(60))],
            // Times neither follow the ids nor each other, and some are the same.
            created_at: at(1 + roll(500)),
            updated_at: at(1 + roll(500)),
            tags: [vec![around.tags[0]], vec![around.tags[0], around.tags[1]], vec![]][rare(roll(60))].clone(),
        }
    }

    fn key(&self, sort: Sort) -> (i64, i64, i64) {
        match sort {
            Sort::Newest => (-self.updated_at.0, -self.id, 0),
            Sort::Oldest => (self.updated_at.0, self.id, 0),
            Sort::LastOpened => (-self.id, 0, 0),
            Sort::FirstOpened => (self.id, 0, 0),
            Sort::Urgent => (-self.priority.number(), -self.updated_at.0, -self.id),
        }
    }

    fn passes(&self, filter: &DeskFilter, around: &Around, reach: Reach) -> bool {
        let any = |empty: bool, found: bool| empty || found;
        let is = |wanted: Option<Whose<i64>>, has: Option<i64>| match wanted {
            None => true,
            Some(Whose::Nobodys) => has.is_none(),
            Some(Whose::Is(id)) => has == Some(id),
        };
        let within = match reach {
            Reach::All => true,
            Reach::TeamsOf(user) => {
                self.assignee == Some(user) || (user == around.agents[1] && self.team == Some(around.teams[1]))
            }
        };
        let is_snoozed = self.snoozed_until > Some(NOW);
        within
            && any(filter.statuses.is_empty(), filter.statuses.contains(&self.status))
            && any(filter.priorities.is_empty(), filter.priorities.contains(&self.priority))
            && any(filter.categories.is_empty(), filter.categories.contains(&self.category))
            && any(filter.tags.is_empty(), filter.tags.iter().any(|tag| self.tags.contains(tag)))
            && is(whose(filter.assignee, |id| id.0), self.assignee.map(|id| id.0))
            && is(whose(filter.team, |id| id.0), self.team.map(|id| id.0))
            && filter.requester.is_none_or(|requester| requester == self.requester)
            && filter.created_from.is_none_or(|at| self.created_at >= at)
            && filter.created_before.is_none_or(|at| self.created_at < at)
            && filter.updated_from.is_none_or(|at| self.updated_at >= at)
            && filter.updated_before.is_none_or(|at| self.updated_at < at)
            && filter.text.as_ref().is_none_or(|text| self.subject.to_lowercase().contains(&text.to_lowercase()))
            && match filter.snoozed {
                Snoozed::Hidden => !is_snoozed,
                Snoozed::Only => is_snoozed,
                Snoozed::Included => true,
            }
    }
}

/// 0 most often, now and then 1 or 2.
fn rare(rolled: u64) -> usize {
    usize::from(rolled < 3) + usize::from(rolled == 0)
}

fn whose<Id>(whose: Option<Whose<Id>>, number: impl Fn(Id) -> i64) -> Option<Whose<i64>> {
    whose.map(|whose| match whose {
        Whose::Is(id) => Whose::Is(number(id)),
        Whose::Nobodys => Whose::Nobodys,
    })
}

/// Every filter on its own, and some together.
fn filters(around: &Around) -> Vec<DeskFilter> {
    let none = || DeskFilter { snoozed: Snoozed::Included, ..DeskFilter::default() };
    let text = |text: &str| DeskFilter { text: Some(text.to_owned()), ..none() };
    let mut filters = vec![none(), DeskFilter::default(), DeskFilter { snoozed: Snoozed::Only, ..none() }];
    filters.extend(Status::ALL.map(|status| DeskFilter { statuses: vec![status], ..none() }));
    filters.extend(Priority::ALL.map(|priority| DeskFilter { priorities: vec![priority, priority], ..none() }));
    for rarity in 0..2 {
        filters.push(DeskFilter { categories: vec![around.categories[rarity]], ..none() });
        filters.push(DeskFilter { tags: vec![around.tags[rarity]], ..none() });
        filters.push(DeskFilter { assignee: Some(Whose::Is(around.agents[rarity])), ..none() });
        filters.push(DeskFilter { team: Some(Whose::Is(around.teams[rarity])), ..none() });
        filters.push(DeskFilter { requester: Some(around.customers[rarity]), ..none() });
    }
    filters.extend([
        DeskFilter { tags: around.tags.to_vec(), ..none() },
        DeskFilter { assignee: Some(Whose::Nobodys), ..none() },
        DeskFilter { team: Some(Whose::Nobodys), ..none() },
        DeskFilter { created_from: Some(Timestamp(490)), ..none() },
        DeskFilter { created_before: Some(Timestamp(20)), ..none() },
        DeskFilter { updated_from: Some(Timestamp(490)), ..none() },
        DeskFilter { updated_before: Some(Timestamp(20)), ..none() },
        text("invoice"),
        text("VOICE_"),
        text("0% t"),
        text("rare"),
        DeskFilter {
            statuses: vec![Status::Closed, Status::Open, Status::Closed],
            priorities: vec![Priority::Low, Priority::Medium],
            assignee: Some(Whose::Is(around.agents[0])),
            tags: around.tags.to_vec(),
            created_from: Some(Timestamp(100)),
            updated_before: Some(Timestamp(400)),
            text: Some("i".to_owned()),
            ..DeskFilter::default()
        },
    ]);
    filters
}

struct Loaded {
    desk: Desk,
    around: Around,
}

impl Loaded {
    async fn on(app: TestApp) -> Self {
        let desk = Desk::at(app).await;
        let user = async |email: &str, role| desk.app.user(&desk.acme, email, role).await.requester.user;
        let customers = [user("c1@x.example", Role::Customer).await, user("c2@x.example", Role::Customer).await];
        let agents = [user("a1@x.example", Role::TeamAgent).await, user("a2@x.example", Role::TeamAgent).await];
        let (workspace, category, tag) = (desk.acme.id, desk.acme.category, desk.acme.tag);
        desk.app.database().run(&format!(
            "INSERT INTO category (id, workspace_id, name, description, position, active, created_at)
                 VALUES (901, {workspace}, 'Rare', '', 9, TRUE, 1);
             INSERT INTO tag (id, workspace_id, tag, keyword, active, created_at) VALUES (901, {workspace}, 'Rare', 'rare', TRUE, 1);
             INSERT INTO team (id, workspace_id, name, active, created_at)
                 VALUES (1, {workspace}, 'A', TRUE, 1), (2, {workspace}, 'B', TRUE, 1);
             INSERT INTO team_member (workspace_id, team_id, user_id) VALUES ({workspace}, 2, {})",
            agents[1]
        ));
        let around = Around {
            categories: [category, CategoryId(901)],
            customers,
            agents,
            teams: [TeamId(1), TeamId(2)],
            tags: [tag, TagId(901)],
        };
        Self { desk, around }
    }

    async fn fill(&self, tickets: &[Known]) {
        let null = |number: Option<i64>| number.map_or_else(|| "NULL".to_owned(), |number| number.to_string());
        let workspace = self.desk.acme.id;
        let row = |t: &Known| {
            format!(
                "({workspace}, {}, {}, '{}', '{}', {}, {}, {}, FALSE, {}, {}, 'c', {}, {}, {})",
                t.requester,
                t.id,
                t.subject,
                t.subject.to_lowercase(),
                t.priority.number(),
                t.category,
                t.status.number(),
                t.created_at.0,
                t.updated_at.0,
                null(t.assignee.map(|id| id.0)),
                null(t.team.map(|id| id.0)),
                null(t.snoozed_until.map(|at| at.0)),
            )
        };
        let rows: Vec<String> = tickets.iter().map(row).collect();
        let tagged =
            tickets.iter().flat_map(|t| t.tags.iter().map(move |tag| format!("({workspace}, {}, {tag})", t.id)));
        let tagged: Vec<String> = tagged.collect();
        self.desk.app.database().run(&format!(
            "INSERT INTO ticket (workspace_id, requester_id, id, subject, subject_folded, priority, category_id, status,
                 locked, created_at, updated_at, comment, assignee_id, team_id, snoozed_until) VALUES {};
             INSERT INTO ticket_tag (workspace_id, ticket_id, tag_id) VALUES {}",
            rows.join(", "),
            tagged.join(", ")
        ));
        self.desk.app.write(move |tx| Ok(tx.raise_last_id("ticket", TICKETS * APART)?)).await;
    }

    /// The first pages, or the page after what would be in the middle, as ids; and how many there are.
    async fn listed(&self, reach: Reach, filter: &DeskFilter, sort: Sort, from: Option<&Known>) -> (Vec<i64>, i64) {
        let (workspace, filter) = (self.desk.acme.id, filter.clone());
        let after = from.map(|known| match sort {
            Sort::Newest | Sort::Oldest => vec![known.updated_at.0, known.id],
            Sort::LastOpened | Sort::FirstOpened => vec![known.id],
            Sort::Urgent => vec![known.priority.number(), known.updated_at.0, known.id],
        });
        let reader = self.around.agents[0];
        self.desk
            .app
            .read(move |tx| {
                let mut found = Vec::new();
                let mut after = after.clone();
                for limit in [1, 30] {
                    let page = DeskPage { sort, after: after.as_deref(), limit };
                    let page = list(tx, (workspace, reader), reach, &filter, page, NOW)?;
                    after = page.last().map(|last| sort.key(last)).or(after);
                    found.extend(page.into_iter().map(|ticket| ticket.id.0));
                }
                // Beside another list, as the console counts them.
                let counts = count(tx, workspace, reach, &[(&DeskFilter::default(), 3), (&filter, 10_000)], NOW)?;
                Ok((found, counts[1]))
            })
            .await
    }

    async fn hold_against(&self, tickets: &[Known]) {
        let reaches = [Reach::All, Reach::TeamsOf(self.around.agents[0]), Reach::TeamsOf(self.around.agents[1])];
        for filter in filters(&self.around) {
            for reach in reaches {
                let mut expected: Vec<&Known> =
                    tickets.iter().filter(|known| known.passes(&filter, &self.around, reach)).collect();
                for sort in SORTS {
                    expected.sort_by_key(|known| known.key(sort));
                    let ids = |known: &[&Known]| known.iter().take(31).map(|known| known.id).collect::<Vec<_>>();
                    let (found, counted) = self.listed(reach, &filter, sort, None).await;
                    assert_eq!(found, ids(&expected), "{sort:?} {reach:?} {filter:?}");
                    assert_eq!(counted, i64::try_from(expected.len()).expect("few"), "{reach:?} {filter:?}");
                    let middle = expected.len() / 2;
                    if let Some(from) = expected.get(middle) {
                        let (found, _) = self.listed(reach, &filter, sort, Some(from)).await;
                        assert_eq!(found, ids(&expected[middle + 1..]), "{sort:?} {reach:?} {filter:?} after {from:?}");
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn every_list_is_as_if_all_tickets_were_filtered_and_sorted(seed: u64) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            for app in [TestApp::on_sqlite(), TestApp::on_postgres()] {
                let loaded = Loaded::on(app).await;
                let dice = |number: i64| seed ^ (number.unsigned_abs()).wrapping_mul(0xd1b5_4a32_d192_ed03);
                let tickets: Vec<Known> =
                    (1..=TICKETS).map(|number| Known::rolled(&loaded.around, number, dice(number))).collect();
                loaded.fill(&tickets).await;
                loaded.hold_against(&tickets).await;
            }
        });
    }
}
