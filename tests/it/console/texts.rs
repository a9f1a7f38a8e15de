//! The one file of texts holds what pages say, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Texts whose keys are put together, by what they begin with.
const COMPOSED: [&str; 24] = [
    "sign-in-",
    "error-",
    "view-",
    "role-",
    "theme-to-",
    "said-",
    "filter-",
    "sort-",
    "snoozed-",
    "status-",
    "priority-",
    "empty-",
    "field-",
    "matched-",
    "event-",
    "part-",
    "about-",
    "add-",
    "none-",
    "label-",
    "remove-",
    "revoke",
    "wrong-",
    "audit-",
];

fn all_files(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all_files(&path, found);
        } else {
            found.push_str(&std::fs::read_to_string(&path).expect("text"));
        }
    }
}

/// The keys of the file.
fn keys() -> BTreeSet<String> {
    let file = std::fs::read_to_string(Path::new(ROOT).join("texts/en.ftl")).expect("the texts");
    let begins = |line: &str| line.starts_with(|c: char| c.is_ascii_lowercase());
    let keys: Vec<String> = file
        .lines()
        .filter(|line| begins(line))
        .filter_map(|line| Some(line.split_once(" = ")?.0.to_owned()))
        .collect();
    let unique: BTreeSet<String> = keys.iter().cloned().collect();
    assert_eq!(unique.len(), keys.len(), "a key is there twice");
    unique
}

#[test]
fn every_text_is_there_and_every_one_is_used() {
    let mut sources = String::new();
    all_files(&Path::new(ROOT).join("templates"), &mut sources);
    for folder in ["console", "help", "pages"] {
        all_files(&Path::new(ROOT).join("src/http").join(folder), &mut sources);
    }
    // Fields of forms are asked for by the same word.
    let sources = sources.replace(".text(\"", "");
    let keys = keys();
    let is_said = |key: &&String| {
        let composed = COMPOSED.iter().any(|start| key.starts_with(start));
        composed || sources.contains(&format!("\"{key}\""))
    };
    let unsaid: Vec<&String> = keys.iter().filter(|key| !is_said(key)).collect();
    assert!(unsaid.is_empty(), "nobody says {unsaid:?}");
    let asked = |before: &str, after: &str| -> Vec<String> {
        let rest = sources.split(before).skip(1);
        rest.filter_map(|rest| Some(rest.split_once(after)?.0.to_owned())).collect()
    };
    let mut wanted: Vec<String> = asked("text(\"", "\"");
    wanted.extend(asked("text_with(\"", "\""));
    wanted.extend(asked("text_of(\"", "\""));
    wanted.extend(asked("counted(\"", "\""));
    for filter in ["\"|t", "\"|n(", "\"|with("] {
        let parts: Vec<&str> = sources.split(filter).collect();
        wanted.extend(parts[..parts.len() - 1].iter().filter_map(|part| Some(part.rsplit_once('"')?.1.to_owned())));
    }
    let words = wanted.iter().filter(|key| !key.is_empty() && !key.contains(['{', ')']));
    let missing: Vec<&String> = words.filter(|key| !keys.contains(*key)).collect();
    assert!(missing.is_empty(), "nothing to say for {missing:?}");
}
