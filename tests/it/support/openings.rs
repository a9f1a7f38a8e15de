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
        let (requester, category, at) = (user.requester, workspace.category, self.clock.now());
        self.write(move |tx| {
            for number in 1..=count {
                let fields = TicketFields {
                    subject: Subject::new(format!("Ticket {number}")),
                    priority: Ok(Priority::Low),
                    comment: Ok("Please help.".to_owned()),
                    category: Ok(GivenId::parse(&category.to_string()).expect("a number")),
                    attachment: Ok(()),
                };
                open_ticket(tx, &requester, &fields, &[], at)?;
            }
            Ok(())
        })
        .await;
    }
}
