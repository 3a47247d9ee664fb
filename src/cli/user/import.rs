//! `keyward user import`: the table is read here; `commands` judges it.

use std::path::PathBuf;

use crate::cli::Failed;
use crate::cli::installation::Installation;
use crate::cli::output::Asking;
use crate::cli::table_file;
use crate::commands::user::import::{self, Report};

/// `keyward user import`.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// A CSV file in UTF-8 whose first row names the columns: username, email, and if wanted name, given_name, family_name,
    /// language, groups (separated by semicolons)
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// Only say what would be done, and what is wrong with which row
    #[arg(long)]
    dry_run: bool,
    /// Create the named groups where they do not exist
    #[arg(long)]
    create_groups: bool,
    /// Print a one-time link for everybody added; without it, make them one by one with: keyward user invite
    #[arg(long)]
    invite: bool,
    #[command(flatten)]
    asking: Asking,
}

impl Import {
    pub(super) async fn run(self) -> Result<(), Failed> {
        let Self { dry_run, create_groups, invite, .. } = self;
        let command = import::Import { csv: table_file::read(&self.file)?, dry_run, create_groups, invite };
        let report = Installation::at(&self.asking.place)?.perform(command).await?;
        self.asking.write(&report, words)?;
        match report.bad.len() {
            0 => Ok(()),
            bad if report.added.is_empty() || dry_run => Err(Failed(format!(
                "{bad} rows cannot be taken over, so nobody was added; mend them and run this again"
            ))),
            _ => Err(Failed("the import stopped half-way; run it again".to_owned())),
        }
    }
}

fn words(report: &Report) -> String {
    let mut text = String::new();
    for bad in &report.bad {
        text.push_str(&format!("line {}: {}\n", bad.line, bad.reason));
    }
    for known in &report.existing {
        text.push_str(&format!(
            "line {}: {} is there already and was left alone\n",
            known.line, known.username
        ));
    }
    for added in &report.added {
        match &added.link {
            Some(link) => {
                text.push_str(&format!("line {}: {}  {}\n", added.line, added.username, link.expose()))
            }
            None => text.push_str(&format!("line {}: {}\n", added.line, added.username)),
        }
    }
    let would = if report.dry_run { "would be" } else { "were" };
    if !report.groups_created.is_empty() {
        text.push_str(&format!("Groups that {would} created: {}\n", report.groups_created.join(", ")));
    }
    let (added, existing, bad) = (report.added.len(), report.existing.len(), report.bad.len());
    text.push_str(&format!("{added} {would} added, {existing} are there already, {bad} rows are wrong.\n"));
    text
}
