//! What a password may be, and the one form in which it is hashed (R-PW-05 to R-PW-07; NIST SP 800-63B-4 section 3.1.1.2).

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::block_list;
use super::normal_form::NormalName;
use crate::config::LiveSettings;
use crate::config::policy::Floor;

/// The most characters a password may have.
pub const LONGEST: usize = 256;

/// A password ready to be hashed: made the same way when it is set and when it is checked (R-PW-07).
#[derive(Clone)]
pub struct Prepared(Zeroizing<String>);

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

/// Why a password was not taken. The text is shown to the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer characters than the rules ask for.
    #[error("the password needs at least {0} characters")]
    TooShort(usize),
    /// More than 256 characters.
    #[error("the password may have at most 256 characters")]
    TooLong,
    /// Holds a control character, such as NUL.
    #[error("the password holds a character that cannot be typed")]
    ControlCharacter,
    /// Is one of the most used passwords, or nearly so.
    #[error("this password is one of those that are tried first; choose another")]
    Common,
    /// Is made of the product's, the organisation's or the person's own name.
    #[error("the password must not be your name, your organisation's or the product's")]
    Context,
}

impl Prepared {
    /// Prepares `password` as an OpaqueString (RFC 8265 section 4.2): other spaces become U+0020, then NFC; nothing is
    /// cut or trimmed. Control characters and more than 256 characters are refused before any hashing.
    pub fn new(password: &str) -> Result<Self, WeakPassword> {
        // Four bytes a character, and room for what normalising may shrink.
        if password.len() > LONGEST * 8 {
            return Err(WeakPassword::TooLong);
        }
        if password.chars().any(char::is_control) {
            return Err(WeakPassword::ControlCharacter);
        }
        let mut text = Zeroizing::new(String::with_capacity(password.len() * 3));
        text.extend(password.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).nfc());
        if text.chars().count() > LONGEST {
            return Err(WeakPassword::TooLong);
        }
        Ok(Self(text))
    }

    /// The prepared text, for the one place that hashes it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What a new password must fulfil. No composition rules and no ageing: both make passwords worse (R-PW-05).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordRules {
    /// Fewest characters.
    pub shortest: usize,
    /// Words of the organisation that no password may consist of: its name, its product names.
    pub context: Vec<String>,
}

impl PasswordRules {
    /// Passwords may be shorter where a second factor is asked of everybody (R-PW-05).
    pub fn under(settings: &LiveSettings) -> Self {
        let context = vec![settings.pages.organisation.clone()];
        match settings.policy.lowest_floor() {
            Floor::Password => Self::alone(context),
            _ => Self::with_second_factor(context),
        }
    }

    /// Where a second factor is asked of everybody: 8 characters.
    pub fn with_second_factor(context: Vec<String>) -> Self {
        Self { shortest: 8, context }
    }

    /// Where the password is the only factor: 15 characters.
    pub fn alone(context: Vec<String>) -> Self {
        Self { shortest: 15, context }
    }

    /// Whether a person with these `names` (user name, mail address, own names) may choose `password`.
    pub fn check(&self, password: &Prepared, names: &[&str]) -> Result<(), WeakPassword> {
        let text = password.expose();
        if text.chars().count() < self.shortest {
            return Err(WeakPassword::TooShort(self.shortest));
        }
        let folded =
            Zeroizing::new(NormalName::of(text).map_or_else(String::new, |name| name.as_str().to_owned()));
        if block_list::contains(text) || block_list::contains(&folded) || repeats(&folded) {
            return Err(WeakPassword::Common);
        }
        let own = self.context.iter().map(String::as_str).chain(names.iter().copied());
        if own
            .chain(["keyward", "atlassian", "jira", "confluence", "bitbucket"])
            .any(|word| is_mostly(&folded, word))
        {
            return Err(WeakPassword::Context);
        }
        Ok(())
    }
}

/// One character, or a run such as 12345678 or abcdefgh, over and over.
fn repeats(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let mut steps = codes.iter().zip(codes.iter().skip(1)).map(|(one, next)| next - one);
    match steps.next() {
        Some(first) => first.abs() <= 1 && steps.all(|step| step == first),
        None => true,
    }
}

/// Whether `word` makes up so much of the password that fewer than six other letters or digits remain.
fn is_mostly(password: &str, word: &str) -> bool {
    let Some(word) = NormalName::of(word) else {
        return false;
    };
    let parts = word.as_str().split(['@', '.', ' ', '-', '_']).filter(|part| part.chars().count() >= 4);
    parts.chain([word.as_str()]).any(|part| {
        let rest: String = password.replace(part, "");
        rest.len() < password.len() && rest.chars().filter(|c| c.is_alphanumeric()).count() < 6
    })
}
