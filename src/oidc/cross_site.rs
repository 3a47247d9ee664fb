//! A form that another site's page posts to an endpoint for people arrives without our cookies, which are
//! `SameSite=Lax`. It is asked again as a navigation, which brings them, before anybody is taken for a stranger.

use axum::http::StatusCode;
use axum::response::Response;
use url::Url;

use super::Oidc;
use crate::pages::hand_over_pages::{Field, FormPostPage};
use crate::web::extract::MOST_QUERY;
use crate::web::{Failure, PagePolicy, Parameters, Visitor, csrf, see_other};

impl Oidc {
    /// How to ask again for `path` with the same parameters; `None` where no other site's page sent the form, as far as
    /// the browser says. By a redirect where the parameters fit a query, else by a form of our own page.
    pub(super) fn asked_again(
        &self,
        visitor: &Visitor,
        path: &str,
        parameters: &Parameters,
    ) -> Result<Option<Response>, Failure> {
        if !csrf::comes_from_elsewhere(&visitor.headers) {
            return Ok(None);
        }
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters.iter()).finish();
        if query.len() <= MOST_QUERY {
            return see_other(&format!("{path}?{query}")).map(Some);
        }
        let target = Url::parse(&self.site.url(path)).map_err(Failure::internal)?;
        let field = |(name, value): (&str, &str)| Field { name: name.to_owned(), value: value.to_owned() };
        let page = FormPostPage {
            target: target.to_string(),
            fields: parameters.iter().map(field).collect(),
            application: None,
        };
        let policy = PagePolicy::default().with_form_target(&target);
        Ok(Some(self.web.page(visitor, StatusCode::OK, &page, &policy)))
    }
}
