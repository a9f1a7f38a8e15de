//! The commands that set a desk up: what they print, and what they refuse.

use serde_json::{Value, json};

use super::{Desk, one_line_of_failure, succeeded};

#[test]
fn workspaces_are_added_listed_and_set() {
    let desk = Desk::new();
    assert_eq!(desk.json("workspace add Acme --json"), json!({ "id": 1, "name": "Acme" }));
    let zenith = desk.json("workspace add Zenith --open-ticket-limit 3 --reopen-on-reply false --json");
    assert_eq!(zenith, json!({ "id": 2, "name": "Zenith" }));
    assert_eq!(
        desk.json("workspace set Acme --open-ticket-limit 0 --json"),
        json!({ "id": 1, "name": "Acme", "open_ticket_limit": 0, "reopen_on_reply": true })
    );
    assert_eq!(
        desk.json("workspace list --json"),
        json!([
            { "id": 1, "name": "Acme", "open_ticket_limit": 0, "reopen_on_reply": true },
            { "id": 2, "name": "Zenith", "open_ticket_limit": 3, "reopen_on_reply": false },
        ])
    );
    assert!(desk.refusal("workspace add Acme").contains("there is a workspace \"Acme\" already"));
    assert!(desk.refusal("workspace set Nobody --open-ticket-limit 1").contains("`ferrodesk workspace list`"));
    let table = desk.run("workspace list");
    assert!(String::from_utf8_lossy(&table.stdout).contains("Zenith"));
}

#[test]
fn apikeys_are_shown_once_and_listed_by_prefix() {
    let desk = Desk::with_acme();
    let added = desk.json("apikey add --workspace Acme --name web --json");
    let key = added["apikey"].as_str().expect("text");
    assert_eq!(added, json!({ "id": 1, "apikey": key }));
    let listed = desk.json("apikey list --workspace Acme --json");
    assert_eq!(
        (&listed[0]["id"], &listed[0]["name"], &listed[0]["revoked_at"]),
        (&json!(1), &json!("web"), &Value::Null)
    );
    let prefix = listed[0]["apikey"].as_str().expect("text");
    let shown = prefix.strip_suffix('…').expect("a prefix ends in an ellipsis");
    assert!(key.starts_with(shown) && shown.len() * 2 < key.len(), "{prefix}");

    assert_eq!(desk.json("apikey revoke --workspace Acme 1 --json"), json!({ "id": 1 }));
    let listed = desk.json("apikey list --workspace Acme --json");
    assert!(listed[0]["revoked_at"].as_str().is_some_and(|at| at.starts_with("20")), "{listed}");
    desk.refusal("apikey revoke --workspace Acme 99");
    // The key is nowhere in the data folder; only its hash is.
    let database = std::fs::read(desk.path().join("ferrodesk.db")).expect("a database");
    assert!(!database.windows(key.len()).any(|window| window == key.as_bytes()));
}

#[test]
fn users_are_added_listed_locked_out_and_let_in() {
    let desk = Desk::with_acme();
    assert_eq!(desk.add_user("ann@example.com", "customer", "a long enough password\n"), json!({ "id": 1 }));
    assert_eq!(desk.add_user("gus@example.com", "agent", "another long password"), json!({ "id": 2 }));
    let deactivated = desk.json("user deactivate --workspace Acme --email ann@example.com --json");
    assert_eq!(deactivated, json!({ "email": "ann@example.com", "active": false }));
    let user = |id, email, role, active| json!({ "id": id, "email": email, "role": role, "active": active });
    assert_eq!(
        desk.json("user list --workspace Acme --json"),
        json!([user(1, "ann@example.com", "customer", false), user(2, "gus@example.com", "agent", true)])
    );
    let activated = desk.json("user activate --workspace Acme --email ANN@example.com --json");
    assert_eq!(activated["active"], true);

    let add = "user add --workspace Acme --email ann@example.com --role customer --password-stdin";
    let taken = one_line_of_failure(&desk.run_with(add, "a long enough password"));
    assert!(taken.contains("already"), "{taken}");
    let weak = "user add --workspace Acme --email new@example.com --role customer --password-stdin";
    one_line_of_failure(&desk.run_with(weak, ""));
    one_line_of_failure(&desk.run_with(weak, &"x".repeat(100_000)));
    desk.refusal("user deactivate --workspace Acme --email nobody@example.com");
    let set = "user set-password --workspace Acme --email ann@example.com --password-stdin --json";
    assert_eq!(succeeded(&desk.run_with(set, "yet another password")), json!({ "email": "ann@example.com" }));
}

