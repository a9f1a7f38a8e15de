//! Guessing passwords is slow: attempts that failed are counted, and too many wait.
//!
//! What one address tries at one account is counted by itself, so that a stranger who guesses keeps nobody else out. Many
//! strangers at once are held up by what is counted for the account as a whole; then only who has signed in to it from
//! their address before is let try on.

use std::net::IpAddr;
use std::time::Duration;

use crate::domain::{Error, Timestamp, WorkspaceId, text};
use crate::identity::apikey::sha256;
use crate::storage::Tx;
use crate::storage::queries::sign_in_attempts::{self as attempts, CountedBy};

/// How long failures count together.
pub const WINDOW: Duration = Duration::from_mins(5);

/// How many times as many failures an account may have from all addresses as from one.
pub const ADDRESSES_AN_ACCOUNT: u32 = 10;

/// How long an address is known that an account was signed in to from.
const KNOWN_FOR: Duration = Duration::from_hours(90 * 24);

/// What is counted for the installation as a whole.
const ALL_WORKSPACES: WorkspaceId = WorkspaceId(0);

/// How many failures may be; 0 is any number.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To one account from one address.
    pub per_account: u32,
    /// From one address.
    pub per_address: u32,
}

/// Who tries to sign in to what.
#[derive(Clone, Debug)]
pub struct Attempt {
    workspace: WorkspaceId,
    account: String,
    /// Empty if it is not known.
    address: String,
}

/// An attempt in one of the counts that it is in.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    workspace: WorkspaceId,
    by: CountedBy,
    ends_at: Timestamp,
}

/// What came of beginning an attempt.
#[derive(Clone, Debug)]
pub enum Begun {
    /// It counts as failed until it is taken out of these.
    Counted(Vec<Counted>),
    /// Too many failed before it.
    Full {
        /// Whether it is the address alone that has too many.
        is_the_address: bool,
        /// How many there may be.
        limit: u32,
        wait: Duration,
    },
}

impl Attempt {
    /// An attempt to sign in as `username`.
    #[must_use]
    pub fn new(workspace: WorkspaceId, username: &str, address: Option<IpAddr>) -> Self {
        let account = text::fold(text::trim(username)).into_owned();
        Self { workspace, account, address: address.map(network).unwrap_or_default() }
    }

    fn by_account(&self) -> CountedBy {
        sha256(format!("account/{}", self.account).as_bytes())
    }

    /// No address holds a line break.
    fn by_account_and_address(&self) -> CountedBy {
        sha256(format!("pair/{}\n{}", self.address, self.account).as_bytes())
    }

    fn by_address(&self) -> CountedBy {
        sha256(format!("address/{}", self.address).as_bytes())
    }

    fn by_known_address(&self) -> CountedBy {
        sha256(format!("known/{}\n{}", self.address, self.account).as_bytes())
    }
}

/// What stands for an address: who has one of IPv6 has 2^64 (RFC 6177).
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x}/64", address.to_bits() >> 64),
    }
}

/// Begins an attempt. It counts as failed until it is known to have ended otherwise, so that many at once do not slip under
/// the limit together, on however many servers.
///
/// # Errors
/// When the database fails.
pub fn begin(tx: &mut dyn Tx, attempt: &Attempt, limits: Limits, at: Timestamp) -> Result<Begun, Error> {
    let Attempt { workspace, address, .. } = attempt;
    let from_all = limits.per_account.saturating_mul(ADDRESSES_AN_ACCOUNT);
    // Always in this order, so that no two wait for each other.
    let counts = [
        (*workspace, attempt.by_account_and_address(), limits.per_account, false),
        (*workspace, attempt.by_account(), from_all, false),
        (ALL_WORKSPACES, attempt.by_address(), if address.is_empty() { 0 } else { limits.per_address }, true),
    ];
    let is_known = attempts::ends_at(tx, *workspace, &attempt.by_known_address())?.is_some_and(|until| until > at);
    let mut counted = Vec::with_capacity(counts.len());
    for (workspace, by, limit, is_the_address) in counts {
        let passes_by = is_known && by == attempt.by_account();
        if limit == 0 || passes_by {
            continue;
        }
        let Some(ends_at) = attempts::count(tx, workspace, &by, at.plus(WINDOW), at, limit)? else {
            take_out(tx, &counted)?;
            let ends_at = attempts::ends_at(tx, workspace, &by)?.unwrap_or(at);
            let wait = Duration::from_micros(u64::try_from(ends_at.0 - at.0).unwrap_or_default());
            return Ok(Begun::Full { is_the_address, limit, wait });
        };
        counted.push(Counted { workspace, by, ends_at });
    }
    Ok(Begun::Counted(counted))
}

/// Takes an attempt out of the counts: it did not fail, or nobody can say.
///
/// # Errors
/// When the database fails.
pub fn take_out(tx: &mut dyn Tx, counted: &[Counted]) -> Result<(), Error> {
    for Counted { workspace, by, ends_at } in counted {
        attempts::take_out(tx, *workspace, by, *ends_at)?;
    }
    Ok(())
}

/// Takes an attempt that succeeded out of the counts, and knows its address from now on.
///
/// # Errors
/// When the database fails.
pub fn succeeded(tx: &mut dyn Tx, attempt: &Attempt, counted: &[Counted], at: Timestamp) -> Result<(), Error> {
    take_out(tx, counted)?;
    Ok(attempts::remember(tx, attempt.workspace, &attempt.by_known_address(), at.plus(KNOWN_FOR))?)
}
