//! Tokens that somebody made to get in: none does, neither to the customers' endpoints nor to the staff's, all are
//! refused in the same words, and nothing of them is logged.
//!
//! What an honest token is and when it ends is in `contract/who_is_calling.rs` (which has the plain forgeries too: another
//! key, a changed claim, `alg` none), `contract/refresh.rs` and `contract/own_identity_provider.rs` (issuer, audience,
//! subject and time of a provider's token, pinned algorithms, keys that are gone).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ferrodesk::app::manage::users;
use ferrodesk::domain::Clock as _;
use ferrodesk::domain::user::Role;
use ferrodesk::storage::queries::sessions;
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::support::logs::Log;
use crate::support::{Desk, IdentityProvider, KeyPair, PASSWORD, Scheme, SignedIn};

/// Stands in what hostile tokens say, to be looked for in the log.
const MARK: &str = "c4n4ry";

/// What a hostile token is called here, and the token.
type Hostile = (String, String);

fn encoded(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A token with this header and these claims as they are written, signed with HMAC-SHA256.
fn signed(header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>, key: &[u8]) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
    format!("{message}.{}", encoded(signature))
}

/// Acme's desk with the agent Gus, whose token is good at both APIs.
struct Gate {
    log: Log,
    desk: Desk,
    gus: SignedIn,
}

impl Gate {
    async fn new() -> Self {
        let log = Log::caught("ferrodesk=trace,debug");
        let desk = Desk::new().await;
        let gus = desk.app.user(&desk.acme, "gus@acme.example", Role::Agent).await;
        Self { log, desk, gus }
    }

    /// What a customers' endpoint and a staff's answer to a token.
    async fn statuses(&self, token: &str) -> [u16; 2] {
        let client = self.desk.app.application(&self.desk.acme).header("authorization", &format!("Bearer {token}"));
        let [customer, staff] = [client.get("/support/get/ticket/history/").await, client.get("/desk/tickets").await];
        for answer in [&customer, &staff] {
            if answer.status == 401 {
                let challenge = answer.header("www-authenticate");
                assert_eq!(challenge, "Bearer realm=\"api\", error=\"invalid_token\"");
            }
        }
        let words = "Given token not valid for any token type";
        if customer.status == 401 {
            customer.assert_failure(401, "Authentication Failed", &json!({ "detail": [words] }));
        }
        if staff.status == 401 {
            let problem = json!({
                "type": "urn:ferrodesk:problem:authentication-failed", "title": "Authentication Failed", "status": 401,
                "detail": words, "request_id": staff.header("x-request-id"),
            });
            assert_eq!(staff.json(), problem);
            assert_eq!(staff.header("content-type"), "application/problem+json");
        }
        [customer.status.as_u16(), staff.status.as_u16()]
    }

    /// Asserts that each token is refused everywhere and left no trace.
    async fn assert_all_refused(&self, tokens: &[Hostile]) {
        let mut let_in = Vec::new();
        for (name, token) in tokens {
            let statuses = self.statuses(token).await;
            if statuses != [401, 401] {
                let_in.push((name, statuses));
            }
        }
        assert!(let_in.is_empty(), "not refused: {let_in:?}");
        let log = self.log.text();
        let lines = log.lines().filter(|line| line.contains("ferrodesk::request")).count();
        assert!(lines >= 2 * tokens.len(), "the log was caught: {lines} lines");
        assert!(!log.contains(MARK), "what a token says is logged");
        for (name, token) in tokens {
            let parts = token.split('.').filter(|part| part.len() >= 12);
            for part in parts {
                assert!(!log.contains(part), "{name}: a part of it is logged");
            }
        }
    }
}

/// The claims of a token.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

/// `claims` with one of them changed, or without it if `value` is null.
fn changed(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    match value {
        Value::Null => drop(claims.as_object_mut().expect("an object").remove(name)),
        value => claims[name] = value,
    }
    claims
}

