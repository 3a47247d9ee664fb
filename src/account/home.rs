//! `/`: who is signed in, the applications, and one button that signs out of all of them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use url::Url;

use super::Accounts;
use crate::claims::standard::full_name;
use crate::clients::Client;
use crate::foundation::ids::ClientId;
use crate::journey::invitation::HOME;
use crate::oidc::logout::end_session;
use crate::oidc::paths;
use crate::pages::Form;
use crate::pages::account_pages::{ApplicationLink, HomePage, Person};
use crate::sessions::Live;
use crate::sessions::cookie::SessionCookie;
use crate::storage::Batch;
use crate::users::User;
use crate::web::{Failure, PagePolicy, Visitor, see_other};

/// More applications than this are not listed.
const MOST: usize = 200;

/// `GET /`.
pub async fn home(State(accounts): State<Arc<Accounts>>, visitor: Visitor) -> Result<Response, Failure> {
    accounts.home(&visitor).await
}

/// `GET /signed-in/{journey}`: a journey that had no other errand ends here.
pub async fn signed_in(
    State(accounts): State<Arc<Accounts>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    if let Some(returned) = accounts.journeys.returned(&visitor, &id, HOME).await? {
        let mut batch = Batch::new();
        accounts.journeys.take(&mut batch, &returned.read);
        accounts.journeys.store.commit(batch).await?;
    }
    see_other("/")
}

impl Accounts {
    async fn home(&self, visitor: &Visitor) -> Result<Response, Failure> {
        let page = match (self.journeys.signed_in(visitor).await?, SessionCookie::read(&visitor.cookies)) {
            (Some(Live { session, user }), Some(cookie)) => HomePage {
                person: Some(person(&user)),
                applications: self
                    .applications(&self.sessions.participants(&session.value.id).await?)
                    .await?,
                form: self.sign_out_form(Some(&cookie)),
                sign_in: "/sign-in".to_owned(),
            },
            _ => HomePage {
                person: None,
                applications: Vec::new(),
                form: self.sign_out_form(None),
                sign_in: "/sign-in".to_owned(),
            },
        };
        Ok(self.web.page(visitor, StatusCode::OK, &page, &PagePolicy::default()))
    }

    fn sign_out_form(&self, cookie: Option<&SessionCookie>) -> Form {
        let action = paths::CONFIRM_SIGN_OUT.to_owned();
        match cookie {
            Some(cookie) => self.web.form(&cookie.secret, end_session::PURPOSE, action),
            None => Form { action, token: String::new() },
        }
    }

    async fn applications(&self, taking_part: &[ClientId]) -> Result<Vec<ApplicationLink>, Failure> {
        let clients = self.clients.list(None, MOST).await?;
        let link = |client: &Client| {
            let url = client.initiate_login_uri.clone().or_else(|| client.client_uri.clone())?;
            let host = Url::parse(&url).ok()?.host_str()?.to_owned();
            let taking_part = taking_part.contains(&client.id);
            Some(ApplicationLink { name: client.name.clone(), url, host, taking_part })
        };
        Ok(clients.iter().filter(|client| client.enabled).filter_map(link).collect())
    }
}

pub(super) fn person(user: &User) -> Person {
    let username = user.username.as_str().to_owned();
    Person {
        name: full_name(user).unwrap_or_else(|| username.clone()),
        username,
        email: user.profile.mail.as_ref().map(|mail| mail.address.as_str().to_owned()),
    }
}
