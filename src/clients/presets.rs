//! What is known of the Atlassian applications, as data: one table, from which a base address makes a whole client.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::Site;
use crate::vocabulary::client_metadata::ClientAuthentication;
use crate::vocabulary::{ClientMetadata, ResponseMode};

/// An application whose built-in single sign-on client we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Jira Software Data Center.
    JiraDc,
    /// The customer portal of Jira Service Management Data Center, as an entry of its own.
    JsmDc,
    /// Confluence Data Center.
    ConfluenceDc,
    /// Bitbucket Data Center.
    BitbucketDc,
    /// Bamboo Data Center.
    BambooDc,
}

struct Facts {
    name: &'static str,
    title: &'static str,
    fallback_path: Option<&'static str>,
}

const CALLBACK: &str = "/plugins/servlet/oidc/callback";
const INITIATE_LOGIN: &str = "/plugins/servlet/oidc/initiate-login";

impl Preset {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::JiraDc, Self::JsmDc, Self::ConfluenceDc, Self::BitbucketDc, Self::BambooDc];

    fn facts(self) -> Facts {
        let (name, title, fallback_path) = match self {
            Self::JiraDc => ("jira-dc", "Jira", Some("/login.jsp?auth_fallback")),
            Self::JsmDc => ("jsm-dc", "Jira Service Management", Some("/login.jsp?auth_fallback")),
            Self::ConfluenceDc => ("confluence-dc", "Confluence", Some("/login.action?auth_fallback")),
            Self::BitbucketDc => ("bitbucket-dc", "Bitbucket", None),
            Self::BambooDc => ("bamboo-dc", "Bamboo", None),
        };
        Facts { name, title, fallback_path }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The application's name for people.
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// Where an administrator signs in when we are down, once that was switched on in the application; `None` where unproven.
    pub fn fallback_path(self) -> Option<&'static str> {
        self.facts().fallback_path
    }

    /// Reads a name of the command line.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// The client of the application at `base_url`: its canonical base address, context path included, without a slash
    /// at the end. The error is a sentence.
    pub fn metadata(self, base_url: &str, site: &Site) -> Result<ClientMetadata, String> {
        let base = base_url.strip_suffix('/').unwrap_or(base_url);
        let uri = super::redirect_uri::admissible(base)?;
        site.admit(&uri).map_err(|reason| format!("{base:?}: {reason}"))?;
        if uri.query().is_some() {
            return Err(format!("{base:?}: the base address must not have a query ('?')"));
        }
        Ok(ClientMetadata {
            client_name: Some(self.title().to_owned()),
            client_uri: Some(base.to_owned()),
            redirect_uris: vec![format!("{base}{CALLBACK}")],
            post_logout_redirect_uris: vec![format!("{base}/")],
            initiate_login_uri: Some(initiate_login(base, site)),
            token_endpoint_auth_methods: vec![
                ClientAuthentication::ClientSecretBasic,
                ClientAuthentication::ClientSecretPost,
            ],
            scope: Some("openid profile email groups".to_owned()),
            response_modes: vec![ResponseMode::Query],
            consent_skipped: true,
            ..ClientMetadata::default()
        })
    }
}

/// The address at which the application starts a sign-in: it demands the very issuer it was configured with (`iss`).
fn initiate_login(base: &str, site: &Site) -> String {
    let address = format!("{base}{INITIATE_LOGIN}");
    match Url::parse(&address) {
        Ok(mut uri) => {
            uri.query_pairs_mut().append_pair("iss", site.issuer());
            uri.into()
        }
        Err(_) => address,
    }
}
