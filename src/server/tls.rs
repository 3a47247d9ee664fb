//! Encryption by ourselves: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1, with a certificate that is read again when its files
//! change (R-TR-01). A new one that cannot be used, or that browsers would refuse while they accept the old, is not taken.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{Error, ServerConfig};

use crate::config::{Site, tls};
use crate::foundation::Clock;
use crate::telemetry::metrics;

use super::certificate::{Certificate, Fault, Files};

/// The certificate in use, and where it comes from.
#[derive(Debug)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    host: String,
    clock: Arc<dyn Clock>,
    used: Arc<Used>,
    /// What the files held when they were last looked at, or why that failed.
    seen: Mutex<Result<[u8; 32], Fault>>,
}

/// Why encryption cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum CannotEncrypt {
    /// The certificate cannot be used.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The TLS library refuses.
    #[error("encryption cannot be set up: {0}")]
    Library(#[from] Error),
}

#[derive(Debug)]
struct Used(RwLock<Certificate>);

impl Tls {
    /// Reads the certificate that `settings` name, to be known as `site`; `None` where none is named.
    pub fn start(
        settings: &tls::Tls,
        site: &Site,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Arc<Self>>, CannotEncrypt> {
        let Some((certificate, key)) = settings.certificate.clone().zip(settings.key.clone()) else {
            return Ok(None);
        };
        let files = Files::read(&certificate, &key)?;
        let first = Certificate::new(&files, &certificate, &key)?;
        let host = site.host_name().to_owned();
        for flaw in first.flaws(&host, clock.now()) {
            tracing::warn!("browsers will refuse the certificate: {flaw}");
        }
        note_end(&first);
        let used = Arc::new(Used(RwLock::new(first)));
        let seen = Mutex::new(Ok(files.digest()));
        Ok(Some(Arc::new(Self { certificate, key, host, clock, used, seen })))
    }

    /// How connections are accepted: with the certificate in use at that moment.
    pub fn configuration(&self) -> Result<Arc<ServerConfig>, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let used: Arc<dyn ResolvesServerCert> = self.used.clone();
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(used);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Reads the files again, and takes what they hold if it is new and no worse. What is wrong is said once.
    pub fn look(&self) {
        let files = Files::read(&self.certificate, &self.key);
        let now = files.as_ref().map(Files::digest).map_err(Clone::clone);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == now {
            return;
        }
        *seen = now;
        match files.and_then(|files| Certificate::new(&files, &self.certificate, &self.key)) {
            Ok(new) => self.consider(new),
            Err(fault) => tracing::warn!("the new certificate is not used, the old one stays: {fault}"),
        }
    }

    fn consider(&self, new: Certificate) {
        let mut used = self.used.0.write().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let flaws = new.flaws(&self.host, now);
        if let Some(flaw) = flaws.first()
            && used.flaws(&self.host, now).is_empty()
        {
            tracing::warn!("the new certificate is not used, the old one stays: {flaw}");
            return;
        }
        for flaw in flaws {
            tracing::warn!("browsers will refuse the certificate: {flaw}");
        }
        note_end(&new);
        *used = new;
        tracing::info!(certificate = %self.certificate.display(), "a new certificate is in use");
    }
}

fn note_end(certificate: &Certificate) {
    if let Some(end) = certificate.ends() {
        metrics::certificate_ends(end);
    }
}

impl ResolvesServerCert for Used {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).certified))
    }
}
