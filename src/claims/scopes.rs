//! Which claims a scope stands for (OpenID Connect Core section 5.4).

use crate::vocabulary::Scope;

/// The claims of `scope`.
pub fn claims_of(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::Openid => &[],
        Scope::Profile => &[
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
        Scope::Email => &["email", "email_verified"],
        Scope::Address => &["address"],
        Scope::Phone => &["phone_number", "phone_number_verified"],
        Scope::Groups => &["groups"],
    }
}
