//! `keyward doctor`: is everything well, and if not, what is the mend?

use super::Failed;
use super::installation::Installation;
use super::output::Asking;
use crate::commands::doctor::{Condition, Examine, Examined};

/// Looks at everything. Fails when something is wrong.
pub async fn run(asking: &Asking) -> Result<(), Failed> {
    let examined = Installation::at(&asking.place)?.perform(Examine {}).await?;
    asking.write(&examined, |examined| examined.iter().map(words).collect())?;
    let wrong = examined.iter().filter(|it| it.condition == Condition::Wrong).count();
    match wrong {
        0 => Ok(()),
        1 => Err(Failed("one thing is wrong; see the mend above".to_owned())),
        more => Err(Failed(format!("{more} things are wrong; see the mends above"))),
    }
}

fn words(it: &Examined) -> String {
    let condition = match it.condition {
        Condition::Well => "well",
        Condition::Wrong => "WRONG",
        Condition::Skipped => "-",
    };
    let mend = it.mend.as_ref().map(|mend| format!("{:21}mend: {mend}\n", "")).unwrap_or_default();
    format!("{condition:5}  {:14}{}\n{mend}", it.check, it.sentence)
}
