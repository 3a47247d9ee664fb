//! Which claims a scope stands for (OpenID Connect Core section 5.4).

use crate::vocabulary::{ClaimsRequest, Scope, Scopes};

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

/// All that a request asks to learn, as scopes: its own, and those that hold a claim it asks for by name.
pub fn asked(scopes: &Scopes, claims: &ClaimsRequest) -> Scopes {
    let named = |scope: &Scope| {
        let names = claims_of(*scope);
        claims.userinfo.iter().chain(&claims.id_token).any(|name| names.contains(&name.as_str()))
    };
    scopes.joined_with(&Scope::ALL.into_iter().filter(named).collect())
}
