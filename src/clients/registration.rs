//! From client metadata to a client: every check in one list, the first fault named.

use super::{Client, Clients, Preset, RedirectUri, StoredSecret};
use crate::foundation::ids::ClientId;
use crate::foundation::secret::{ClientSecret, Hashed, Hidden, Plain};
use crate::storage::{Batch, StorageError};
use crate::vocabulary::client_metadata::ClientAuthentication;
use crate::vocabulary::{ClientMetadata, ErrorCode, ResponseMode, Scope, Scopes};

/// Why a client could not be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// The metadata is at fault: the standard's code and a sentence (Dynamic Client Registration section 3.3).
    #[error("{sentence}")]
    Metadata {
        /// `invalid_redirect_uri` or `invalid_client_metadata`.
        code: ErrorCode,
        /// What is wrong and what would be right.
        sentence: String,
    },
    /// A client with this id stands already.
    #[error("a client with the id {0:?} is registered already")]
    Taken(String),
    /// A condition of the caller did not hold. Nothing was written.
    #[error("it was changed by somebody else at the same moment; try again")]
    Conflict,
    /// The store did not take it.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A client and, while it is new, the secret that is shown this once.
#[derive(Debug)]
pub struct Registered {
    /// As it is remembered.
    pub client: Client,
    /// `None` for a public client.
    pub secret: Option<Hidden>,
}

fn refuse<T>(sentence: impl Into<String>) -> Result<T, RegistrationError> {
    Err(RegistrationError::Metadata { code: ErrorCode::InvalidClientMetadata, sentence: sentence.into() })
}

fn metadata_fault(sentence: String) -> RegistrationError {
    RegistrationError::Metadata { code: ErrorCode::InvalidClientMetadata, sentence }
}

impl Clients {
    /// The client of the application of `preset` at `base_url`, not yet remembered.
    pub fn prepare_preset(&self, preset: Preset, base_url: &str) -> Result<Registered, RegistrationError> {
        let metadata = preset.metadata(base_url, &self.site).map_err(metadata_fault)?;
        self.prepare(metadata, Some(preset))
    }

    /// A client made of its metadata, not yet remembered; `preset` names the application it stands for, if it is one we
    /// know.
    pub fn prepare(
        &self,
        metadata: ClientMetadata,
        preset: Option<Preset>,
    ) -> Result<Registered, RegistrationError> {
        let authentication = authentication(&metadata)?;
        let secret = self.secret(&metadata, &authentication)?;
        let client = self.client(&metadata, preset, authentication, secret.as_ref())?;
        Ok(Registered { client, secret })
    }

    /// Prepares and remembers a client.
    pub async fn register(
        &self,
        metadata: ClientMetadata,
        preset: Option<Preset>,
    ) -> Result<Registered, RegistrationError> {
        let prepared = self.prepare(metadata, preset)?;
        self.insert(&prepared.client, Batch::new()).await?;
        Ok(prepared)
    }

    fn client(
        &self,
        metadata: &ClientMetadata,
        preset: Option<Preset>,
        authentication: Vec<ClientAuthentication>,
        secret: Option<&Hidden>,
    ) -> Result<Client, RegistrationError> {
        check_flow(metadata)?;
        let native = native(metadata)?;
        let public = secret.is_none();
        if metadata.unbound && public {
            return refuse("unbound is for confidential clients only: give the client a secret, or use PKCE");
        }
        let id = self.id(metadata)?;
        let redirect_uris = self.redirect_uris(metadata, native)?;
        Ok(Client {
            name: metadata.client_name.clone().unwrap_or_else(|| id.to_string()),
            id,
            preset,
            enabled: true,
            secrets: secret.map(stored).into_iter().collect(),
            authentication,
            post_logout_redirect_uris: self.uris(&metadata.post_logout_redirect_uris)?,
            frontchannel_logout_uri: self.frontchannel_logout_uri(metadata, &redirect_uris)?,
            initiate_login_uri: self.optional_uri(metadata.initiate_login_uri.as_ref())?,
            client_uri: self.optional_uri(metadata.client_uri.as_ref())?,
            redirect_uris,
            signing_algorithm: metadata.id_token_signed_response_alg.unwrap_or_default(),
            scopes: metadata.scope.as_deref().map_or_else(|| Scope::ALL.into_iter().collect(), Scopes::parse),
            response_modes: response_modes(metadata),
            unbound: metadata.unbound,
            pkce_required: public,
            consent_skipped: metadata.consent_skipped,
            logout_aliases: true,
            empty_groups_allowed: false,
            allowed_groups: None,
            native,
            contacts: metadata.contacts.clone(),
            created_at: self.clock.now(),
        })
    }

