//! `keyward doctor` on the certificate with which we encrypt ourselves: the files as they stand now.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::certificate::{Certificate, Fault, Files};
use crate::commands::doctor::{Check, Finding};
use crate::config::{Site, tls};
use crate::foundation::Clock;

/// So long before its end it should be renewed.
const BEFORE_END: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The check.
#[derive(Debug)]
pub struct CertificateCheck {
    /// Which files.
    pub tls: tls::Tls,
    /// For which host.
    pub site: Arc<Site>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Check for CertificateCheck {
    fn name(&self) -> &'static str {
        "certificate"
    }

    async fn look(&self) -> Finding {
        self.judge().unwrap_or_else(|fault| Finding::wrong(fault.finding(), fault.mend()))
    }
}

impl CertificateCheck {
    fn judge(&self) -> Result<Finding, Fault> {
        let Some((certificate, key)) = self.tls.certificate.as_ref().zip(self.tls.key.as_ref()) else {
            let why =
                "Keyward does not encrypt by itself; a proxy's certificate is judged with the base address";
            return Ok(Finding::Skipped(why.to_owned()));
        };
        let files = Files::read(certificate, key)?;
        let found = Certificate::new(&files, certificate, key)?;
        let (file, now) = (certificate.display(), self.clock.now());
        if let Some(flaw) = found.flaws(self.site.host_name(), now).first() {
            return Ok(Finding::wrong(
                format!("browsers will refuse the one in {file}: {}", flaw.what),
                flaw.mend,
            ));
        }
        let Some(end) = found.ends() else {
            return Ok(Finding::Well(format!("{file} is for {}", self.site.host_name())));
        };
        if end < now.plus(BEFORE_END) {
            let days = end.since(now).as_secs() / 86_400;
            let what = format!("the one in {file} ends on {}, in {days} days", end.day());
            return Ok(Finding::warning(what, "renew it; new files are taken without a restart"));
        }
        Ok(Finding::Well(format!(
            "{file} is for {}, whole, and good until {}",
            self.site.host_name(),
            end.day()
        )))
    }
}
