//! Reading an authorization request: each check a function, all of them in one list (OpenID Connect Core section 3.1.2.1).

use serde::{Deserialize, Serialize};

use crate::clients::Client;
use crate::foundation::ids::ClientId;
use crate::vocabulary::{ClaimsRequest, CodeChallenge, ErrorCode, Prompt, ResponseMode, Scope, Scopes};
use crate::web::Parameters;

/// Bounds of R-AZ-20, in bytes.
const LONGEST_STATE: usize = 4096;
const LONGEST_NONCE: usize = 512;
const LONGEST_SCOPE: usize = 1024;
const LONGEST_HINT: usize = 256;
const LONGEST_CLAIMS: usize = 4096;
const LONGEST_ACR_VALUES: usize = 1024;
const LONGEST_ID_TOKEN_HINT: usize = 4096;

/// Where answers go: only made once client and redirect URI are known to belong together (R-AZ-01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnAddress {
    /// Whom it answers.
    pub client: ClientId,
    /// The registered redirect URI, to the byte.
    pub redirect_uri: String,
    /// Sent back untouched.
    pub state: Option<String>,
    /// How the answer travels.
    pub response_mode: ResponseMode,
}

/// A request that passed every check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizeRequest {
    /// Where the answer goes.
    pub back: ReturnAddress,
    /// Known scopes, cut to what the client may have.
    pub scopes: Scopes,
    /// Copied into the ID token.
    pub nonce: Option<String>,
    /// To be met by the token request.
    pub challenge: Option<CodeChallenge>,
    /// What the person shall be asked.
    pub prompt: Prompt,
    /// Seconds a proof may be old.
    pub max_age: Option<u64>,
    /// Wished levels, in the client's order; unknown values included, they are ignored later.
    pub acr_values: Vec<String>,
    /// Single claims asked for.
    pub claims: ClaimsRequest,
    /// Prefills the sign-in page, no more (R-AZ-14).
    pub login_hint: Option<String>,
    /// Wished languages.
    pub ui_locales: Option<String>,
    /// An ID token of ours, unverified here. Used where it arrives, and not kept with the journey.
    #[serde(skip)]
    pub id_token_hint: Option<String>,
}

/// Why a request is answered with an error at the client: the code and a description for its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The standard's code.
    pub code: ErrorCode,
    /// For the application's administrator; plain ASCII.
    pub description: &'static str,
}

type Check = fn(&Parameters, &Client) -> Result<(), Fault>;

/// The checks, in the order in which they are made. Client and redirect URI were checked before (`target.rs`).
const CHECKS: [Check; 9] = [
    nothing_repeated,
    sizes,
    no_request_objects,
    response_type,
    response_mode,
    scope_openid,
    prompt_and_max_age,
    proof_key,
    bound_to_browser,
];

fn fault<T>(code: ErrorCode, description: &'static str) -> Result<T, Fault> {
    Err(Fault { code, description })
}

impl AuthorizeRequest {
    /// Reads the request of `client` that will be answered at `back`.
    pub fn read(parameters: &Parameters, client: &Client, back: ReturnAddress) -> Result<Self, Fault> {
        for check in CHECKS {
            check(parameters, client)?;
        }
        let text = |name| one(parameters, name).map(str::to_owned);
        Ok(Self {
            back,
            scopes: Scopes::parse(one(parameters, "scope").unwrap_or_default()).common_with(&client.scopes),
            nonce: text("nonce"),
            challenge: one(parameters, "code_challenge").and_then(CodeChallenge::parse),
            prompt: Prompt::parse(one(parameters, "prompt").unwrap_or_default()).unwrap_or_default(),
            max_age: one(parameters, "max_age").and_then(|seconds| seconds.parse().ok()),
            acr_values: words(one(parameters, "acr_values")),
            claims: claims(parameters)?,
            login_hint: text("login_hint").filter(|hint| hint.len() <= LONGEST_HINT),
            ui_locales: text("ui_locales").filter(|hint| hint.len() <= LONGEST_HINT),
            id_token_hint: text("id_token_hint"),
        })
    }
}

/// RFC 6749 section 3.1, R-AZ-08: no parameter twice, known or not.
fn nothing_repeated(parameters: &Parameters, _: &Client) -> Result<(), Fault> {
    if parameters.repeated().is_some() {
        fault(ErrorCode::InvalidRequest, "a parameter is repeated")
    } else {
        Ok(())
    }
}

