//! Another password: by a journey in which the present one and the strongest factor are proved (R-PW-08).

use axum::response::Response;

use super::Accounts;
use super::portal::{FRESH, Section};
use crate::journey::Demands;
use crate::web::{Failure, Visitor};

impl Accounts {
    /// `GET /account/password`.
    pub(super) async fn change_password(&self, visitor: Visitor) -> Result<Response, Failure> {
        let demands = Demands {
            fresh_login: true,
            new_password: true,
            strongest_within: Some(FRESH),
            ..Demands::default()
        };
        let beginning = self.journeys.consider(&visitor, demands, Section::Overview.errand()?).await?;
        self.journeys.begin(&visitor, beginning).await
    }
}