    pub(super) fn id(&self, metadata: &ClientMetadata) -> Result<ClientId, RegistrationError> {
        let Some(given) = &metadata.client_id else {
            return Ok(ClientId::generate(self.random.as_ref()));
        };
        let well_formed = (1..=64).contains(&given.len()) && given.bytes().all(|b| b.is_ascii_alphanumeric());
        if well_formed {
            Ok(ClientId::from_text(given))
        } else {
            refuse("client_id must be 1 to 64 letters and digits")
        }
    }

    fn secret(
        &self,
        metadata: &ClientMetadata,
        authentication: &[ClientAuthentication],
    ) -> Result<Option<Hidden>, RegistrationError> {
        let public = authentication == [ClientAuthentication::None];
        match &metadata.client_secret {
            Some(_) if public => {
                refuse("a public client (token_endpoint_auth_method none) has no client_secret")
            }
            Some(given) if given.len() < 43 || !given.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                refuse("client_secret must be 43 or more letters and digits; leave it out and we make one")
            }
            Some(given) => Ok(Some(Hidden::new(given))),
            None if public => Ok(None),
            None => {
                let made = Plain::<ClientSecret>::generate(self.random.as_ref());
                Ok(Some(Hidden::new(made.expose())))
            }
        }
    }

    pub(super) fn redirect_uris(
        &self,
        metadata: &ClientMetadata,
        native: bool,
    ) -> Result<Vec<RedirectUri>, RegistrationError> {
        let fault = |sentence| RegistrationError::Metadata { code: ErrorCode::InvalidRedirectUri, sentence };
        if metadata.redirect_uris.is_empty() {
            return Err(fault("redirect_uris must name at least one address".to_owned()));
        }
        let register = |text: &String| RedirectUri::register(text, native, &self.site).map_err(fault);
        metadata.redirect_uris.iter().map(register).collect()
    }

    fn uris(&self, texts: &[String]) -> Result<Vec<String>, RegistrationError> {
        texts.iter().map(|text| self.uri(text)).collect()
    }

    pub(super) fn optional_uri(&self, text: Option<&String>) -> Result<Option<String>, RegistrationError> {
        text.map(|text| self.uri(text)).transpose()
    }

    fn uri(&self, text: &str) -> Result<String, RegistrationError> {
        RedirectUri::register(text, false, &self.site)
            .map(|uri| uri.as_str().to_owned())
            .map_err(metadata_fault)
    }

    /// It must share scheme, host and port with a redirect URI (R-LO-09, Front-Channel Logout section 2).
    pub(super) fn frontchannel_logout_uri(
        &self,
        metadata: &ClientMetadata,
        redirect_uris: &[RedirectUri],
    ) -> Result<Option<String>, RegistrationError> {
        let Some(text) = &metadata.frontchannel_logout_uri else {
            return Ok(None);
        };
        let text = self.uri(text)?;
        let origin = |uri: &str| url::Url::parse(uri).map(|uri| uri.origin()).ok();
        if !redirect_uris.iter().any(|uri| origin(uri.as_str()) == origin(&text)) {
            return refuse(
                "frontchannel_logout_uri must have scheme, host and port of one of the redirect_uris",
            );
        }
        Ok(Some(text))
    }
}

fn stored(secret: &Hidden) -> StoredSecret {
    StoredSecret { hash: Hashed::of(secret.expose()), expires: None }
}

pub(super) fn authentication(
    metadata: &ClientMetadata,
) -> Result<Vec<ClientAuthentication>, RegistrationError> {
    let mut methods = metadata.token_endpoint_auth_methods.clone();
    methods.extend(metadata.token_endpoint_auth_method);
    methods.sort();
    methods.dedup();
    if methods.is_empty() {
        methods.push(ClientAuthentication::ClientSecretBasic);
    }
    if methods.len() > 1 && methods.contains(&ClientAuthentication::None) {
        return refuse("token_endpoint_auth_method none cannot stand beside a method with a secret");
    }
    Ok(methods)
}

pub(super) fn check_flow(metadata: &ClientMetadata) -> Result<(), RegistrationError> {
    if metadata.response_types.iter().any(|given| given != "code") {
        return refuse("response_types: only \"code\" is offered");
    }
    if metadata.grant_types.iter().any(|given| given != "authorization_code") {
        return refuse("grant_types: only \"authorization_code\" is offered");
    }
    let name = metadata.client_name.as_deref().unwrap_or("-");
    if name.trim().is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return refuse("client_name must be 1 to 100 characters without control characters");
    }
    Ok(())
}

pub(super) fn native(metadata: &ClientMetadata) -> Result<bool, RegistrationError> {
    match metadata.application_type.as_deref() {
        None | Some("web") => Ok(false),
        Some("native") => Ok(true),
        Some(_) => refuse("application_type must be \"web\" or \"native\""),
    }
}

fn response_modes(metadata: &ClientMetadata) -> Vec<ResponseMode> {
    if metadata.response_modes.is_empty() {
        ResponseMode::ALL.to_vec()
    } else {
        metadata.response_modes.clone()
    }
}
