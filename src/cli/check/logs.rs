//! The logs, held against their seals.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use super::super::Desk;
use super::super::progress::Bar;
use crate::app::log_chain::{Extent, KeptHead, Log, Verifier, extent, page};
use crate::domain::{Error, WorkspaceId};

/// What the logs came to.
#[derive(Default)]
pub struct Logs {
    extents: Vec<(Log, Extent)>,
    heads: Vec<Head>,
    pub problems: Vec<String>,
}

/// A head as operators keep it: `LOG:WORKSPACE:ENTRY:HASH`.
#[derive(Clone, Debug)]
pub struct Head(KeptHead);

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KeptHead { log, workspace, up_to, hash } = &self.0;
        write!(f, "{}:{workspace}:{up_to}:{}", log.name(), hex::encode(hash))
    }
}

impl FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let mut parts = text.split(':');
            let (name, workspace, up_to, digits) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
            let log = Log::ALL.into_iter().find(|log| log.name() == name)?;
            let mut hash = [0; 32];
            hex::decode_to_slice(digits, &mut hash).ok()?;
            let (workspace, up_to) = (WorkspaceId(workspace.parse().ok()?), up_to.parse().ok()?);
            parts.next().is_none().then_some(Self(KeptHead { log, workspace, up_to, hash }))
        };
        read().ok_or("must be LOG:WORKSPACE:ENTRY:HASH, as `ferrodesk check --json` prints it in chain_heads")
    }
}

/// Goes through both logs, and looks for the heads that were kept elsewhere.
pub async fn verify(desk: &Desk, kept: &[Head], as_json: bool) -> Result<Logs, Error> {
    let kept: Vec<KeptHead> = kept.iter().map(|head| head.0.clone()).collect();
    let mut logs = Logs::default();
    let bar = Bar::new("sealed", as_json);
    for log in Log::ALL {
        let extent = desk.store.read(move |tx| extent(tx, log)).await?;
        bar.expect_more(extent.sealed.unsigned_abs());
        let mut verifier = Verifier::new(log, &kept);
        while verifier.after < extent.sealed_to {
            let after = verifier.after;
            let page = desk.store.read(move |tx| page(tx, log, after, extent.sealed_to)).await?;
            bar.moved(log.name(), verifier.take(page), 0);
        }
        let (problems, heads) = verifier.finish();
        logs.problems.extend(problems);
        logs.heads.extend(heads.into_iter().map(Head));
        logs.extents.push((log, extent));
    }
    bar.finish();
    Ok(logs)
}

impl Logs {
    pub fn json(&self) -> Value {
        let each = self.extents.iter();
        each.map(|(log, of)| json!({ "log": log.name(), "sealed": of.sealed, "unsealed": of.unsealed })).collect()
    }

    pub fn heads(&self) -> Value {
        self.heads.iter().map(ToString::to_string).collect()
    }

    pub fn sentence(&self) -> String {
        let log = |(log, extent): &(Log, Extent)| {
            format!(
                "{} entries of the {} log checked, {} newer ones not sealed yet",
                extent.sealed,
                log.name(),
                extent.unsealed
            )
        };
        self.extents.iter().map(log).collect::<Vec<_>>().join("; ")
    }
}
