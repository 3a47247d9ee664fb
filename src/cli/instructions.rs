//! What to enter in an application, in words for administrators who never met single sign-on. What the applications call
//! their fields and pages is in the one table at the end.

use crate::clients::Preset;
use crate::commands::Handed;
use crate::commands::client::add::Added;
use crate::config::Site;

/// The values and steps for an application of `preset` at `base_url`.
pub fn of_preset(preset: Preset, base_url: &str, site: &Site, added: &Added) -> String {
    let base = base_url.trim_end_matches('/');
    let mut text = format!("{} at {base} may now sign people in through Keyward.\n\n", preset.title());
    text.push_str(&open_the_page(preset, base));
    text.push_str(&enter(preset, site, added));
    text.push_str(&provision());
    text.push_str(&try_it(preset, base));
    text.push_str(&emergency(preset, base));
    text
}

fn open_the_page(preset: Preset, base: &str) -> String {
    format!(
        "1. Sign in to {base} as an administrator and open\n     {}\n   Press \"Add configuration\", and choose \"OpenID Connect single sign-on\".\n   \
         The application's own base address must be exactly {base}, or it will send people to a wrong place.\n\n",
        menu(preset)
    )
}

fn enter(preset: Preset, site: &Site, added: &Added) -> String {
    let customers = match preset {
        Preset::JsmDc => "     Include customer logins   on (this entry is for the customer portal)\n",
        _ => "",
    };
    format!(
        "2. Enter these values. The secret is shown this once; Keyward keeps only a hash of it.\n\n     \
         Name                      Keyward\n     \
         Issuer URL                {issuer}\n     \
         Client ID                 {id}\n     \
         Client secret             {secret}\n     \
         Username mapping          ${{preferred_username}}\n     \
         Additional scopes         profile email\n     \
         Fill in automatically     on (if the application cannot reach Keyward, enter the three endpoints:\n                               \
         {authorize}\n                               {token}\n                               {userinfo})\n     \
         Remember user logins      off (a remembered login would outlive Keyward's)\n{customers}\n   \
         The issuer has no slash at its end. The username mapping has its dollar sign and braces.\n\n",
        issuer = added.issuer,
        id = added.client_id,
        secret = added.client_secret.as_ref().map(Handed::expose).unwrap_or_default(),
        authorize = site.url(crate::oidc::paths::AUTHORIZE),
        token = site.url(crate::oidc::paths::TOKEN),
        userinfo = site.url(crate::oidc::paths::USERINFO),
    )
}

fn provision() -> String {
    "3. If the application shall create and update its users by itself, switch on \"Create users on login to the application\":\n\n     \
     Display name              ${name}\n     \
     Email                     ${email}\n     \
     Groups                    groups (a claim's name: no dollar sign, no braces)\n     \
     Additional JIT scopes     profile email groups\n\n   \
     It then makes each person's groups equal to those in Keyward: memberships given by hand are removed.\n   \
     Otherwise each person must exist in the application under the same user name.\n\n"
        .to_owned()
}

fn try_it(preset: Preset, base: &str) -> String {
    format!(
        "4. Save. Leave the application's own login form visible for now, open {base} in a private window, and sign in\n   \
         through Keyward. Only when that works, make Keyward the primary way to log in. Logging out of {} does not sign\n   \
         out of Keyward: people sign out of everything at Keyward's own page.\n\n",
        preset.title()
    )
}

fn emergency(preset: Preset, base: &str) -> String {
    let address = match preset.fallback_path() {
        Some(path) => format!("{base}{path}"),
        None => format!("{base}/login?auth_fallback (not proven for {}: try it now)", preset.title()),
    };
    format!(
        "5. Before you rely on it, switch on the emergency entrance, which is off by default. It lets administrators in by\n   \
         password while Keyward is down. As an administrator of the application:\n\n     \
         curl -u ADMIN -X PATCH -H 'Content-Type: application/json' \\\n       \
         -d '{{\"enable-authentication-fallback\": true}}' {base}/rest/authconfig/1.0/sso\n\n   \
         The entrance is then {address}\n"
    )
}

/// The values for any other application.
pub fn of_metadata(added: &Added) -> String {
    let Added { name, issuer, client_id, scopes, .. } = added;
    let secret = added.client_secret.as_ref().map_or("(none: a public client)", Handed::expose);
    let redirects = added.redirect_uris.join("\n                  ");
    format!(
        "{name} may now sign people in through Keyward. Enter there:\n\n  \
         Issuer          {issuer}\n  Client ID       {client_id}\n  Client secret   {secret}\n  Redirect URI    {redirects}\n  \
         Scopes          {scopes}\n\nThe secret is shown this once; Keyward keeps only a hash of it.\n",
    )
}

/// The page "Authentication methods" in each product's menus.
fn menu(preset: Preset) -> &'static str {
    match preset {
        Preset::JiraDc | Preset::JsmDc => "Administration (cog) > System > Authentication methods",
        Preset::ConfluenceDc => "Administration (cog) > General configuration > Authentication methods",
        Preset::BitbucketDc => "Administration (cog) > Accounts > Authentication methods",
        Preset::BambooDc => "Administration (cog) > Security > Authentication methods",
    }
}
