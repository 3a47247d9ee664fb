//! Reads a certificate and its key, and says in one sentence what is wrong with them. A fault forbids their use; a flaw is
//! what browsers will refuse, though we could use them (R-TR-01).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::aws_lc_rs::digest::{SHA256, digest};
use rustls::client::danger::ServerCertVerifier as _;
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, InconsistentKeys, RootCertStore};
use zeroize::Zeroizing;

use crate::foundation::Timestamp;

/// A certificate that can be used.
#[derive(Debug)]
pub struct Certificate {
    /// The chain, and what signs for it.
    pub certified: Arc<CertifiedKey>,
}

/// Both files as they stood at one moment.
pub struct Files {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

/// Why a certificate cannot be used: one sentence for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}; {right}", self.finding())]
pub struct Fault {
    setting: &'static str,
    file: String,
    seen: String,
    right: &'static str,
}

/// What browsers will refuse about a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {mend}")]
pub struct Flaw {
    /// What is wrong with it; the sentence begins with "it".
    pub what: String,
    /// What to do about it.
    pub mend: &'static str,
}

/// The end of time, as far as certificates go: 9999-12-31T23:59:59Z (RFC 5280 section 4.1.2.5).
const END_OF_TIME: u64 = 253_402_300_799;

impl Fault {
    /// What is wrong, and with which file.
    pub fn finding(&self) -> String {
        format!("{}: the file {} {}", self.setting, self.file, self.seen)
    }

    /// What to do about it.
    pub fn mend(&self) -> &'static str {
        self.right
    }

    fn certificate(file: &Path, seen: impl Into<String>) -> Self {
        let right = "name a file with the certificate and those that lead to its authority, in PEM";
        Self { setting: "tls.certificate", file: file.display().to_string(), seen: seen.into(), right }
    }

    fn key(file: &Path, seen: impl Into<String>) -> Self {
        let right = "name the file with the private key of the certificate, in PEM without a passphrase";
        Self { setting: "tls.key", file: file.display().to_string(), seen: seen.into(), right }
    }
}

impl Files {
    /// Reads both.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, Fault> {
        let unreadable = |error: std::io::Error| format!("cannot be read ({error})");
        let read = std::fs::read(certificate);
        let chain = read.map_err(|error| Fault::certificate(certificate, unreadable(error)))?;
        let read = std::fs::read(key).map(Zeroizing::new);
        Ok(Self { certificate: chain, key: read.map_err(|error| Fault::key(key, unreadable(error)))? })
    }

    /// Tells this content from any other.
    pub fn digest(&self) -> [u8; 32] {
        let mut both = [0; 64];
        let (first, second) = both.split_at_mut(32);
        first.copy_from_slice(digest(&SHA256, &self.certificate).as_ref());
        second.copy_from_slice(digest(&SHA256, &self.key).as_ref());
        let mut result = [0; 32];
        result.copy_from_slice(digest(&SHA256, &both).as_ref());
        result
    }
}

impl Certificate {
    /// Makes sense of `files`, which stood at these paths.
    pub fn new(files: &Files, certificate: &Path, key: &Path) -> Result<Self, Fault> {
        let chain = CertificateDer::pem_slice_iter(&files.certificate).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|error| Fault::certificate(certificate, format!("is no PEM ({error})")))?;
        let first = chain.first().ok_or_else(|| Fault::certificate(certificate, "holds no certificate"))?;
        ParsedCertificate::try_from(first).map_err(|error| {
            Fault::certificate(
                certificate,
                format!("begins with something else than a certificate ({error})"),
            )
        })?;
        let private = PrivateKeyDer::from_pem_slice(&files.key).map_err(|error| match error {
            pem::Error::NoItemsFound => Fault::key(key, "holds no private key that can be read"),
            other => Fault::key(key, format!("is no PEM ({other})")),
        })?;
        let certified = CertifiedKey::from_der(chain, private, &aws_lc_rs::default_provider());
        let certified = certified.map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                Fault::key(key, format!("is not the key of the certificate in {}", certificate.display()))
            }
            other => Fault::key(key, format!("holds a private key that cannot be used ({other})")),
        })?;
        Ok(Self { certified: Arc::new(certified) })
    }

    /// When it ends.
    pub fn ends(&self) -> Option<Timestamp> {
        match self.verify("", UnixTime::since_unix_epoch(Duration::from_secs(END_OF_TIME))) {
            Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
                Some(Timestamp(0).plus(Duration::from_secs(not_after.as_secs())))
            }
            _ => None,
        }
    }

    /// What browsers will refuse about it at `now`, when they ask for the host `name`.
    pub fn flaws(&self, name: &str, now: Timestamp) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        let mut flaw = |what: String, mend| flaws.push(Flaw { what, mend });
        let seconds = Duration::from_secs(u64::try_from(now.seconds()).unwrap_or(0));
        match self.verify(name, UnixTime::since_unix_epoch(seconds)) {
            Ok(()) => {}
            Err(Error::InvalidCertificate(CertificateError::ExpiredContext { .. })) => {
                flaw("it has expired".to_owned(), "put a new one into the files");
            }
            Err(Error::InvalidCertificate(CertificateError::NotValidYetContext { .. })) => {
                flaw("it is not valid yet".to_owned(), "check this machine's clock, or wait");
            }
            Err(_) if self.certified.cert.len() == 1 => flaw(
                "it stands alone, without the certificates that lead to its authority".to_owned(),
                "use the file with the whole chain, such as fullchain.pem",
            ),
            Err(error) => flaw(
                format!("its chain does not lead to the last certificate in the file ({error})"),
                "put them in order, each followed by the one that signed it",
            ),
        }
        if !self.covers(name) {
            flaw(format!("it is not for {name}"), "use one that names the host of the issuer");
        }
        flaws
    }

    fn covers(&self, name: &str) -> bool {
        let parsed = self.certified.cert.first().and_then(|first| ParsedCertificate::try_from(first).ok());
        let name = ServerName::try_from(name.to_owned()).ok();
        parsed.zip(name).is_some_and(|(parsed, name)| verify_server_name(&parsed, &name).is_ok())
    }

    /// Verifies dates and signatures from the first to the last of the chain, whose authority we do not judge. Dates are
    /// looked at first; the name is none of its business.
    fn verify(&self, name: &str, now: UnixTime) -> Result<(), Error> {
        let unknown = || Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let (first, rest) = self.certified.cert.split_first().ok_or_else(unknown)?;
        let mut roots = RootCertStore::empty();
        roots.add(rest.last().unwrap_or(first).clone())?;
        let provider: Arc<CryptoProvider> = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let verifier = verifier.map_err(|_| unknown())?;
        let name = ServerName::try_from(name.to_owned()).or_else(|_| ServerName::try_from("localhost"));
        let name = name.map_err(|_| unknown())?;
        match verifier.verify_server_cert(first, rest, &name, &[], now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ))
            | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
