//! A person's record as standard claims (OpenID Connect Core section 5.1). What is unknown is absent, never empty.

use serde_json::{Map, Value, json};

use crate::users::User;

/// All standard claims we know of `user`, by name.
pub fn claims(user: &User) -> Map<String, Value> {
    let mut claims = Map::new();
    let profile = &user.profile;
    let mut text = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), json!(value));
        }
    };
    text("preferred_username", Some(user.username.as_str()));
    text("name", full_name(user).as_deref());
    text("given_name", profile.given_name.as_ref().map(|value| value.as_str()));
    text("family_name", profile.family_name.as_ref().map(|value| value.as_str()));
    text("middle_name", profile.middle_name.as_ref().map(|value| value.as_str()));
    text("nickname", profile.nickname.as_ref().map(|value| value.as_str()));
    text("profile", profile.profile.as_ref().map(|value| value.as_str()));
    text("picture", profile.picture.as_ref().map(|value| value.as_str()));
    text("website", profile.website.as_ref().map(|value| value.as_str()));
    text("gender", profile.gender.as_ref().map(|value| value.as_str()));
    text("birthdate", profile.birthdate.as_ref().map(|value| value.as_str()));
    text("zoneinfo", profile.zoneinfo.as_ref().map(|value| value.as_str()));
    text("locale", profile.locale.as_ref().map(|value| value.as_str()));
    claims.insert("updated_at".to_owned(), json!(user.updated_at.seconds()));
    contact(user, &mut claims);
    claims
}

fn contact(user: &User, claims: &mut Map<String, Value>) {
    if let Some(mail) = &user.profile.mail {
        claims.insert("email".to_owned(), json!(mail.address.as_str()));
        claims.insert("email_verified".to_owned(), json!(mail.verified));
    }
    if let Some(phone) = &user.profile.phone {
        claims.insert("phone_number".to_owned(), json!(phone.number.as_str()));
        claims.insert("phone_number_verified".to_owned(), json!(phone.verified));
    }
    if let Some(Value::Object(address)) = user.profile.address.as_ref().map(|address| json!(address))
        && !address.is_empty()
    {
        claims.insert("address".to_owned(), Value::Object(address));
    }
}

/// The name as it is shown: the given one, else first and family name.
pub fn full_name(user: &User) -> Option<String> {
    let profile = &user.profile;
    let parts = [&profile.given_name, &profile.family_name];
    let joined: Vec<_> = parts.into_iter().flatten().map(|part| part.as_str()).collect();
    let whole = profile.name.as_ref().map(|name| name.as_str().to_owned());
    whole.or_else(|| (!joined.is_empty()).then(|| joined.join(" ")))
}