/// Tokens whose header lies; all are signed with the right key, or with one that the header asks for.
fn of_lying_headers(claims: &Value, key: &[u8]) -> Vec<Hostile> {
    let header = |more: Value| {
        let mut header = json!({ "alg": "HS256", "typ": "JWT" });
        header.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        header.to_string()
    };
    let claims = &claims.to_string();
    let unsigned = |alg: &str| format!("{}.{}.", encoded(header(json!({ "alg": alg }))), encoded(claims));
    let own = json!({ "kty": "oct", "alg": "HS256", "k": encoded("secret"), "kid": MARK });
    let with_key = |more: Value, key: &[u8]| signed(header(more), claims, key);
    let zeros = format!("{}.{}.{}", encoded(header(json!({ "alg": "ES256" }))), encoded(claims), encoded([0; 64]));
    vec![
        ("alg nOnE".into(), unsigned("nOnE")),
        ("alg empty".into(), unsigned("")),
        ("alg empty, signed".into(), with_key(json!({ "alg": "" }), key)),
        ("alg null".into(), with_key(json!({ "alg": null }), key)),
        ("alg a list".into(), with_key(json!({ "alg": ["HS256"] }), key)),
        ("alg in small letters".into(), with_key(json!({ "alg": "hs256" }), key)),
        ("alg missing".into(), signed("{\"typ\":\"JWT\"}", claims, key)),
        ("alg of another family".into(), with_key(json!({ "alg": "RS256" }), key)),
        ("alg of a longer hash".into(), with_key(json!({ "alg": "HS384" }), key)),
        ("an elliptic signature of zeros".into(), zeros),
        ("kid a path to nothing".into(), with_key(json!({ "kid": format!("../../../dev/null#{MARK}") }), b"")),
        ("kid SQL".into(), with_key(json!({ "kid": format!("{MARK}' UNION SELECT 'k' --") }), b"k")),
        ("kid a command".into(), with_key(json!({ "kid": format!("|echo {MARK}") }), MARK.as_bytes())),
        ("kid a number".into(), with_key(json!({ "kid": 1 }), key)),
        ("jku".into(), with_key(json!({ "jku": format!("https://{MARK}.example/keys") }), b"secret")),
        ("x5u".into(), with_key(json!({ "x5u": format!("https://{MARK}.example/cert.pem") }), b"secret")),
        ("a key of its own".into(), with_key(json!({ "jwk": own }), b"secret")),
        ("a certificate of its own".into(), with_key(json!({ "x5c": [STANDARD.encode("secret")] }), b"secret")),
        ("typ of another kind".into(), with_key(json!({ "typ": "refresh+jwt" }), key)),
        ("typ missing".into(), signed("{\"alg\":\"HS256\"}", claims, key)),
        ("an extension that must be understood".into(), with_key(json!({ "crit": [MARK], MARK: 1 }), key)),
        ("unencoded claims".into(), with_key(json!({ "crit": ["b64"], "b64": false }), key)),
        ("a header that is a list".into(), signed("[]", claims, key)),
        ("a header that is no JSON".into(), signed("alg=HS256", claims, key)),
        ("two headers in one".into(), signed(header(json!({})) + &header(json!({})), claims, key)),
        ("a mark of byte order".into(), signed(format!("\u{feff}{}", header(json!({}))), claims, key)),
    ]
}

/// Tokens that the right key signed and that say what none of ours does.
fn of_wrong_claims(gate: &Gate, claims: &Value, foreign: &Value, key: &[u8]) -> Vec<Hostile> {
    let header = json!({ "alg": "HS256", "typ": "JWT" }).to_string();
    let now = gate.desk.app.clock.now().seconds();
    let wrong = [
        ("iss", Value::Null),
        ("iss", json!(["ferrodesk"])),
        ("iss", json!("Ferrodesk")),
        ("aud", Value::Null),
        ("aud", json!("ferrodesk-api ")),
        ("aud", json!([])),
        ("token_type", Value::Null),
        ("token_type", json!(["access"])),
        ("exp", json!((now + 600).to_string())),
        ("exp", json!(-1)),
        ("exp", json!(i64::MIN)),
        ("exp", json!(true)),
        ("exp", json!(0)),
        ("iat", json!(now.to_string())),
        ("iat", Value::Null),
        ("sub", Value::Null),
        ("sub", json!(gate.gus.requester.user.0)),
        ("sub", json!(format!("{} OR 1=1", gate.gus.requester.user))),
        ("sub", json!(format!("{}\0", gate.gus.requester.user))),
        ("sub", json!("-1")),
        ("sub", json!("9".repeat(40))),
        ("sid", Value::Null),
        ("sid", json!(-1)),
        ("sid", foreign["sid"].clone()),
        ("ws", Value::Null),
        ("ws", json!("1")),
        ("ws", foreign["ws"].clone()),
        ("sub", foreign["sub"].clone()),
    ];
    let mut tokens: Vec<Hostile> = wrong
        .into_iter()
        .map(|(name, value)| {
            let told = format!("{name} is {value}");
            (told, signed(&header, changed(claims, name, value).to_string(), key))
        })
        .collect();
    let text = claims.to_string();
    let inside = text.trim_matches(['{', '}']);
    tokens.extend([
        ("exp beyond all numbers".into(), signed(&header, text.replace(&claims["exp"].to_string(), "1e999"), key)),
        (
            "exp beyond all years".into(),
            signed(&header, text.replace(&claims["exp"].to_string(), &"9".repeat(20)), key),
        ),
        ("two exps".into(), signed(&header, format!("{{\"exp\":1,{inside}}}"), key)),
        ("two subjects".into(), signed(&header, format!("{{{inside},\"sub\":\"1\"}}"), key)),
        ("claims in a list".into(), signed(&header, format!("[{text}]"), key)),
        ("claims and more".into(), signed(&header, format!("{text}{text}"), key)),
        (
            "claims that are not UTF-8".into(),
            signed(&header, [b"{\"sub\":\"\xff\",", inside.as_bytes(), b"}"].concat(), key),
        ),
        ("claims nested deep".into(), signed(&header, "[".repeat(10_000), key)),
    ]);
    tokens
}

