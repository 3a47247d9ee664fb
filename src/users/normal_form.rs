//! The one normal form of names, and what they look like (R-ID-03).

use unicode_normalization::UnicodeNormalization as _;

/// The longest text a login field may hold, in bytes. Longer ones name nobody.
pub const LONGEST: usize = 512;

/// A name or mail address in its normal form: NFKC and case folding until nothing changes (Unicode Standard section 3.13),
/// with surrounding white space removed. Two spellings with one normal form are one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NormalName(String);

impl NormalName {
    /// The normal form of `text`; `None` where it is empty or too long to be anybody's.
    pub fn of(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let normal = fold(text.trim());
        let normal = normal.trim();
        (!normal.is_empty() && normal.len() <= LONGEST).then(|| Self(normal.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it looks like: the confusable skeleton (Unicode Technical Standard 39 section 4), again in normal form.
    /// Names with one skeleton cannot be told apart by eye. Only for comparing, never shown.
    pub fn skeleton(&self) -> String {
        let once = fold(&unicode_security::skeleton(&self.0).collect::<String>());
        fold(&unicode_security::skeleton(&once).collect::<String>())
    }
}

/// NFKC and case folding, to a fixed point: one round is not enough for some characters.
fn fold(text: &str) -> String {
    let round =
        |text: &str| caseless::default_case_fold_str(&text.nfkc().collect::<String>()).nfkc().collect();
    let mut folded: String = round(text);
    for _ in 0..4 {
        let again: String = round(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}
