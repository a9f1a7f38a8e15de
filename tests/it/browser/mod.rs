//! The console in a real browser, at the widths of a desk and of a telephone.

mod documentation;
mod driver;
mod help;
mod hostile;
mod search;
mod sending;
mod settings;
mod signing_in;
mod tickets;
mod together;
mod working;

use ferrodesk::domain::user::Role;

use self::driver::{Browser, Setup};
use crate::support::{Desk, Listening, PASSWORD, SignedIn};

/// A desk that answers on a port, with an agent who has a name.
struct Scene {
    desk: Desk,
    agent: SignedIn,
    listening: Listening,
}

impl Scene {
    async fn new() -> Self {
        let desk = Desk::new().await;
        let agent = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
        desk.name(agent.requester, "Hana Sato").await;
        desk.name(desk.ann.requester, "Ann Ito").await;
        let listening = desk.app.listen().await;
        Self { desk, agent, listening }
    }

    /// A browser on this desk.
    async fn browser(&self, setup: Setup) -> Browser {
        Browser::open(&format!("http://{}", self.listening.address), setup).await
    }

    /// A browser in which the agent is signed in.
    async fn signed_in(&self, setup: Setup) -> Browser {
        self.signed_in_as(&self.agent, setup).await
    }

    /// A browser in which `who` is signed in.
    async fn signed_in_as(&self, who: &SignedIn, setup: Setup) -> Browser {
        let browser = self.browser(setup).await;
        browser.go("/desk").await;
        sign_in(&browser, &who.email, PASSWORD).await;
        browser.find(".desk").await;
        browser
    }
}

/// Fills the form of the sign-in page in, and sends it.
async fn sign_in(browser: &Browser, email: &str, password: &str) {
    browser.find("[name=email]").await.clear().await.expect("an empty field");
    browser.write("[name=email]", email).await;
    browser.write("[name=password]", password).await;
    browser.click(".fields button").await;
}