/// A good token, mangled.
fn mangled(good: &str) -> Vec<Hostile> {
    let [header, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let longer = |length: usize| format!("{header}.{body}{}.{signature}", "A".repeat(length));
    // The last of 43 characters stands for four bits, and has six.
    let last = signature.chars().last().expect("a signature");
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.find(last).expect("base64");
    let next = &alphabet[place + 1..place + 2];
    vec![
        ("one character short".into(), good[..good.len() - 1].to_owned()),
        ("half of it".into(), good[..good.len() / 2].to_owned()),
        ("a header alone".into(), header.to_owned()),
        ("without a signature".into(), format!("{header}.{body}")),
        ("a header twice".into(), format!("{header}.{header}.{body}.{signature}")),
        ("claims twice".into(), format!("{header}.{body}.{body}.{signature}")),
        ("a signature twice".into(), format!("{good}.{signature}")),
        ("all of it twice".into(), format!("{good}.{good}")),
        ("in five parts, as if encrypted".into(), format!("{header}...{body}.{signature}")),
        ("a full stop behind".into(), format!("{good}.")),
        ("a full stop before".into(), format!(".{good}")),
        ("padded".into(), format!("{good}=")),
        ("a header that is padded".into(), format!("{header}=.{body}.{signature}")),
        ("bits that count for nothing".into(), format!("{}{next}", &good[..good.len() - 1])),
        ("percent-encoded".into(), good.replace('.', "%2E")),
        ("full stops of another script".into(), good.replace('.', "\u{ff0e}")),
        ("an invisible character".into(), format!("{good}\u{200b}")),
        ("letters of another script".into(), good.replacen('e', "\u{435}", 1)),
        ("in quotes".into(), format!("\"{good}\"")),
        ("with a comma".into(), format!("{good},")),
        ("as large as may be".into(), longer(16 * 1024 - good.len())),
        ("larger".into(), longer(20 * 1024)),
        ("huge".into(), longer(1024 * 1024)),
    ]
}

#[tokio::test]
async fn our_own_tokens_count_only_as_they_were_issued() {
    let gate = Gate::new().await;
    let (app, acme) = (&gate.desk.app, &gate.desk.acme);
    let globex = app.workspace("Globex").await;
    let foreigner = app.user(&globex, "gil@globex.example", Role::Agent).await;
    let key = app.secret.derive("access token");
    let (good, foreign) = (claims(&gate.gus.token), claims(&foreigner.token));
    // The means of this test are right: what it signs as we do passes.
    let as_ours = signed(json!({ "alg": "HS256", "typ": "JWT" }).to_string(), good.to_string(), &key);
    for token in [&as_ours, &gate.gus.token] {
        assert_eq!(gate.statuses(token).await, [200, 200]);
    }
    let credentials = json!({ "username": gate.gus.email, "password": PASSWORD });
    let tokens = app.application(acme).post_json("/user/login/", &credentials).await.json();
    let (access, refresh) = (tokens["access"].as_str().expect("text"), tokens["refresh"].as_str().expect("text"));
    assert_eq!(gate.statuses(access).await, [200, 200]);
    // Of sessions that were, the tokens live on.
    let (session, workspace, at) = (claims(access)["sid"].as_i64().expect("a number"), acme.id, app.clock.now());
    app.write(move |tx| {
        sessions::revoke(tx, workspace, ferrodesk::domain::SessionId(session), at)?;
        Ok(tx.bump_revision()?)
    })
    .await;
    let dismissed = app.user(acme, "dan@acme.example", Role::Agent).await;
    assert_eq!(gate.statuses(&dismissed.token).await, [200, 200]);
    let email = ferrodesk::domain::user::Email::parse(&dismissed.email).expect("an address");
    app.write(move |tx| users::set_active(tx, workspace, &email, false, at)).await;

    let mut hostile = of_lying_headers(&good, &key);
    hostile.extend(of_wrong_claims(&gate, &good, &foreign, &key));
    hostile.extend(mangled(&gate.gus.token));
    hostile.extend([
        ("a refresh token".to_owned(), refresh.to_owned()),
        ("an apikey".to_owned(), acme.apikey.clone()),
        ("a session that was revoked".to_owned(), access.to_owned()),
        ("a user who was dismissed".to_owned(), dismissed.token.clone()),
    ]);
    assert!(hostile.len() >= 80, "{}", hostile.len());
    gate.assert_all_refused(&hostile).await;
    // Whoever came between, the good ones still are.
    assert_eq!(gate.statuses(&as_ours).await, [200, 200]);
    // And no mangled one was remembered as good once the good one had passed.
    gate.assert_all_refused(&mangled(&gate.gus.token)).await;
}

/// Tokens in the name of a provider, whose keys are `key` and, for encryption, `sealing`.
fn in_the_name_of(claims: &Value, key: &KeyPair, sealing: &KeyPair, elsewhere: &str) -> Vec<Hostile> {
    let thief = KeyPair::generate(&key.kid, Scheme::Es256);
    let header = |more: Value| {
        let mut header = json!({ "alg": "ES256", "typ": "JWT", "kid": key.kid });
        header.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        header
    };
    let stolen = |more: Value| thief.sign_as(&header(more), claims);
    let own = |more: Value| key.sign_as(&header(more), claims);
    let says = |name: &str, value: Value| key.sign_as(&header(json!({})), &changed(claims, name, value));
    let zeros =
        format!("{}.{}.{}", encoded(header(json!({})).to_string()), encoded(claims.to_string()), encoded([0; 64]));
    let by_secret = |more: Value, secret: &[u8]| signed(header(more).to_string(), claims.to_string(), secret);
    let good = own(json!({}));
    let (message, signature) = good.rsplit_once('.').expect("a signature");
    let fixed = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    let integer = |bytes: &[u8]| [&[2, 33, 0], bytes].concat();
    let numbers = [integer(&fixed[..32]), integer(&fixed[32..])].concat();
    let der = [&[0x30, u8::try_from(numbers.len()).expect("short")], &numbers[..]].concat();
    let issuer = claims["iss"].as_str().expect("text");
    let now = claims["exp"].as_i64().expect("a number") - 600;
    vec![
        ("kid a path".into(), stolen(json!({ "kid": format!("../../{MARK}/key.pem") }))),
        ("kid SQL".into(), stolen(json!({ "kid": format!("{MARK}' OR '1'='1") }))),
        ("kid with NUL".into(), stolen(json!({ "kid": "k1\0" }))),
        ("kid huge".into(), stolen(json!({ "kid": "k".repeat(8_000) }))),
        ("kid a number".into(), stolen(json!({ "kid": 1 }))),
        ("kid empty".into(), stolen(json!({ "kid": "" }))),
        ("jku".into(), stolen(json!({ "jku": format!("{elsewhere}/keys?{MARK}") }))),
        ("x5u".into(), stolen(json!({ "x5u": format!("{elsewhere}/cert.pem?{MARK}") }))),
        ("jku and a kid of its own".into(), stolen(json!({ "jku": format!("{elsewhere}/keys"), "kid": "thief" }))),
        ("a key of its own".into(), stolen(json!({ "jwk": thief.jwk }))),
        ("a certificate of its own".into(), stolen(json!({ "x5c": [STANDARD.encode(&thief.public)] }))),
        ("a key that is for encryption".into(), sealing.sign(claims)),
        ("a signature of zeros".into(), zeros),
        ("a signature in DER".into(), format!("{message}.{}", encoded(der))),
        ("the public key as a secret".into(), by_secret(json!({ "alg": "HS256" }), &key.public)),
        ("the published key as a secret".into(), by_secret(json!({ "alg": "HS256" }), key.jwk.to_string().as_bytes())),
        (
            "alg none".into(),
            format!("{}.{}.", encoded(header(json!({ "alg": "none" })).to_string()), encoded(claims.to_string())),
        ),
        ("alg not what it is".into(), own(json!({ "alg": "ES384" }))),
        ("notice of a sign-out".into(), own(json!({ "typ": "logout+jwt" }))),
        ("notice of an event".into(), own(json!({ "typ": "secevent+jwt" }))),
        ("proof of a key".into(), own(json!({ "typ": "dpop+jwt" }))),
        ("typ a number".into(), own(json!({ "typ": 1 }))),
        ("an extension that must be understood".into(), own(json!({ "crit": [MARK], MARK: true }))),
        ("unencoded claims".into(), own(json!({ "crit": ["b64"], "b64": false }))),
        ("iss with a slash more".into(), says("iss", json!(format!("{issuer}/")))),
        ("iss in capitals".into(), says("iss", json!(issuer.to_uppercase()))),
        ("iss a list".into(), says("iss", json!([issuer]))),
        ("iss SQL".into(), says("iss", json!(format!("{issuer}' OR '1'='1")))),
        ("iss with NUL".into(), says("iss", json!(format!("{issuer}\0")))),
        ("aud empty".into(), says("aud", json!(""))),
        ("aud of nobody".into(), says("aud", json!([]))),
        ("aud an object".into(), says("aud", json!({ "support": true }))),
        ("aud in capitals".into(), says("aud", json!("SUPPORT"))),
        ("exp a text".into(), says("exp", json!((now + 600).to_string()))),
        ("exp negative".into(), says("exp", json!(-1))),
        ("exp true".into(), says("exp", json!(true))),
        ("nbf a text".into(), says("nbf", json!(now.to_string()))),
        ("nbf beyond all time".into(), says("nbf", json!(1e300))),
        ("sub a number".into(), says("sub", json!(7))),
        ("sub with NUL".into(), says("sub", json!("user-7\0"))),
        ("sub beyond what a subject may have".into(), says("sub", json!(noise(4_000)))),
        ("email a list".into(), says("email", json!(["eve@customer.example"]))),
        ("email two lines".into(), says("email", json!("eve@customer.example\r\nbcc: x@y.example"))),
    ]
}

/// Text that no index can make shorter.
fn noise(length: usize) -> String {
    let mut state = 1_u32;
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + u8::try_from((state >> 16) % 26).expect("below 26"))
    });
    letters.take(length).collect()
}

