//! `ferrodesk category` and `ferrodesk tag`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Desk, InWorkspace, OutputArgs, output};
use crate::app::manage::catalogue;
use crate::domain::category::Category;
use crate::domain::{CategoryId, TagId};

#[derive(Subcommand)]
pub enum CategoryCommand {
    /// Add a category at the end of the list
    #[command(
        after_help = "Example:\n  ferrodesk category add --workspace Acme --name Billing --description \"Invoices and payments\""
    )]
    Add {
        #[command(flatten)]
        workspace: InWorkspace,
        /// What it is called
        #[arg(long)]
        name: String,
        /// What it is for
        #[arg(long, default_value = "")]
        description: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// List the categories in their order
    #[command(after_help = "Example:\n  ferrodesk category list --workspace Acme")]
    List {
        #[command(flatten)]
        workspace: InWorkspace,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Put categories in this order; those not named follow
    #[command(after_help = "Example:\n  ferrodesk category reorder --workspace Acme 3 1 2")]
    Reorder {
        #[command(flatten)]
        workspace: InWorkspace,
        /// The categories' ids, first to last
        #[arg(required = true)]
        ids: Vec<i64>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Close a category to new tickets; those in it stay
    #[command(after_help = "Example:\n  ferrodesk category deactivate --workspace Acme 3")]
    Deactivate {
        #[command(flatten)]
        workspace: InWorkspace,
        /// The category's id
        id: i64,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Open a category to new tickets again
    #[command(after_help = "Example:\n  ferrodesk category activate --workspace Acme 3")]
    Activate {
        #[command(flatten)]
        workspace: InWorkspace,
        /// The category's id
        id: i64,
        #[command(flatten)]
        output: OutputArgs,
    },
}

#[derive(Subcommand)]
pub enum TagCommand {
    /// Add a tag
    #[command(after_help = "Example:\n  ferrodesk tag add --workspace Acme --tag Refund --keyword refund")]
    Add {
        #[command(flatten)]
        workspace: InWorkspace,
        /// What it is called
        #[arg(long)]
        tag: String,
        /// The keyword that it stands for
        #[arg(long)]
        keyword: String,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// List the tags
    #[command(after_help = "Example:\n  ferrodesk tag list --workspace Acme")]
    List {
        #[command(flatten)]
        workspace: InWorkspace,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// No longer offer a tag; tickets that have it keep it
    #[command(after_help = "Example:\n  ferrodesk tag deactivate --workspace Acme 3")]
    Deactivate {
        #[command(flatten)]
        workspace: InWorkspace,
        /// The tag's id
        id: i64,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Offer a tag again
    #[command(after_help = "Example:\n  ferrodesk tag activate --workspace Acme 3")]
    Activate {
        #[command(flatten)]
        workspace: InWorkspace,
        /// The tag's id
        id: i64,
        #[command(flatten)]
        output: OutputArgs,
    },
}

pub async fn run_category(desk: &Desk, command: CategoryCommand) -> anyhow::Result<()> {
    match command {
        CategoryCommand::Add { workspace, name, description, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let at = desk.clock.now();
            let sentence = format!("Category \"{name}\" is there.");
            let id =
                desk.store.write(move |tx| catalogue::add_category(tx, workspace, &name, &description, at)).await?;
            output::added(output.json, &json!({ "id": id }), &sentence)?;
        }
        CategoryCommand::List { workspace, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let all = desk.store.read(move |tx| catalogue::categories(tx, workspace)).await?;
            list_categories(&all, &output)?;
        }
        CategoryCommand::Reorder { workspace, ids, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let ids: Vec<_> = ids.into_iter().map(CategoryId).collect();
            let all = desk.store.write(move |tx| catalogue::reorder_categories(tx, workspace, &ids)).await?;
            list_categories(&all, &output)?;
        }
        CategoryCommand::Deactivate { workspace, id, output } => {
            set_category_active(desk, &workspace, id, false, &output).await?;
        }
        CategoryCommand::Activate { workspace, id, output } => {
            set_category_active(desk, &workspace, id, true, &output).await?;
        }
    }
    Ok(())
}

fn list_categories(all: &[Category], output: &OutputArgs) -> anyhow::Result<()> {
    let rows: Vec<_> =
        all.iter().map(|c| vec![json!(c.id), json!(c.name), json!(c.description), json!(c.active)]).collect();
    output::list(output.json, &["Id", "Name", "Description", "Active"], &rows)
}

async fn set_category_active(
    desk: &Desk,
    workspace: &InWorkspace,
    id: i64,
    active: bool,
    output: &OutputArgs,
) -> anyhow::Result<()> {
    let workspace = desk.workspace(workspace).await?.id;
    desk.store.write(move |tx| catalogue::set_category_active(tx, workspace, CategoryId(id), active)).await?;
    activity("Category", id, active, output)
}

pub async fn run_tag(desk: &Desk, command: TagCommand) -> anyhow::Result<()> {
    match command {
        TagCommand::Add { workspace, tag, keyword, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let at = desk.clock.now();
            let sentence = format!("Tag \"{tag}\" is there.");
            let id = desk.store.write(move |tx| catalogue::add_tag(tx, workspace, &tag, &keyword, at)).await?;
            output::added(output.json, &json!({ "id": id }), &sentence)?;
        }
        TagCommand::List { workspace, output } => {
            let workspace = desk.workspace(&workspace).await?.id;
            let all = desk.store.read(move |tx| catalogue::tags(tx, workspace)).await?;
            let rows: Vec<_> = all
                .iter()
                .map(|tag| vec![json!(tag.id), json!(tag.tag), json!(tag.keyword), json!(tag.active)])
                .collect();
            output::list(output.json, &["Id", "Tag", "Keyword", "Active"], &rows)?;
        }
        TagCommand::Deactivate { workspace, id, output } => {
            set_tag_active(desk, &workspace, id, false, &output).await?;
        }
        TagCommand::Activate { workspace, id, output } => {
            set_tag_active(desk, &workspace, id, true, &output).await?;
        }
    }
    Ok(())
}

async fn set_tag_active(
    desk: &Desk,
    workspace: &InWorkspace,
    id: i64,
    active: bool,
    output: &OutputArgs,
) -> anyhow::Result<()> {
    let workspace = desk.workspace(workspace).await?.id;
    desk.store.write(move |tx| catalogue::set_tag_active(tx, workspace, TagId(id), active)).await?;
    activity("Tag", id, active, output)
}

fn activity(what: &str, id: i64, active: bool, output: &OutputArgs) -> anyhow::Result<()> {
    let json: Value = json!({ "id": id, "active": active });
    output::added(output.json, &json, &format!("{what} {id} is {}active.", if active { "" } else { "in" }))
}
