//! Every address of the console that shows something of what people send, and what of it must be seen there.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::plant::{Named, Opened, Texts};

/// A page, and texts that must be on it letter by letter.
pub struct Place {
    pub path: String,
    pub shows: Vec<String>,
}

fn place(path: impl Into<String>, shows: impl IntoIterator<Item = impl Into<String>>) -> Place {
    Place { path: path.into(), shows: shows.into_iter().map(Into::into).collect() }
}

fn silent(path: String) -> Place {
    Place { path, shows: Vec::new() }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Pages of tickets with payloads for subjects.
pub fn of_subjects(opened: &Opened) -> Vec<Place> {
    let pages = opened.lines.iter();
    pages.map(|(ticket, subject)| place(format!("/desk/tickets/{ticket}?view=all"), [subject])).collect()
}

/// Pages that show the names of what there is.
pub fn of_names(named: &Named) -> Vec<Place> {
    let (ticket, files) = &named.files;
    let mut places = vec![place(format!("/desk/tickets/{ticket}?view=all"), files)];
    let changed = named.things.iter().filter(|(part, _)| ["teams", "categories", "tags", "users"].contains(part));
    let given: Vec<&String> = changed.flat_map(|(_, things)| things).map(|(_, name)| name).collect();
    places.push(place(format!("/desk/tickets/{}?view=all", named.changed), given));
    for (part, things) in &named.things {
        places.push(place(format!("/desk/settings/{part}"), things.iter().map(|(_, name)| name)));
        let (id, name) = &things[0];
        let shown = Some(name).filter(|_| *part != "apikeys");
        places.push(place(format!("/desk/settings/{part}/{id}"), shown));
    }
    places.extend(
        ["/desk/settings", "/desk/settings/me", "/desk/settings/workspace"].map(|path| silent(path.to_owned())),
    );
    places
}

/// Lists whose pages are turned over until their end, and what all of them together show.
pub fn of_lists(opened: &Opened) -> Vec<Place> {
    vec![
        place("/desk/tickets?view=all", opened.tickets.iter().flat_map(|(_, subject, name)| [subject, name])),
        place("/desk/settings/requesters", opened.tickets.iter().map(|(.., name)| name)),
        place("/desk/settings/audit", Vec::<String>::new()),
    ]
}

/// Pages that say again what their address says.
pub fn of_queries(texts: &Texts) -> Vec<Place> {
    let mut places = Vec::new();
    // What cannot be read is named, as far as it can be a name.
    for (index, some) in texts.all.chunks(5).enumerate() {
        let line = &texts.lines[index % texts.lines.len()];
        let query: Vec<String> = some.iter().map(|text| format!("{}=1", encoded(text))).collect();
        let names = some.iter().map(|text| text.chars().take(40).collect());
        let path = format!("/desk/tickets?view=all&text={}&{}", encoded(line), query.join("&"));
        places.push(place(path, names.chain([line.clone()])));
    }
    for (index, line) in texts.lines.iter().enumerate() {
        let said = encoded(line);
        places.push(place(format!("/desk/search?q={said}&list={said}"), [line]));
        places.push(silent(format!("/desk/palette?q={said}&next={said}")));
        places.push(silent(match index % 8 {
            0 => format!("/desk/{said}"),
            1 => format!("/desk/tickets/{said}?{said}={said}"),
            2 => format!("/desk/settings/{said}"),
            3 => format!("/desk/attachments/{said}"),
            4 => format!("/desk/settings/audit?actor={said}&thing={said}&doing={said}&from={said}&until={said}"),
            5 => format!("/desk/settings/requesters?q={said}&after={said}"),
            6 => format!("/desk/tickets?view={said}&cursor={said}&status={said}&created_from={said}&tag={said}"),
            _ => format!("/desk/completions?kind={said}&q={said}"),
        }));
    }
    for name in texts.names.iter().step_by(5) {
        places.push(place(format!("/desk/search?q={}", encoded(name)), [name]));
    }
    places
}

/// Addresses of the APIs, which browsers show as they come.
pub fn of_apis(named: &Named, texts: &Texts) -> Vec<Place> {
    let said = encoded(&texts.lines[0]);
    let mut paths: Vec<String> = [
        "/api/v1/desk/tickets?limit=200",
        "/api/v1/desk/requesters?limit=200",
        "/api/v1/desk/users",
        "/api/v1/desk/canned-replies",
        "/api/v1/desk/audit?limit=200",
        "/api/v1/desk/events?limit=100",
        "/openapi.json",
    ]
    .map(str::to_owned)
    .into();
    paths.push(format!("/api/v1/desk/tickets/{}", named.files.0));
    paths.push(format!("/docs/?url={said}&configUrl={said}#{said}"));
    paths.extend(texts.lines.iter().enumerate().map(|(index, line)| {
        let said = encoded(line);
        match index % 5 {
            0 => format!("/api/v1/desk/tickets?status={said}"),
            1 => format!("/api/v1/desk/tickets?{said}=1"),
            2 => format!("/api/v1/desk/{said}"),
            3 => format!("/api/v1/support/ticket/detailed-view/?ticket_id={said}"),
            _ => format!("/api/v1/{said}?{said}"),
        }
    }));
    paths.into_iter().map(silent).collect()
}

/// Where to go on after signing in at `home`, if it were for whoever made the link.
pub fn of_sign_in(home: &str, texts: &Texts) -> Vec<Place> {
    let places = texts.all.iter().filter(|text| text.starts_with(['/', '\\', 'j', 'J', 'd', 'h']));
    places.map(|text| silent(format!("{home}/sign-in?next={}", encoded(text)))).collect()
}

/// A requester's pages of tickets with payloads for subjects, and what the address of their list says again.
pub fn of_requesters(texts: &Texts, opened: &Opened) -> Vec<Place> {
    let mut places = Vec::new();
    for (ticket, subject) in &opened.lines {
        let said = encoded(subject);
        places.push(place(format!("/help/tickets/{ticket}"), [subject]));
        places.push(place(format!("/help?subject={said}&status={said}&before={said}"), [subject]));
    }
    let paths = ["/help/", "/help/tickets/", "/help/attachments/", "/help/new?subject="];
    let lines = texts.lines.iter().zip(paths.iter().cycle());
    places.extend(lines.map(|(line, path)| silent(format!("{path}{}", encoded(line)))));
    places
}

/// A requester's pages that show the names of what there is.
pub fn of_names_to_requesters(named: &Named) -> Vec<Place> {
    let called = |part: &str| -> Vec<String> {
        let things = named.things.iter().filter(|(known, _)| *known == part).flat_map(|(_, things)| things);
        things.map(|(_, name)| name.clone()).collect()
    };
    vec![
        place(format!("/help/tickets/{}", named.files.0), &named.files.1),
        place(format!("/help/tickets/{}", named.visited), called("users")),
        place("/help/new", called("categories")),
    ]
}
