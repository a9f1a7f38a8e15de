//! Tickets to look at.

use ferrodesk::app::manage::workspaces;
use ferrodesk::app::open_ticket::{TicketFields, open_ticket};
use ferrodesk::domain::id::GivenId;
use ferrodesk::domain::ticket::Subject;
use ferrodesk::domain::{CategoryId, Clock as _, Priority};

use super::{Client, Encoding, SignedIn, TestApp, TestWorkspace};

impl Client {
    /// Opens a ticket with this subject and gives its id.
    pub async fn open_called(&self, category: CategoryId, subject: &str) -> i64 {
        let category = category.to_string();
        let fields = [("subject", subject), ("priority", "2"), ("comment", "Please help."), ("category", &*category)];
        self.post("/support/create/ticket/", Encoding::Urlencoded, &fields).await.ticket_id()
    }
}

impl TestApp {
    /// Lets the workspace's users have any number of open tickets.
    pub async fn lift_open_ticket_limit(&self, workspace: &TestWorkspace) {
        let name = workspace.name.clone();
        self.write(move |tx| workspaces::set(tx, &name, Some(0), None)).await;
    }

    /// Opens tickets called "Ticket 1" to "Ticket `count`", in one transaction.
    pub async fn open_many(&self, workspace: &TestWorkspace, user: &SignedIn, count: usize) {
        let subjects = (1..=count).map(|number| format!("Ticket {number}")).collect();
        self.open_now(workspace, user, subjects).await;
    }

    /// Opens tickets with these subjects, in one transaction, and gives their ids. No token is needed, which would expire.
    pub async fn open_now(&self, workspace: &TestWorkspace, user: &SignedIn, subjects: Vec<String>) -> Vec<i64> {
        let (requester, category, at) = (user.requester, workspace.category, self.clock.now());
        self.write(move |tx| {
            let open = |subject: &String| {
                let fields = TicketFields {
                    subject: Subject::new(subject.clone()),
                    priority: Ok(Priority::Low),
                    comment: Ok("Please help.".to_owned()),
                    category: Ok(GivenId::parse(&category.to_string()).expect("a number")),
                    attachment: Ok(()),
                };
                Ok(open_ticket(tx, &requester, &fields, &[], at)?.0)
            };
            subjects.iter().map(open).collect()
        })
        .await
    }
}
