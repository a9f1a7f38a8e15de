//! `GET /desk/attachments/{id}`

use ferrodesk::domain::conversation::Visibility;
use ferrodesk::domain::user::Role;
use http::Method;

use super::home::{Home, assert_problem};

#[tokio::test]
async fn staff_fetch_files_of_tickets_and_of_notes() {
    let home = Home::new().await;
    let (ticket, file) = home.desk.file("plan ä.txt", b"the plan").await;
    let path = format!("/desk/attachments/{file}");
    let answer = home.agent.get(&path).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (200, b"the plan".as_slice()));
    let disposition = "attachment; filename=\"plan _.txt\"; filename*=UTF-8''plan%20%C3%A4.txt";
    assert_eq!(answer.header("content-disposition"), disposition);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'; sandbox");
    let note = home.desk.stored("note.txt", b"between us").await;
    home.desk.answer(home.gus.requester, ticket, Visibility::Internal, Some(note)).await;
    let note = home.read(ticket).await["attachments"][1]["id"].clone();
    assert_eq!(home.agent.get(&format!("/desk/attachments/{note}")).await.body, b"between us");
    // To the customer it is not there.
    let download = format!("/support/ticket/download/{note}/");
    assert_eq!(home.desk.client.get(&download).await.status.as_u16(), 404);
}

#[tokio::test]
async fn ranges_and_known_bytes_are_answered_as_to_customers() {
    let home = Home::new().await;
    let (_, file) = home.desk.file("a.txt", b"0123456789").await;
    let path = format!("/desk/attachments/{file}");
    let whole = home.agent.get(&path).await;
    let known = home.agent.clone().header("if-none-match", whole.header("etag")).get(&path).await;
    assert_eq!((known.status.as_u16(), known.body.len()), (304, 0));
    let part = home.agent.clone().header("range", "bytes=2-4").get(&path).await;
    assert_eq!((part.status.as_u16(), part.body.as_slice()), (206, b"234".as_slice()));
    assert_eq!(part.header("content-range"), "bytes 2-4/10");
    let behind = home.agent.clone().header("range", "bytes=10-").get(&path).await;
    assert_problem(&behind, 416, "invalid-input", "The file has no such range.");
    assert_eq!(behind.header("content-range"), "bytes */10");
    let head = home.agent.send(Method::HEAD, &path, None, "").await;
    assert_eq!((head.status.as_u16(), head.header("content-length"), head.body.len()), (200, "10", 0));
}

#[tokio::test]
async fn what_is_out_of_reach_is_not_there() {
    let home = Home::new().await;
    let (ticket, file) = home.desk.file("a.txt", b"a").await;
    let path = format!("/desk/attachments/{file}");
    let (tim, tims) = home.hire("tim@acme.example", Role::TeamAgent).await;
    let globex = home.desk.app.workspace("Globex").await;
    let boss = home.desk.app.user(&globex, "boss@globex.example", Role::Admin).await;
    let boss = super::home::staff(&home.desk, &boss);
    for client in [&tims, &boss] {
        assert_problem(&client.get(&path).await, 404, "not-found", "Not found.");
    }
    let team = home.team("Billing", &[tim.requester.user.0]).await;
    home.change(ticket, &serde_json::json!({ "team": team })).await;
    assert_eq!(tims.get(&path).await.body, b"a");
    for id in ["999999", "x", "-1"] {
        let answer = home.agent.get(&format!("/desk/attachments/{id}")).await;
        assert_problem(&answer, 404, "not-found", "Not found.");
    }
}
