//! How an authorization response travels (OAuth 2.0 Multiple Response Types section 2.1, Form Post Response Mode).

use serde::{Deserialize, Serialize};

/// The two ways we offer (R-AZ-06).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the redirect URI's query.
    #[default]
    Query,
    /// As a form that the browser posts.
    FormPost,
}

impl ResponseMode {
    /// Both, as discovery lists them.
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    /// The value as it travels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }

    /// Reads a value; `None` where it is none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}