#[tokio::test]
async fn a_providers_tokens_count_only_if_its_published_keys_signed_them_for_signing_in_here() {
    let gate = Gate::new().await;
    let (app, acme) = (&gate.desk.app, &gate.desk.acme);
    let (key, mut sealing) = (KeyPair::generate("k1", Scheme::Es256), KeyPair::generate("k2", Scheme::Es256));
    sealing.jwk["use"] = json!("enc");
    let provider = IdentityProvider::trusted_by(app, acme, &["ES256", "ES384"], &[&key, &sealing]).await;
    let elsewhere = MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(ResponseTemplate::new(200)).mount(&elsewhere).await;
    let claims = provider.claims(app, "user-7", "eve@customer.example");
    let workspace = acme.id;
    let before = app.read(move |tx| users::list(tx, workspace)).await;

    let hostile = in_the_name_of(&claims, &key, &sealing, &elsewhere.uri());
    assert!(hostile.len() >= 40, "{}", hostile.len());
    gate.assert_all_refused(&hostile).await;
    assert_eq!(app.read(move |tx| users::list(tx, workspace)).await, before, "nobody was added");
    let asked = elsewhere.received_requests().await.expect("requests are recorded");
    assert!(asked.is_empty(), "a token says where its key is, and is believed: {asked:?}");
    assert!(provider.fetches().await <= 2, "what is unknown is asked for once in ten seconds");

    // The means of this test are right: the same key lets customers in, and never staff.
    for kind in ["JWT", "jwt", "at+jwt", "application/at+jwt"] {
        let header = json!({ "alg": "ES256", "typ": kind, "kid": "k1" });
        assert_eq!(gate.statuses(&key.sign_as(&header, &claims)).await, [200, 401], "{kind}");
    }
    let untyped = key.sign_as(&json!({ "alg": "ES256", "kid": "k1" }), &claims);
    assert_eq!(gate.statuses(&untyped).await, [200, 401]);
}
