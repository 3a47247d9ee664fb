//! `keyward doctor`: is everything well, and if not, what is the mend?
//!
//! Whoever holds the data folder looks at everything. If nobody can, because the settings are wrong or a start would be
//! refused, that is said, and what can be looked at from outside is. Nothing is made: not even a data folder.

use std::sync::Arc;

use super::Failed;
use super::installation::Installation;
use super::output::Asking;
use crate::app::doctor::from_outside;
use crate::commands::doctor::{Condition, Examine, Examined, Finding};
use crate::config::{Salvaged, Settings};
use crate::foundation::Clock;
use crate::foundation::clock::SystemClock;
use crate::storage;

/// Looks at everything. Fails when something is wrong; warnings are none of that.
pub async fn run(asking: &Asking) -> Result<(), Failed> {
    let salvaged = Salvaged::from(&asking.place.sources());
    let mut examined = of_settings(&salvaged);
    if let Some(settings) = &salvaged.settings {
        examined.extend(of_installation(&salvaged, settings).await);
    }
    asking.write(&examined, |examined| examined.iter().map(words).collect())?;
    match examined.iter().filter(|it| it.condition == Condition::Wrong).count() {
        0 => Ok(()),
        1 => Err(Failed("one thing is wrong; see the mend above".to_owned())),
        more => Err(Failed(format!("{more} things are wrong; see the mends above"))),
    }
}

fn of_settings(salvaged: &Salvaged) -> Vec<Examined> {
    if salvaged.faults.is_empty() {
        return vec![Finding::Well("all of them can be read".to_owned()).of("settings")];
    }
    let faults = salvaged.faults.iter();
    faults.map(|wrong| Finding::wrong(wrong.finding(), wrong.mend()).of("settings")).collect()
}

async fn of_installation(salvaged: &Salvaged, settings: &Settings) -> Vec<Examined> {
    let mut installation = Installation::of(settings.clone());
    let answer = if !salvaged.is_whole("data") {
        None
    } else if salvaged.faults.is_empty() && !is_empty(settings) {
        Some(installation.perform(Examine {}).await)
    } else {
        installation.perform_at_server(Examine {}).await
    };
    let start = match answer {
        Some(Ok(examined)) => return examined,
        Some(Err(failed)) => Finding::wrong(
            failed.to_string(),
            "do that first: store, signing keys and administrators can only be looked at then",
        ),
        None if salvaged.faults.is_empty() => {
            Finding::Skipped("nothing was ever kept here: the first start makes store and keys".to_owned())
        }
        None => Finding::Skipped(
            "store, signing keys and administrators are looked at once the settings are mended".to_owned(),
        ),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let outside = from_outside(salvaged, settings, &clock).examine().await;
    [start.of("start")].into_iter().chain(outside).collect()
}

/// Whether there is no store yet. One that cannot be seen is one.
fn is_empty(settings: &Settings) -> bool {
    matches!(storage::is_founded(&settings.data.folder), Ok(false))
}

fn words(it: &Examined) -> String {
    let condition = match it.condition {
        Condition::Well => "well",
        Condition::Warning => "WARN",
        Condition::Wrong => "WRONG",
        Condition::Skipped => "-",
    };
    let mend = it.mend.as_ref().map(|mend| format!("{:21}mend: {mend}\n", "")).unwrap_or_default();
    format!("{condition:5}  {:14}{}\n{mend}", it.check, it.sentence)
}