#[test]
fn categories_are_added_ordered_and_closed() {
    let desk = Desk::with_acme();
    for (number, name) in ["Billing", "Technical", "Other"].iter().enumerate() {
        let added =
            desk.json(&format!("category add --workspace Acme --name {name} --description About:{name} --json"));
        assert_eq!(added, json!({ "id": number + 1 }));
    }
    let closed = desk.json("category deactivate --workspace Acme 2 --json");
    assert_eq!(closed, json!({ "id": 2, "active": false }));
    let category = |id, name: &str, active| json!({ "id": id, "name": name, "description": format!("About:{name}"), "active": active });
    let ordered = json!([category(3, "Other", true), category(1, "Billing", true), category(2, "Technical", false)]);
    assert_eq!(desk.json("category reorder --workspace Acme 3 1 --json"), ordered);
    assert_eq!(desk.json("category list --workspace Acme --json"), ordered);
    assert_eq!(desk.json("category activate --workspace Acme 2 --json"), json!({ "id": 2, "active": true }));
    desk.refusal("category add --workspace Acme --name Billing");
    desk.refusal("category reorder --workspace Acme 99");
    desk.refusal("category deactivate --workspace Acme 99");
    desk.refusal("category list --workspace Nobody");
}

#[test]
fn tags_are_added_and_withdrawn() {
    let desk = Desk::with_acme();
    assert_eq!(desk.json("tag add --workspace Acme --tag Refund --keyword refund --json"), json!({ "id": 1 }));
    assert_eq!(desk.json("tag deactivate --workspace Acme 1 --json"), json!({ "id": 1, "active": false }));
    let refund = json!({ "id": 1, "tag": "Refund", "keyword": "refund", "active": false });
    assert_eq!(desk.json("tag list --workspace Acme --json"), json!([refund]));
    assert_eq!(desk.json("tag activate --workspace Acme 1 --json"), json!({ "id": 1, "active": true }));
    desk.refusal("tag add --workspace Acme --tag Refund --keyword again");
    desk.refusal("tag deactivate --workspace Acme 99");
}

#[test]
fn identity_providers_are_trusted_and_no_longer() {
    let desk = Desk::with_acme();
    let add = "identity-provider add --workspace Acme --issuer https://id.example --audience support";
    let added = desk.json(&format!("{add} --jwks-url https://id.example/jwks.json --json"));
    assert_eq!(added, json!({ "id": 1 }));
    let provider = json!({
        "issuer": "https://id.example",
        "audience": "support",
        "jwks_url": "https://id.example/jwks.json",
        "algorithms": "RS256",
    });
    assert_eq!(desk.json("identity-provider list --workspace Acme --json"), json!([provider]));
    desk.refusal(&format!("{add} --jwks-url https://id.example/jwks.json"));
    assert!(desk.refusal(&format!("{add} --jwks-url http://id.example/jwks.json")).contains("https://"));
    let remove = "identity-provider remove --workspace Acme --issuer https://id.example --json";
    assert_eq!(desk.json(remove), json!({ "issuer": "https://id.example" }));
    desk.refusal(remove);
}

#[test]
fn migrate_and_check_find_nothing_wrong() {
    let desk = Desk::with_acme();
    assert_eq!(desk.run("migrate").status.code(), Some(0));
    let checked = desk.json("check --contents --json");
    let empty = |log: &str| json!({ "log": log, "sealed": 0, "unsealed": 0 });
    let logs = [empty("event"), empty("audit")];
    assert_eq!(checked, json!({ "attachments": 0, "orphans": 0, "problems": [], "logs": logs, "chain_heads": [] }));
}
