//! Work among payloads: what scripts fetch into a page, and what pages say again that was sent and not taken.

use std::time::Duration;

use fantoccini::key::Key;
use http::Method;
use serde_json::json;

use super::HostileScene;
use super::detector::Watched;
use super::plant::{GROUP, Named, Opened, Texts, client, say};

/// Types one text after the other into the field that `field` finds, and waits for what the list that `list` finds offers
/// for each: it must have the number that is beside the text. All that was ever offered is on the page in the end.
async fn ask_for(watched: &Watched<'_>, field: &str, list: &str, asked: &[(String, String)]) {
    let script = "const [fieldCss, listCss, asked, done] = arguments;
        const [field, list] = [fieldCss, listCss].map((css) => document.querySelector(css));
        const all = document.body.appendChild(document.createElement('div'));
        const ask = async () => {
          for (const [typed, number] of asked) {
            field.value = typed;
            if (field.selectionStart !== null) field.setSelectionRange(typed.length, typed.length);
            field.dispatchEvent(new Event('input', { bubbles: true }));
            const end = Date.now() + 20000;
            while (!list.innerHTML.includes(number)) {
              if (Date.now() > end) return `${number} is not offered for ${typed}, but ${list.innerHTML}`;
              await new Promise((next) => setTimeout(next, 10));
            }
            all.append(...list.cloneNode(true).childNodes);
          }
          field.value = '';
          return '';
        };
        ask().then(done);";
    for asked in asked.chunks(10) {
        let arguments = vec![json!(field), json!(list), json!(asked)];
        let missing = watched.browser.client.execute_async(script, arguments).await.expect("an answer");
        assert_eq!(missing, "");
    }
}

/// Subjects and requesters in the palette.
pub async fn with_the_palette(watched: &Watched<'_>, texts: &Texts, opened: &Opened) {
    let browser = watched.browser;
    browser.go("/desk/settings/me").await;
    browser.press(&format!("{}k{}", char::from(Key::Control), char::from(Key::Null))).await;
    browser.wait_for_text("#palette", "Unassigned").await;
    let subjects: Vec<String> = opened.tickets.iter().map(|(_, subject, _)| subject.clone()).collect();
    let first = subjects.iter().step_by(GROUP).map(|subject| number(subject).to_owned());
    let asked: Vec<_> = texts.words().into_iter().zip(first).collect();
    ask_for(watched, "#palette input", "#palette .entries", &asked).await;
    watched.assert_inert(&subjects).await;
}

/// Customers, as they are offered for a new ticket.
pub async fn with_suggestions(watched: &Watched<'_>, opened: &Opened) {
    watched.browser.go("/desk/tickets/new").await;
    let names: Vec<String> = opened.tickets.iter().map(|(.., name)| name.clone()).collect();
    // All of it but its number, which is then in the offer alone.
    let typed = |name: &String| (name.trim_end_matches(number(name)).trim_end().to_owned(), number(name).to_owned());
    let asked: Vec<_> = names.iter().map(typed).collect();
    ask_for(watched, "[data-suggests]", "#requesters", &asked).await;
    watched.assert_inert(&names).await;
}

/// Who else is there, canned replies and colleagues.
pub async fn with_presence_and_completions(watched: &Watched<'_>, texts: &Texts, named: &Named) {
    let browser = watched.browser;
    let path = format!("/desk/tickets/{}?view=all", named.visited);
    for sign in ["::", "@"] {
        browser.go(&path).await;
        browser.find(&format!("#presence .present:nth-child({})", texts.names.len())).await;
        watched.assert_inert(&texts.names).await;
        let groups = texts.names.chunks(GROUP).zip(texts.words());
        let asked: Vec<_> =
            groups.map(|(group, word)| (format!("{sign}{word}"), number(&group[0]).to_owned())).collect();
        ask_for(watched, ".composer textarea", "#completions", &asked).await;
        let count = "return document.querySelectorAll('body > div > [role=option]').length";
        let offered = browser.client.execute(count, Vec::new()).await.expect("a number");
        assert!(offered.as_u64().is_some_and(|offered| offered >= texts.names.len() as u64), "{sign}: {offered}");
        watched.assert_inert(&texts.names).await;
    }
}

/// The number at the end of a name.
fn number(name: &str) -> &str {
    name.rsplit(' ').next().unwrap_or_default()
}

/// Replies and notes that come in by themselves, and the same when the page is opened anew; and a draft.
pub async fn while_others_write(watched: &Watched<'_>, hostile: &HostileScene) {
    let HostileScene { scene, admin, texts, .. } = hostile;
    let ticket = scene.desk.ticket().await;
    let browser = watched.browser;
    let path = format!("/desk/tickets/{ticket}?view=all");
    browser.go(&path).await;
    say(scene, &scene.agent, ticket, &texts.all).await;
    let messages = format!(".message:nth-child({})", texts.all.len() * 2 + 1);
    browser.find(&messages).await;
    let marks: Vec<String> = (0..texts.all.len()).map(|index| format!("yy{index:03}")).collect();
    watched.assert_inert(&marks).await;
    browser.go(&path).await;
    watched.assert_inert(&marks).await;
    // Our scripts have not been given anything else to work with.
    browser.press("n").await;
    assert_eq!(browser.focus().await, "comment");

    let draft = texts.joined("\n\n");
    let body = json!({ "internal": true, "comment": draft }).to_string();
    let draft_path = format!("/desk/tickets/{ticket}/draft");
    let kept = client(scene, admin).send(Method::PUT, &draft_path, Some("application/json"), body).await;
    assert_eq!(kept.status.as_u16(), 200, "{}", kept.json());
    browser.go(&path).await;
    watched.assert_inert(&[draft]).await;
}

