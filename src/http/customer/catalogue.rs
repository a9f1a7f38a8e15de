//! Endpoints 1 and 4: the category list and the tag list.

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use quick_cache::sync::Cache;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::list_catalogue;
use crate::domain::user::Application;
use crate::domain::{Error, WorkspaceId};
use crate::http::extract::CatalogueCaller;
use crate::http::{ApiError, AppState, envelope};
use crate::storage::Tx;

/// Workspaces whose lists are remembered.
const REMEMBERED: usize = 10_000;

/// What a dozen categories take, more or less.
const USUAL_BYTES: usize = 1024;

/// Answers of endpoints 1 and 4, remembered until something changes (see `Store::revision`).
pub struct CatalogueCache {
    answers: Cache<(WorkspaceId, List), (u64, Bytes)>,
}

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum List {
    Categories,
    Tags,
}

impl Default for CatalogueCache {
    fn default() -> Self {
        Self { answers: Cache::new(REMEMBERED) }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Category)]
pub struct CategoryItem<'a> {
    #[schema(example = 1)]
    id: i64,
    #[schema(example = "Billing")]
    category: &'a str,
    #[schema(example = "Invoices and payments")]
    description: &'a str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Tag)]
pub struct TagItem<'a> {
    #[schema(example = 1)]
    id: i64,
    #[schema(example = "Refund")]
    tag: &'a str,
    #[schema(example = "refund")]
    keyword: &'a str,
}

/// List the categories
///
/// The active categories of the workspace in their set order; a ticket is created in one of them. Also answers on
/// `get/support-ticket/catogory-list/`.
#[utoipa::path(get, path = "/support/get/category-list/", tag = "Catalogue",
    responses((status = 200, description = "The categories", body = crate::http::docs::CategoryListAnswer)))]
pub async fn category_list(
    State(app): State<AppState>,
    CatalogueCaller(application): CatalogueCaller,
) -> Result<Response, ApiError> {
    remembered(&app, application, List::Categories, category_answer).await
}

/// List the tags
///
/// The tags that a ticket may be given. Also answers on `get/ticket/tags/`.
#[utoipa::path(get, path = "/support/get/ticket/tags/", tag = "Catalogue",
    responses((status = 200, description = "The tags", body = crate::http::docs::TagListAnswer)))]
pub async fn tag_list(
    State(app): State<AppState>,
    CatalogueCaller(application): CatalogueCaller,
) -> Result<Response, ApiError> {
    remembered(&app, application, List::Tags, tag_answer).await
}

type Answer = fn(&mut dyn Tx, Application) -> Result<Vec<u8>, Error>;

async fn remembered(
    app: &AppState,
    application: Application,
    list: List,
    answer: Answer,
) -> Result<Response, ApiError> {
    let key = (application.workspace, list);
    // Read first: what changes while the database is asked is newer than this.
    let revision = app.store().revision();
    if let Some((at, body)) = app.catalogue().answers.get(&key)
        && at == revision
    {
        return Ok(envelope::json(StatusCode::OK, body));
    }
    // Wherever it is read, it is no older than the revision.
    let body = Bytes::from(app.store().read_anywhere(move |tx| answer(tx, application)).await?);
    app.catalogue().answers.insert(key, (revision, body.clone()));
    Ok(envelope::json(StatusCode::OK, body))
}

fn category_answer(tx: &mut dyn Tx, application: Application) -> Result<Vec<u8>, Error> {
    let categories = list_catalogue::list_categories(tx, application.workspace)?;
    let written = envelope::success(USUAL_BYTES, |body| {
        body.extend_from_slice(br#"{"CategoryList":"#);
        envelope::push_list(body, &categories, |body, category| {
            let item = CategoryItem { id: category.id.0, category: &category.name, description: &category.description };
            envelope::push_json(body, &item);
        });
        body.push(b'}');
        Ok(())
    });
    written.map(|(body, ())| body)
}

fn tag_answer(tx: &mut dyn Tx, application: Application) -> Result<Vec<u8>, Error> {
    let tags = list_catalogue::list_tags(tx, application.workspace)?;
    let written = envelope::success(USUAL_BYTES, |body| {
        body.extend_from_slice(br#"{"TicketTagList":"#);
        envelope::push_list(body, &tags, |body, tag| {
            envelope::push_json(body, &TagItem { id: tag.id.0, tag: &tag.tag, keyword: &tag.keyword });
        });
        body.push(b'}');
        Ok(())
    });
    written.map(|(body, ())| body)
}
