//! What is sent compressed, and what is not.

use ferrodesk::domain::user::Role;
use rstest::rstest;

use super::{page, signed_in};
use crate::support::Desk;

const GZIP: [u8; 2] = [0x1f, 0x8b];

#[rstest]
#[case::a_page("/desk/tickets", &[], true)]
#[case::style("/assets/0/desk.css", &[], true)]
#[case::a_page_that_was_typed("/desk/tickets", &[("sec-fetch-site", "none")], true)]
#[case::a_page_that_we_led_to("/desk/search?q=order", &[("sec-fetch-site", "same-origin")], true)]
#[case::a_page_that_another_site_led_to("/desk/search?q=order", &[("sec-fetch-site", "cross-site")], false)]
#[case::a_page_that_a_neighbour_led_to("/desk/search?q=order", &[("sec-fetch-site", "same-site")], false)]
#[case::a_file("FILE", &[], false)]
#[tokio::test]
async fn what_is_ours_is_compressed_unless_another_site_asks(
    #[case] path: &str,
    #[case] headers: &[(&str, &str)],
    #[case] compressed: bool,
) {
    let desk = Desk::new().await;
    // A page of HTML that a customer sent.
    let (_, file) = desk.file("page.html", "<p>Again and again.".repeat(200).as_bytes()).await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let plain = signed_in(&desk, &hana).await;
    let path = path.replace("FILE", &format!("/desk/attachments/{file}"));
    let client = headers.iter().fold(plain.clone(), |client, (name, value)| client.header(name, value));
    let answer = page(&client.header("accept-encoding", "gzip, br"), &path).await;
    let expected = page(&plain, &path).await;
    assert_eq!((answer.status.as_u16(), expected.status.as_u16()), (200, 200), "{path}");
    assert_eq!(expected.header("content-encoding"), "");
    assert_eq!(answer.header("content-encoding"), if compressed { "gzip" } else { "" });
    assert_eq!(answer.body.starts_with(&GZIP), compressed);
    assert_eq!(
        answer.body.len() < expected.body.len() / 2,
        compressed,
        "{} of {}",
        answer.body.len(),
        expected.body.len()
    );
    if compressed {
        assert!(answer.header("vary").to_lowercase().contains("accept-encoding"));
    }
}
