//! A workspace's own identity provider: keys, tokens, and an address that publishes the keys.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ferrodesk::domain::{Clock as _, workspace};
use ferrodesk::storage::queries::identity_providers;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use wiremock::matchers::{path, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{TestApp, TestWorkspace};

/// Kinds of keys.
#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    Es256,
    Rs256,
}

/// A key that signs, and how it is published.
pub struct KeyPair {
    pub kid: String,
    pub jwk: Value,
    /// What is public of it, as bytes: what a forger knows.
    pub public: Vec<u8>,
    algorithm: Algorithm,
    signing: EncodingKey,
}

impl KeyPair {
    pub fn generate(kid: &str, scheme: Scheme) -> Self {
        match scheme {
            Scheme::Es256 => Self::elliptic(kid),
            Scheme::Rs256 => Self::rsa(kid),
        }
    }

    fn elliptic(kid: &str) -> Self {
        let rng = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref()).expect("its own encoding");
        // The uncompressed point: a mark, then both coordinates.
        let point = pair.public_key().as_ref().to_vec();
        let [x, y] = [&point[1..33], &point[33..]].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y });
        let signing = EncodingKey::from_ec_der(der.as_ref());
        Self { kid: kid.to_owned(), jwk, public: point, algorithm: Algorithm::ES256, signing }
    }

    fn rsa(kid: &str) -> Self {
        let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("a key");
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("an encoding");
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
        let public = pair.public_key();
        let [n, e] = [public.modulus(), public.exponent()]
            .map(|number| URL_SAFE_NO_PAD.encode(number.big_endian_without_leading_zero()));
        let jwk = json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e });
        Self {
            kid: kid.to_owned(),
            jwk,
            public: public.as_ref().to_vec(),
            algorithm: Algorithm::RS256,
            signing: EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a PEM file"),
        }
    }

    /// A token that this key signed, which names it.
    pub fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.signing).expect("a token")
    }

    /// A token that this key signed, which names none.
    pub fn sign_unnamed(&self, claims: &Value) -> String {
        jsonwebtoken::encode(&Header::new(self.algorithm), claims, &self.signing).expect("a token")
    }
}

impl KeyPair {
    /// A token of this key with `header` as it is, whatever it says.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature =
            jsonwebtoken::crypto::sign(signed.as_bytes(), &self.signing, self.algorithm).expect("a signature");
        format!("{signed}.{signature}")
    }
}

/// An identity provider that a workspace trusts.
pub struct IdentityProvider {
    pub issuer: String,
    server: MockServer,
}

impl IdentityProvider {
    /// A provider that publishes `keys`, trusted by `workspace` with `algorithms`.
    pub async fn trusted_by(app: &TestApp, workspace: &TestWorkspace, algorithms: &[&str], keys: &[&KeyPair]) -> Self {
        let server = MockServer::start().await;
        let issuer = format!("https://login.{}.example", workspace.name.to_lowercase());
        let provider = workspace::IdentityProvider {
            workspace: workspace.id,
            issuer: issuer.clone(),
            audience: "support".to_owned(),
            jwks_url: format!("{}/keys", server.uri()),
            algorithms: algorithms.iter().map(|&name| name.to_owned()).collect(),
        };
        let at = app.clock.now();
        // Past the use case, which would not trust just any algorithm.
        app.write(move |tx| {
            identity_providers::insert(tx, &provider, at)?;
            Ok(tx.bump_revision()?)
        })
        .await;
        let this = Self { issuer, server };
        this.publish(keys).await;
        this
    }

    /// Publishes these keys and no others.
    pub async fn publish(&self, keys: &[&KeyPair]) {
        let keys: Vec<_> = keys.iter().map(|key| key.jwk.clone()).collect();
        self.answer(ResponseTemplate::new(200).set_body_json(json!({ "keys": keys }))).await;
    }

    /// Leads to another address for the keys.
    pub async fn redirect(&self, keys: &[&KeyPair]) {
        self.publish(keys).await;
        let elsewhere = self.server.uri() + "/keys?really";
        let answer = ResponseTemplate::new(302).insert_header("location", elsewhere);
        Mock::given(query_param_is_missing("really")).respond_with(answer).with_priority(1).mount(&self.server).await;
    }

    /// Answers nothing but an error.
    pub async fn fail(&self) {
        self.answer(ResponseTemplate::new(500)).await;
    }

    async fn answer(&self, answer: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(path("/keys")).respond_with(answer).mount(&self.server).await;
    }

    /// How often the keys were asked for since they were published.
    pub async fn fetches(&self) -> usize {
        self.server.received_requests().await.expect("requests are recorded").len()
    }

    /// What a good token of this provider says about the user `subject`.
    pub fn claims(&self, app: &TestApp, subject: &str, email: &str) -> Value {
        let now = app.clock.now().seconds();
        json!({
            "iss": self.issuer, "aud": "support", "sub": subject, "exp": now + 600, "email": email,
            "email_verified": true,
        })
    }
}
