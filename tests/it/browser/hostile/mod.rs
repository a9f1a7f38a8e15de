//! Whatever people send is shown as text: nothing of it runs, loads or leads anywhere.

mod contents;
mod control;
mod detector;
mod payloads;
mod places;
mod plant;
mod work;

use ferrodesk::domain::user::Role;

use self::detector::{Listener, Watched};
use self::places::Place;
use self::plant::{Named, Opened, Texts};
use super::driver::WIDE;
use super::{Scene, sign_in};
use crate::support::{CONVERSATION, PASSWORD, Part, SignedIn, attachment};

/// Pages of a list that are turned over at the most.
const PAGES_MAX: usize = 40;

/// A desk full of payloads.
struct HostileScene {
    scene: Scene,
    admin: SignedIn,
    texts: Texts,
    opened: Opened,
    canary: Listener,
}

impl HostileScene {
    async fn new() -> Self {
        let scene = Scene::new().await;
        let admin = scene.desk.app.user(&scene.desk.acme, "ada@acme.example", Role::Admin).await;
        let canary = control::canary().await;
        let texts = Texts::new(payloads::all(&canary.address));
        let opened = plant::open(&scene, &admin, &texts).await;
        Self { scene, admin, texts, opened, canary }
    }

    async fn sign_in(&self, watched: &Watched<'_>) {
        watched.browser.go("/desk").await;
        sign_in(watched.browser, &self.admin.email, PASSWORD).await;
        watched.browser.find(".desk").await;
    }

    /// Ann signs in, where the admin was.
    async fn sign_in_for_help(&self, watched: &Watched<'_>) {
        watched.browser.go("/help/sign-in").await;
        sign_in(watched.browser, &self.scene.desk.ann.email, PASSWORD).await;
        watched.browser.find(".help").await;
    }

    fn assert_quiet(&self) {
        assert_eq!(self.canary.asked(), Vec::<String>::new(), "something was loaded from the canary");
    }
}

/// A ticket of Ann's with the files of `contents.rs`.
async fn contents(scene: &Scene, admin: &SignedIn, canary: &Listener) -> (i64, Vec<i64>) {
    let files = contents::files(&canary.address);
    let ticket = scene.desk.ticket().await;
    let id = ticket.to_string();
    for some in files.chunks(10) {
        let mut parts = vec![Part::Text("ticket", &id), Part::Text("comment", "Files")];
        parts.extend(some.iter().map(|(name, bytes)| attachment(name, bytes)));
        assert!(scene.desk.client.post_parts(CONVERSATION, &parts).await.status.is_success());
    }
    let page = plant::client(scene, admin).get(&format!("/desk/tickets/{ticket}")).await.json();
    let kept: Vec<i64> =
        page["attachments"].as_array().expect("files").iter().filter_map(|file| file["id"].as_i64()).collect();
    assert_eq!(kept.len(), files.len());
    (ticket, kept)
}

/// Subjects, comments, notes, drafts, what addresses say, what is sent: with the policy and without it, in a browser each.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_people_write_runs() {
    let hostile = HostileScene::new().await;
    let browsers = tokio::join!(hostile.scene.browser(WIDE), hostile.scene.browser(WIDE));
    let watched = tokio::join!(Watched::new(&browsers.0, true), Watched::new(&browsers.1, false));
    tokio::join!(look_at_texts(&hostile, &watched.0), look_at_texts(&hostile, &watched.1));
    hostile.assert_quiet();
}

async fn look_at_texts(hostile: &HostileScene, watched: &Watched<'_>) {
    let HostileScene { texts, opened, .. } = hostile;
    for home in ["/desk", "/help"] {
        look_at(watched, places::of_sign_in(home, texts)).await;
        work::on_a_refused_sign_in(watched, home, texts).await;
    }
    hostile.sign_in(watched).await;
    look_at(watched, places::of_sign_in("/desk", texts)).await;
    look_at(watched, places::of_subjects(opened)).await;
    look_at(watched, places::of_queries(texts)).await;
    work::with_the_palette(watched, texts, opened).await;
    work::with_suggestions(watched, opened).await;
    work::while_others_write(watched, hostile).await;
    work::on_what_is_refused(watched, hostile).await;
    hostile.sign_in_for_help(watched).await;
    look_at(watched, places::of_requesters(texts, opened)).await;
    work::as_a_requester(watched, hostile).await;
}

/// Names of people, teams, categories, tags, views, apikeys, files and so on, and what is in files: the same.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_has_a_name_runs() {
    let hostile = HostileScene::new().await;
    let HostileScene { scene, admin, texts, opened, canary } = &hostile;
    let named = plant::name(scene, admin, texts, opened).await;
    let contents = contents(scene, admin, canary).await;
    let browsers = tokio::join!(scene.browser(WIDE), scene.browser(WIDE));
    let watched = tokio::join!(Watched::new(&browsers.0, true), Watched::new(&browsers.1, false));
    let look = async |watched: &Watched<'_>| look_at_names(&hostile, &named, &contents, watched).await;
    tokio::join!(look(&watched.0), look(&watched.1));
    hostile.assert_quiet();
}

async fn look_at_names(hostile: &HostileScene, named: &Named, contents: &(i64, Vec<i64>), watched: &Watched<'_>) {
    let HostileScene { texts, opened, .. } = hostile;
    hostile.sign_in(watched).await;
    look_at(watched, places::of_names(named)).await;
    look_at(watched, places::of_apis(named, texts)).await;
    for list in places::of_lists(opened) {
        turn_over(watched, list).await;
    }
    look_at_files(watched, "/desk", contents).await;
    work::with_presence_and_completions(watched, texts, named).await;
    hostile.sign_in_for_help(watched).await;
    look_at(watched, places::of_names_to_requesters(named)).await;
    look_at_files(watched, "/help", contents).await;
}

async fn look_at(watched: &Watched<'_>, places: Vec<Place>) {
    for Place { path, shows } in places {
        watched.browser.go(&path).await;
        watched.assert_inert(&shows).await;
    }
}

/// Looks at a list from its first page to its last.
async fn turn_over(watched: &Watched<'_>, list: Place) {
    let mut missing = list.shows;
    watched.browser.go(&list.path).await;
    for _ in 0..PAGES_MAX {
        watched.assert_inert(&[]).await;
        missing = watched.not_shown(missing).await;
        let Some(next) = watched.browser.look_for("[rel=next]").await else { break };
        let address = next.attr("href").await.expect("an answer").expect("an address");
        watched.browser.go(&address).await;
    }
    assert_eq!(missing, Vec::<String>::new(), "these are on no page of {}", list.path);
}

/// Opens each file as a page, and as the picture that it is not.
async fn look_at_files(watched: &Watched<'_>, home: &str, (ticket, files): &(i64, Vec<i64>)) {
    for file in files {
        for path in [
            format!("{home}/attachments/{file}"),
            format!("{home}/attachments/{file}/picture"),
            format!("/api/v1{home}/attachments/{file}"),
        ] {
            // What is downloaded leaves the page before it open.
            watched.browser.go("/healthz").await;
            watched.browser.go(&path).await;
            watched.assert_inert(&[]).await;
        }
    }
    // What is shown on the ticket's page is loaded as pictures alone.
    watched.browser.go(&format!("{home}/tickets/{ticket}")).await;
    watched.assert_inert(&[]).await;
}