/// A sign-in at `home` with all payloads for an address.
pub async fn on_a_refused_sign_in(watched: &Watched<'_>, home: &str, texts: &Texts) {
    let all = texts.joined(" ");
    let path = format!("{home}/sign-in");
    watched.browser.go(&path).await;
    send(watched, &path, &[("email", &*all), ("password", "x"), ("next", &*all), ("workspace", &*all)]).await;
    watched.assert_inert(std::slice::from_ref(&all)).await;
}

/// What Ann sees of a conversation, and forms of hers that are refused and shown again.
pub async fn as_a_requester(watched: &Watched<'_>, hostile: &HostileScene) {
    let HostileScene { scene, texts, .. } = hostile;
    let ticket = scene.desk.ticket().await;
    say(scene, &scene.agent, ticket, &texts.all).await;
    let path = format!("/help/tickets/{ticket}");
    watched.browser.go(&path).await;
    let marks: Vec<String> = (0..texts.all.len()).map(|index| format!("yy{index:03}")).collect();
    watched.assert_inert(&marks).await;
    let all = &*texts.joined("\n");
    let new = vec![("subject", all), ("comment", all), ("category", all), ("priority", all), ("key", all)];
    send(watched, "/help/new", &new).await;
    watched.assert_inert(&[all.to_owned()]).await;
    for (path, fields) in [
        (format!("{path}/reply"), vec![("comment", all), ("key", all)]),
        (format!("{path}/status"), vec![("status", all), ("next", all)]),
        ("/help/look".to_owned(), vec![("look", all), ("next", all)]),
    ] {
        send(watched, &path, &fields).await;
        watched.assert_inert(&[]).await;
        watched.browser.go("/help").await;
    }
}

/// Forms with payloads, most of which are refused and shown again.
pub async fn on_what_is_refused(watched: &Watched<'_>, hostile: &HostileScene) {
    let HostileScene { scene, texts, .. } = hostile;
    let ticket = scene.desk.ticket().await;
    let all = &*texts.joined("\n");
    let of_ticket = |what: &str| format!("/desk/tickets/{ticket}/{what}");
    let shown = [
        ("/desk/settings/teams/new".to_owned(), vec![("name", all)]),
        ("/desk/settings/canned-replies/new".to_owned(), vec![("shortcut", all), ("body", all)]),
        ("/desk/settings/tags/new".to_owned(), vec![("tag", all), ("keyword", all)]),
        ("/desk/settings/users/new".to_owned(), vec![("email", all), ("name", all), ("role", all), ("password", all)]),
        (
            "/desk/settings/identity-providers/new".to_owned(),
            vec![("issuer", all), ("audience", all), ("jwks_url", all), ("algorithms", all)],
        ),
        ("/desk/settings/me".to_owned(), vec![("name", all)]),
        ("/desk/views".to_owned(), vec![("name", all), ("query", "status=open"), ("next", all)]),
        (
            "/desk/tickets/new".to_owned(),
            vec![
                ("requester", all),
                ("name", all),
                ("subject", all),
                ("comment", all),
                ("category", all),
                ("key", all),
            ],
        ),
    ];
    for (path, fields) in shown {
        send(watched, &path, &fields).await;
        watched.assert_inert(&[all.to_owned()]).await;
    }
    let silent = [
        (of_ticket("answer"), vec![("comment", all), ("kind", "note"), ("query", all), ("next-ticket", all)]),
        (of_ticket("change"), vec![("subject", all), ("status", all), ("tags", all), ("next", all)]),
        (of_ticket("merge"), vec![("into", all), ("next", all)]),
        (of_ticket("presence"), vec![("state", all)]),
        ("/desk/tickets/bulk".to_owned(), vec![("ticket", all), ("status", "closed"), ("next", all)]),
        ("/desk/look".to_owned(), vec![("look", all), ("next", all)]),
        ("/desk/shortcuts".to_owned(), vec![("shortcuts", all), ("next", all)]),
        ("/desk/settings/teams/1".to_owned(), vec![("name", all), ("version", all), ("key", all)]),
    ];
    for (path, fields) in silent {
        send(watched, &path, &fields).await;
        watched.assert_inert(&[]).await;
        watched.browser.go("/desk").await;
    }
    // What was done is told with what undoes it: the subject from before.
    let mut before = "Invoice";
    for line in &texts.lines {
        let next = format!("/desk/tickets/{ticket}?view=all");
        send(watched, &of_ticket("change"), &[("subject", line), ("was-subject", before), ("next", &next)]).await;
        let undone = watched.browser.find(".said [name=subject]").await.attr("value").await.expect("an answer");
        assert_eq!(undone.as_deref(), Some(before));
        watched.assert_inert(&[line.clone(), before.to_owned()]).await;
        before = line;
    }
}

/// Sends a form as if it were on the page that is open.
async fn send(watched: &Watched<'_>, path: &str, fields: &[(&str, &str)]) {
    let script = "window.__old = true;
        const form = document.createElement('form');
        form.method = 'post';
        form.action = arguments[0];
        for (const [name, value] of arguments[1]) {
          const field = document.createElement('textarea');
          Object.assign(field, { name, value });
          form.append(field);
        }
        document.body.append(form);
        form.submit();";
    watched.browser.client.execute(script, vec![json!(path), json!(fields)]).await.expect("a form");
    for _ in 0..200 {
        let is_new = "return !window.__old && document.readyState === 'complete'";
        if watched.browser.client.execute(is_new, Vec::new()).await.is_ok_and(|new| new == json!(true)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} leads to no page");
}
