//! The append-only logs as chains of hashes, so that what was written cannot be changed unnoticed.
//!
//! A workspace's log (its events; its audit entries) is a chain: `h(0)` is the hash of its name, `h(n)` that of `h(n-1)`
//! and of the hash of the `n`-th entry. A [`Seal`] notes `h(n)` and `n` for an entry. The sealer does so about once a second
//! ([`next_seals`]), beside the requests and in transactions of its own, so nobody who writes waits for it; what is newer
//! than the last seal is not covered yet.
//!
//! Only *settled* entries are sealed, which no other will come to stand before ([`settled`]). A seal is thus a function of
//! entries that are there for good: whoever seals the same comes to the same, so sealers need no lock.

use std::collections::HashMap;

use crate::domain::{Error, WorkspaceId};
use crate::identity::apikey::sha256;
use crate::storage::queries::seals::{self, LogEntry};
use crate::storage::{Table, Tx};

pub use crate::storage::queries::seals::{Log, Seal};

/// Entries that are read at once.
const PAGE: i64 = 5000;

/// Whether anything is there that is not sealed.
///
/// # Errors
/// When the database fails.
pub fn has_unsealed(tx: &mut dyn Tx, log: Log) -> Result<bool, Error> {
    Ok(seals::last_entry(tx, log)? > seals::sealed_to(tx, log)?)
}

/// Up to which entry a log is settled. Who seals may read it in another transaction, which must begin later.
///
/// # Errors
/// When the database fails, or others write to the audit log for too long.
pub fn settled(tx: &mut dyn Tx, log: Log) -> Result<i64, Error> {
    match log {
        Log::Event => Ok(tx.last_settled_event()?.0),
        Log::Audit => {
            // Few write to it, and none for long: those that may have taken a number are waited for.
            tx.exclude_writers(Table::Audit)?;
            Ok(seals::last_entry(tx, log)?)
        }
    }
}

/// The next seals of all workspaces, for a page of settled entries; none when all are sealed.
///
/// # Errors
/// When the database fails.
pub fn next_seals(tx: &mut dyn Tx, log: Log, settled: i64) -> Result<Vec<Seal>, Error> {
    let sealed_to = seals::sealed_to(tx, log)?;
    let mut heads = HashMap::new();
    for Link { workspace, id, hash } in links(tx, log, (sealed_to, settled))? {
        let mut head = match heads.remove(&workspace) {
            Some(head) => head,
            None => seals::last_of_workspace(tx, log, workspace)?.unwrap_or_else(|| beginning(log, workspace)),
        };
        append(&mut head, id, &hash);
        heads.insert(workspace, head);
    }
    Ok(heads.into_values().collect())
}

/// Keeps seals.
///
/// # Errors
/// When the database fails.
pub fn keep(tx: &mut dyn Tx, log: Log, seals: &[Seal]) -> Result<(), Error> {
    seals.iter().try_for_each(|seal| Ok(seals::insert(tx, log, seal)?))
}

/// An entry, as far as the chain is concerned.
struct Link {
    workspace: WorkspaceId,
    id: i64,
    hash: [u8; 32],
}

fn links(tx: &mut dyn Tx, log: Log, range: (i64, i64)) -> Result<Vec<Link>, Error> {
    let (mut links, mut bytes) = (Vec::new(), Vec::new());
    seals::entries_after(tx, log, range, PAGE, &mut |entry| {
        encode(entry, &mut bytes);
        links.push(Link { workspace: entry.workspace, id: entry.id, hash: sha256(&bytes) });
    })?;
    Ok(links)
}

/// All that is in an entry, as bytes that no other entry has: texts are preceded by their lengths.
fn encode(entry: &LogEntry<'_>, to: &mut Vec<u8>) {
    to.clear();
    for number in [entry.id, entry.workspace.0, entry.subject, entry.actor, entry.at] {
        to.extend(number.to_be_bytes());
    }
    for text in [Some(entry.kind), entry.before, entry.after] {
        to.push(text.is_some().into());
        let text = text.unwrap_or_default();
        to.extend((text.len() as u64).to_be_bytes());
        to.extend(text.as_bytes());
    }
}

/// The chain before its first entry.
fn beginning(log: Log, workspace: WorkspaceId) -> Seal {
    let hash = sha256(format!("ferrodesk log {} of workspace {workspace}", log.name()).as_bytes());
    Seal { up_to: 0, workspace, entries: 0, hash }
}

fn append(head: &mut Seal, id: i64, hash: &[u8; 32]) {
    head.up_to = id;
    head.entries += 1;
    head.hash = sha256(&[head.hash, *hash].concat());
}

/// A head of a chain that somebody has kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptHead {
    pub log: Log,
    pub workspace: WorkspaceId,
    pub up_to: i64,
    pub hash: [u8; 32],
}

/// A page of a log and of its seals.
pub struct Page {
    links: Vec<Link>,
    seals: Vec<Seal>,
    end: i64,
}