fn sizes(parameters: &Parameters, _: &Client) -> Result<(), Fault> {
    let bounds = [
        ("state", LONGEST_STATE),
        ("nonce", LONGEST_NONCE),
        ("scope", LONGEST_SCOPE),
        ("claims", LONGEST_CLAIMS),
        ("acr_values", LONGEST_ACR_VALUES),
        ("id_token_hint", LONGEST_ID_TOKEN_HINT),
    ];
    let too_long =
        |(name, most): &(&str, usize)| one(parameters, name).is_some_and(|value| value.len() > *most);
    if bounds.iter().any(too_long) {
        fault(ErrorCode::InvalidRequest, "a parameter is too long")
    } else {
        Ok(())
    }
}

/// OpenID Connect Core section 6: not offered, and never ignored silently (R-AZ-15).
fn no_request_objects(parameters: &Parameters, _: &Client) -> Result<(), Fault> {
    if one(parameters, "request").is_some() {
        return fault(ErrorCode::RequestNotSupported, "request objects are not supported");
    }
    if one(parameters, "request_uri").is_some() {
        return fault(ErrorCode::RequestUriNotSupported, "request_uri is not supported");
    }
    Ok(())
}

fn response_type(parameters: &Parameters, _: &Client) -> Result<(), Fault> {
    match one(parameters, "response_type") {
        Some("code") => Ok(()),
        Some(_) => fault(ErrorCode::UnsupportedResponseType, "only response_type=code is supported"),
        None => fault(ErrorCode::InvalidRequest, "response_type is missing"),
    }
}

fn response_mode(parameters: &Parameters, client: &Client) -> Result<(), Fault> {
    let Some(given) = one(parameters, "response_mode") else {
        return Ok(());
    };
    match ResponseMode::parse(given) {
        Some(mode) if client.response_modes.contains(&mode) => Ok(()),
        _ => fault(ErrorCode::InvalidRequest, "this response_mode is not allowed for this client"),
    }
}

fn scope_openid(parameters: &Parameters, _: &Client) -> Result<(), Fault> {
    let scopes = Scopes::parse(one(parameters, "scope").unwrap_or_default());
    if scopes.contains(Scope::Openid) {
        Ok(())
    } else {
        fault(ErrorCode::InvalidScope, "the scope openid is missing")
    }
}

fn prompt_and_max_age(parameters: &Parameters, _: &Client) -> Result<(), Fault> {
    if Prompt::parse(one(parameters, "prompt").unwrap_or_default()).is_none() {
        return fault(ErrorCode::InvalidRequest, "prompt=none cannot stand beside another value");
    }
    // A wish for a fresher sign-in that cannot be read must not be dropped (R-CO-05); a year is the longest that makes sense.
    match one(parameters, "max_age").map(str::parse::<u64>) {
        Some(Err(_)) => fault(ErrorCode::InvalidRequest, "max_age must be a whole number of seconds"),
        _ => Ok(()),
    }
}

/// RFC 7636; `plain`, also by leaving the method out, is refused (R-AZ-07).
fn proof_key(parameters: &Parameters, client: &Client) -> Result<(), Fault> {
    match (one(parameters, "code_challenge"), one(parameters, "code_challenge_method")) {
        (None, None) if client.pkce_required => {
            fault(ErrorCode::InvalidRequest, "code_challenge is required (S256)")
        }
        (None, None) => Ok(()),
        (Some(challenge), Some("S256")) if CodeChallenge::parse(challenge).is_some() => Ok(()),
        (Some(_), Some("S256")) => {
            fault(ErrorCode::InvalidRequest, "code_challenge must be 43 base64url characters")
        }
        _ => fault(ErrorCode::InvalidRequest, "code_challenge_method must be S256"),
    }
}

/// A code must be bound to the browser by a challenge or a nonce, but for clients switched to *unbound* (R-AZ-07).
fn bound_to_browser(parameters: &Parameters, client: &Client) -> Result<(), Fault> {
    let bound = one(parameters, "code_challenge").is_some() || one(parameters, "nonce").is_some();
    if bound || client.unbound {
        return Ok(());
    }
    fault(ErrorCode::InvalidRequest, "send code_challenge (S256) or a nonce")
}

fn claims(parameters: &Parameters) -> Result<ClaimsRequest, Fault> {
    let Some(text) = one(parameters, "claims") else {
        return Ok(ClaimsRequest::default());
    };
    ClaimsRequest::parse(text).ok_or(Fault {
        code: ErrorCode::InvalidRequest,
        description: "claims is not the JSON object that is expected",
    })
}

/// One parameter; that none is repeated was checked first.
pub(super) fn one<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    parameters.get(name).ok().flatten()
}

fn words(list: Option<&str>) -> Vec<String> {
    list.unwrap_or_default().split(' ').filter(|word| !word.is_empty()).take(16).map(str::to_owned).collect()
}
