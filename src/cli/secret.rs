//! Where an installation keeps its secret when it is not a setting.

use std::path::Path;

use super::Desk;
use crate::app::shared_secret::{find_secret, take_over_secret};
use crate::identity::secret::Secret;
use crate::identity::system::SystemEntropy;
use crate::storage::Store;

/// What the secret is made of, if there is one: in the database, if servers share it, else in the data folder.
pub async fn find(store: &Store, is_shared: bool, data: &Path) -> anyhow::Result<Option<String>> {
    if is_shared {
        let found = store.read(find_secret).await?;
        return Ok(found.map(|material| String::from_utf8_lossy(&material).into_owned()));
    }
    Ok(Secret::find_material(data)?)
}

/// Keeps the secret of the installation that comes here.
pub async fn keep(store: &Store, is_shared: bool, data: &Path, material: String) -> anyhow::Result<()> {
    if is_shared {
        store.write(move |tx| take_over_secret(tx, material.as_bytes())).await?;
    } else {
        Secret::keep_material(data, &material, &SystemEntropy)?;
    }
    Ok(())
}

/// The secret that belongs into a backup: without it, nobody would stay signed in. One that is a setting is kept with the
/// settings.
pub async fn to_back_up(desk: &Desk) -> anyhow::Result<Option<String>> {
    if desk.config.secret()?.is_some() {
        return Ok(None);
    }
    find(&desk.store, desk.config.database()?.is_shared(), &desk.config.data).await
}
