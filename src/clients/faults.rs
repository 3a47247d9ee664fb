//! All that is wrong with client metadata, not the first only: for whoever writes a file with many clients.

use super::registration::{authentication, check_flow, native};
use super::{Clients, RedirectUri, RegistrationError};
use crate::vocabulary::client_metadata::ClientAuthentication;
use crate::vocabulary::{ClientMetadata, Scope};

/// Something wrong with one member of client metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The member, with the place in its list.
    pub member: String,
    /// What was seen, and what would be right.
    pub sentence: String,
}

impl Clients {
    /// Every fault of `metadata`. Without one, [`Clients::prepare`] makes a client of it.
    pub fn faults(&self, metadata: &ClientMetadata) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut note = |member: &str, sentence: String| {
            // Some sentences begin with the member they are about.
            let rest =
                sentence.strip_prefix(member).map(|rest| rest.trim_start_matches([':', ' ']).to_owned());
            faults.push(Fault { member: member.to_owned(), sentence: rest.unwrap_or(sentence) });
        };
        let methods = authentication(metadata).inspect_err(|error| {
            note("token_endpoint_auth_methods", error.to_string());
        });
        let public = methods.is_ok_and(|methods| methods == [ClientAuthentication::None]);
        if metadata.unbound && public {
            note(
                "unbound",
                "is for confidential clients only; give the client a secret, or use PKCE".to_owned(),
            );
        }
        let checks: [(&str, Result<(), RegistrationError>); 3] = [
            ("client_id", self.id(metadata).map(drop)),
            ("client_name", check_flow(metadata)),
            ("application_type", native(metadata).map(drop)),
        ];
        for (member, checked) in checks {
            if let Err(error) = checked {
                note(member, error.to_string());
            }
        }
        if let Some(unknown) = unknown_scope(metadata) {
            let known = Scope::ALL.map(Scope::as_str).join(" ");
            note("scope", format!("has the word {unknown:?}; known are {known}"));
        }
        self.note_addresses(metadata, &mut note);
        faults
    }

    fn note_addresses(&self, metadata: &ClientMetadata, note: &mut dyn FnMut(&str, String)) {
        let is_native = native(metadata).unwrap_or_default();
        if metadata.redirect_uris.is_empty() {
            note("redirect_uris", "must name at least one address".to_owned());
        }
        let lists = [
            ("redirect_uris", &metadata.redirect_uris, is_native),
            ("post_logout_redirect_uris", &metadata.post_logout_redirect_uris, false),
        ];
        for (member, list, is_native) in lists {
            for (at, text) in list.iter().enumerate() {
                if let Err(sentence) = RedirectUri::register(text, is_native, &self.site) {
                    note(&format!("{member}[{at}]"), sentence);
                }
            }
        }
        let single =
            [("initiate_login_uri", &metadata.initiate_login_uri), ("client_uri", &metadata.client_uri)];
        for (member, uri) in single {
            if let Err(error) = self.optional_uri(uri.as_ref()) {
                note(member, error.to_string());
            }
        }
        if let Ok(redirect_uris) = self.redirect_uris(metadata, is_native)
            && let Err(error) = self.frontchannel_logout_uri(metadata, &redirect_uris)
        {
            note("frontchannel_logout_uri", error.to_string());
        }
    }
}

fn unknown_scope(metadata: &ClientMetadata) -> Option<&str> {
    let known = |word: &str| Scope::ALL.iter().any(|scope| scope.as_str() == word);
    metadata.scope.as_deref()?.split_ascii_whitespace().find(|word| !known(word))
}
