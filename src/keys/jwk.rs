//! Public keys as JSON Web Keys (RFC 7517): whole members listed by hand, so that no private one can slip in (R-UI-06).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::traits::PublicKeyParts as _;
use serde::Serialize;

use super::KeyError;
use crate::vocabulary::client_metadata::SigningAlgorithm;

/// The public half of a signing key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwk {
    /// Names the key: its thumbprint (RFC 7638).
    pub kid: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub usage: &'static str,
    /// The one algorithm it signs with.
    pub alg: SigningAlgorithm,
    /// The key itself.
    #[serde(flatten)]
    pub material: Material,
}

/// The members that depend on the key's type (RFC 7518 section 6), in the order their thumbprint wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kty")]
pub enum Material {
    /// An elliptic-curve key.
    #[serde(rename = "EC")]
    EllipticCurve {
        /// Always `P-256`.
        crv: &'static str,
        /// The point's first coordinate, base64url.
        x: String,
        /// The point's second coordinate, base64url.
        y: String,
    },
    /// An RSA key.
    #[serde(rename = "RSA")]
    Rsa {
        /// The modulus, base64url.
        n: String,
        /// The exponent, base64url.
        e: String,
    },
}

impl Jwk {
    /// From the public part of an RSA key (PKCS#1 DER); shorter than 2048 bits is refused.
    pub fn rsa(pkcs1: &[u8]) -> Result<Self, KeyError> {
        let unusable = |error: rsa::pkcs1::Error| KeyError::Unusable(error.to_string());
        let key = rsa::RsaPublicKey::from_pkcs1_der(pkcs1).map_err(unusable)?;
        if key.size() < 256 {
            return Err(KeyError::Unusable("is shorter than 2048 bits".to_owned()));
        }
        let encode = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        Ok(Self::named(SigningAlgorithm::RS256, Material::Rsa { n: encode(key.n()), e: encode(key.e()) }))
    }

    /// From the public part of a P-256 key (uncompressed point, SEC 1 section 2.3.3).
    pub fn elliptic_curve(point: &[u8]) -> Result<Self, KeyError> {
        let coordinates = point.strip_prefix(&[4]).filter(|rest| rest.len() == 64);
        let (x, y) = coordinates
            .and_then(|rest| rest.split_at_checked(32))
            .ok_or_else(|| KeyError::Unusable("is not a point of P-256".to_owned()))?;
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let material = Material::EllipticCurve { crv: "P-256", x: encode(x), y: encode(y) };
        Ok(Self::named(SigningAlgorithm::ES256, material))
    }

    fn named(alg: SigningAlgorithm, material: Material) -> Self {
        let members = match &material {
            Material::EllipticCurve { crv, x, y } => {
                format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            Material::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        };
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()));
        Self { kid, usage: "sig", alg, material }
    }
}
