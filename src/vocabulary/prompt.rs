//! What the client wants the person to be asked (OpenID Connect Core section 3.1.2.1, `prompt`).

use serde::{Deserialize, Serialize};

/// The wishes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Prompt {
    /// Show nothing; answer with an error instead.
    pub none: bool,
    /// Authenticate afresh.
    pub login: bool,
    /// Ask for consent again.
    pub consent: bool,
    /// Let the person choose the account.
    pub select_account: bool,
}

impl Prompt {
    /// The values, as discovery lists them.
    pub const VALUES: [&'static str; 4] = ["none", "login", "consent", "select_account"];

    /// Reads the space-separated list. `None` where `none` stands beside another value. Unknown values are ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let has = |word: &str| text.split(' ').any(|given| given == word);
        let prompt = Self {
            none: has("none"),
            login: has("login"),
            consent: has("consent"),
            select_account: has("select_account"),
        };
        let alone = text.split(' ').filter(|word| !word.is_empty()).all(|word| word == "none");
        (!prompt.none || alone).then_some(prompt)
    }
}
