//! Identity providers, whose users' tokens the workspace takes.

use super::field::{Field, Values};
use super::sheet::Sheet;
use super::table::{Cell, Row, Table};
use super::{Added, Resource, Work};
use crate::app::desk::manage::identity_providers::{self, Listed, ProviderChange};
use crate::app::desk::manage::parts::Part;
use crate::domain::user::Requester;
use crate::domain::workspace::IdentityProvider;
use crate::domain::{Error, IdentityProviderId, Timestamp};
use crate::http::desk::version::IfMatch;
use crate::http::extract::Form;
use crate::identity::jwks::ALGORITHMS;
use crate::storage::Tx;

/// The resource.
pub struct IdentityProviders;

fn values((_, provider): &Listed) -> Values {
    Values::default()
        .text("issuer", &provider.issuer)
        .text("audience", &provider.audience)
        .text("jwks_url", &provider.jwks_url)
        .several("algorithms", provider.algorithms.iter().cloned())
}

impl Resource for IdentityProviders {
    fn part(&self) -> Part {
        Part::IdentityProviders
    }

    fn unique(&self) -> &'static str {
        "issuer"
    }

    fn table(&self, tx: &mut dyn Tx, staff: &Requester, _: &Form) -> Result<Table, Error> {
        let rows = identity_providers::list(tx, staff)?.into_iter().map(|(id, provider)| {
            let IdentityProvider { issuer, audience, algorithms, .. } = provider;
            Row::new(id.0, vec![issuer.into(), audience.into(), Cell::names(algorithms)])
        });
        Ok(Table::new(&["issuer", "audience", "algorithms"], rows))
    }

    fn sheet(&self, tx: &mut dyn Tx, staff: &Requester, id: Option<i64>) -> Result<Sheet, Error> {
        let algorithms = ALGORITHMS.iter().map(|name| ((*name).to_owned(), (*name).to_owned()));
        let mut fields = vec![
            Field::address("audience").required().hint("hint-audience"),
            Field::address("jwks_url").required().hint("hint-jwks-url"),
            Field::several("algorithms", algorithms).required().hint("hint-algorithms").holding("RS256"),
        ];
        let Some(id) = id else {
            fields.insert(0, Field::address("issuer").required().hint("hint-issuer"));
            return Ok(Sheet::blank(fields));
        };
        let listed = identity_providers::read(tx, staff, IdentityProviderId(id))?;
        let issuer = listed.1.issuer.clone();
        Ok(Sheet::of(&issuer, &values(&listed), fields)?.fact("issuer", Cell::Code(issuer)).removal("remove-provider"))
    }

    fn add(&self, tx: &mut dyn Tx, staff: &Requester, work: &Work) -> Result<Added, Error> {
        let provider = IdentityProvider {
            workspace: staff.workspace,
            issuer: work.given.text("issuer").to_owned(),
            audience: work.given.text("audience").to_owned(),
            jwks_url: work.given.text("jwks_url").to_owned(),
            algorithms: work.given.several("algorithms").to_vec(),
        };
        Ok(Added::new(identity_providers::add(tx, staff, &provider, work.at)?.0.0))
    }

    fn change(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, work: &Work) -> Result<(), Error> {
        let change = ProviderChange {
            audience: Some(work.given.text("audience").to_owned()),
            jwks_url: Some(work.given.text("jwks_url").to_owned()),
            algorithms: Some(work.given.several("algorithms").to_vec()),
        };
        let unchanged = |now: &Listed| work.seen.demand_of(&values(now));
        identity_providers::change(tx, staff, IdentityProviderId(id), &change, &unchanged, work.at).map(drop)
    }

    fn remove(&self, tx: &mut dyn Tx, staff: &Requester, id: i64, seen: &IfMatch, at: Timestamp) -> Result<(), Error> {
        let unchanged = |now: &Listed| seen.demand_of(&values(now));
        identity_providers::remove(tx, staff, IdentityProviderId(id), &unchanged, at)
    }
}