/// The page behind `after`, of what is sealed up to `sealed_to`.
///
/// # Errors
/// When the database fails.
pub fn page(tx: &mut dyn Tx, log: Log, after: i64, sealed_to: i64) -> Result<Page, Error> {
    let links = links(tx, log, (after, sealed_to))?;
    let is_full = i64::try_from(links.len()) == Ok(PAGE);
    let end = links.last().filter(|_| is_full).map_or(sealed_to, |link| link.id);
    Ok(Page { seals: seals::after(tx, log, after, end)?, links, end })
}

/// What of a log is to be gone through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extent {
    /// The last entry that is sealed.
    pub sealed_to: i64,
    pub sealed: i64,
    /// Entries that are newer than the last seal.
    pub unsealed: i64,
}

/// How much of a log is sealed.
///
/// # Errors
/// When the database fails.
pub fn extent(tx: &mut dyn Tx, log: Log) -> Result<Extent, Error> {
    let sealed_to = seals::sealed_to(tx, log)?;
    let sealed = seals::count_entries(tx, log, 0, sealed_to)?;
    Ok(Extent { sealed_to, sealed, unsealed: seals::count_entries(tx, log, sealed_to, i64::MAX)? })
}

/// Goes through a log and holds it against its seals.
pub struct Verifier {
    log: Log,
    /// Of each workspace, the chain as it is computed, and up to where it was compared.
    heads: HashMap<WorkspaceId, (Seal, i64)>,
    /// What was kept elsewhere and has not been come to yet.
    kept: HashMap<(WorkspaceId, i64), [u8; 32]>,
    pub after: i64,
    problems: Vec<String>,
}

impl Verifier {
    /// `kept` are heads of any log, which must be in this one if they are of it.
    #[must_use]
    pub fn new(log: Log, kept: &[KeptHead]) -> Self {
        let kept = kept.iter().filter(|kept| kept.log == log);
        let kept = kept.map(|kept| ((kept.workspace, kept.up_to), kept.hash)).collect();
        Self { log, heads: HashMap::new(), kept, after: 0, problems: Vec::new() }
    }

    /// Goes on with the next page; gives how many entries it had.
    pub fn take(&mut self, page: Page) -> u64 {
        let entries = page.links.len() as u64;
        let mut seals = page.seals.into_iter().peekable();
        for link in page.links {
            while let Some(seal) = seals.next_if(|seal| seal.up_to < link.id) {
                self.compare(seal);
            }
            append(&mut self.head(link.workspace).0, link.id, &link.hash);
            self.compare_with_kept(&link);
            if let Some(seal) = seals.next_if(|seal| seal.up_to == link.id) {
                self.compare(seal);
            }
        }
        seals.for_each(|seal| self.compare(seal));
        self.after = page.end;
        entries
    }

    fn head(&mut self, workspace: WorkspaceId) -> &mut (Seal, i64) {
        let log = self.log;
        self.heads.entry(workspace).or_insert_with(|| (beginning(log, workspace), 0))
    }

    fn compare_with_kept(&mut self, link: &Link) {
        let Some(hash) = self.kept.remove(&(link.workspace, link.id)) else { return };
        if self.head(link.workspace).0.hash != hash {
            let (log, workspace, id) = (self.log.name(), link.workspace, link.id);
            self.problems.push(format!(
                "the {log} log of workspace {workspace} was rewritten: up to {id}, it is not what the kept head says"
            ));
        }
    }

    /// Holds the chain against a seal, and goes on from the seal, so that what is wrong behind it shows as well.
    fn compare(&mut self, seal: Seal) {
        let (head, compared_to) = self.head(seal.workspace).clone();
        if head != seal {
            self.problems.push(format!(
                "the {} log of workspace {} was changed: entries after {compared_to} up to {} are not what was sealed",
                self.log.name(),
                seal.workspace,
                seal.up_to
            ));
        }
        let (workspace, up_to) = (seal.workspace, seal.up_to);
        *self.head(workspace) = (seal, up_to);
    }

    /// Ends with what is wrong behind the last seals of workspaces (nothing before the log's last seal can be without
    /// one), and with where the chains end: what to keep elsewhere.
    #[must_use]
    pub fn finish(mut self) -> (Vec<String>, Vec<KeptHead>) {
        for (head, compared_to) in self.heads.values().filter(|(head, compared_to)| head.up_to > *compared_to) {
            self.problems.push(format!(
                "the {} log of workspace {} was changed: entries after {compared_to} up to {} were put in later",
                self.log.name(),
                head.workspace,
                head.up_to
            ));
        }
        for (workspace, up_to) in self.kept.keys() {
            self.problems.push(format!(
                "the {} log of workspace {workspace} has no sealed entry {up_to}, of which a head was kept: its end was cut off",
                self.log.name()
            ));
        }
        let heads = self.heads();
        (self.problems, heads)
    }

    /// Where the chains of all workspaces end: what to keep elsewhere.
    fn heads(&self) -> Vec<KeptHead> {
        let of = |(head, _): &(Seal, i64)| KeptHead {
            log: self.log,
            workspace: head.workspace,
            up_to: head.up_to,
            hash: head.hash,
        };
        let mut heads: Vec<_> = self.heads.values().map(of).collect();
        heads.sort_unstable_by_key(|head| head.workspace);
        heads
    }
}
