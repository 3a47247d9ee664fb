//! `keyward settings`: what holds for each setting, and where it was given.

use serde_json::json;

use super::{Failed, Place, say};
use crate::config::{Effective, Settings};

/// `keyward settings`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Prints every setting, one a line, as the settings file would say it by its full name.
pub fn run(arguments: &Arguments) -> Result<(), Failed> {
    let (_, effective) = Settings::gather(&arguments.place.sources()).map_err(Failed::from_error)?;
    if arguments.json {
        let rows = effective
            .iter()
            .map(|setting| json!({ "name": setting.key, "value": setting.value, "source": source(setting) }));
        say(&format!("{}\n", serde_json::Value::from_iter(rows)));
    } else {
        say(&effective.iter().map(line).collect::<String>());
    }
    Ok(())
}

fn line(setting: &Effective) -> String {
    let source = source(setting);
    match setting.value.as_str() {
        "" => format!("# {} is not set\n", setting.key),
        value => format!("{} = {value}   # {source}\n", setting.key),
    }
}

fn source(setting: &Effective) -> String {
    setting.place.as_ref().map_or_else(|| "default".to_owned(), ToString::to_string)
}
