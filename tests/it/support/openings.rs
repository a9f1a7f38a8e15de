//! Tickets to look at.

use ferrodesk::app::manage::workspaces;
use ferrodesk::domain::CategoryId;

use super::{Client, Encoding, TestApp, TestWorkspace};

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
}
