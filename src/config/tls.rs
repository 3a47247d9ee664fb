//! `[tls]`: the certificate with which we encrypt ourselves (R-TR-01). Without one, connections are plain: on loopback, or
//! behind declared proxies that encrypt.

use std::path::PathBuf;

use super::reader::Section;
use super::site::Site;
use super::wrong::WrongSetting;

/// The section `[tls]`. Both files or none; they are read again when they change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// The certificate, followed by those that lead to its authority, in PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key, in PEM (PKCS#8, PKCS#1 or SEC1), without a passphrase.
    pub key: Option<PathBuf>,
}

impl Tls {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        Ok(Self { certificate: section.path("certificate")?, key: section.path("key")? })
    }

    /// Whether we encrypt ourselves.
    pub fn is_on(&self) -> bool {
        self.certificate.is_some() && self.key.is_some()
    }

    /// Both or none; none in loopback mode.
    pub fn validate(&self, site: &Site) -> Result<(), WrongSetting> {
        let wrong = |key, seen: &str, right: &str| Err(WrongSetting::new(key, seen, right));
        match (&self.certificate, &self.key) {
            (None, None) => Ok(()),
            (Some(_), Some(_)) if site.is_loopback() => wrong(
                "tls.certificate",
                &format!("is set while the issuer is {}", site.issuer()),
                "set issuer to the https address that the certificate is for, or remove the section [tls]",
            ),
            (Some(_), Some(_)) => Ok(()),
            (Some(_), None) => {
                wrong("tls.key", "is missing", "name the file with the certificate's private key")
            }
            (None, Some(_)) => {
                wrong("tls.certificate", "is missing", "name the file with the certificate of tls.key")
            }
        }
    }
}
