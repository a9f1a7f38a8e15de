//! Secrets and what is made of them: apikeys, passwords, tokens, the keys of trusted identity providers.

pub mod apikey;
pub mod browser;
pub mod jwks;
pub mod password;
pub mod secret;
pub mod sign_in;
pub mod system;
pub mod token;
