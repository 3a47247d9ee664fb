//! A certificate authority for tests: a root, an authority between, and certificates of any kind.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyward::foundation::Timestamp;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    SanType,
};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use time::OffsetDateTime;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The authority.
pub struct Authority {
    root: Certificate,
    between: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// Until when a certificate is good.
#[derive(Debug, Clone, Copy)]
pub struct Days {
    pub from: i64,
    pub to: i64,
}

/// A month around now, as certificates of tests should have.
pub const GOOD: Days = Days { from: -1, to: 30 };

fn authority(name: &str) -> (CertificateParams, KeyPair) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    (params, KeyPair::generate().unwrap())
}

/// Names and days of a certificate; days count from `now`.
pub fn params(name: &str, days: Days, now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.subject_alt_names = vec![match name.parse::<IpAddr>() {
        Ok(address) => SanType::IpAddress(address),
        Err(_) => SanType::DnsName(name.try_into().unwrap()),
    }];
    let now = OffsetDateTime::from_unix_timestamp(now.seconds()).unwrap();
    params.not_before = now + time::Duration::days(days.from);
    params.not_after = now + time::Duration::days(days.to);
    params
}

impl Authority {
    pub fn new() -> Self {
        let (root_params, root_key) = authority("root of the tests");
        let root = root_params.self_signed(&root_key).unwrap();
        let (params, key) = authority("authority of the tests");
        let between = params.signed_by(&key, &Issuer::new(root_params, root_key)).unwrap();
        Self { root, between, issuer: Issuer::new(params, key) }
    }

    /// A certificate for `name`, followed by the authority's, and its key.
    pub fn issue(&self, name: &str, days: Days, now: Timestamp) -> (String, KeyPair) {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        (self.sign(params(name, days, now), &key), key)
    }

    /// The same for a key of the caller's own.
    pub fn sign(&self, params: CertificateParams, key: &KeyPair) -> String {
        let leaf = params.signed_by(key, &self.issuer).unwrap();
        format!("{}{}", leaf.pem(), self.between.pem())
    }

    /// The root's certificate alone.
    pub fn root(&self) -> String {
        self.root.pem()
    }

    /// The authority's certificate alone.
    pub fn between(&self) -> String {
        self.between.pem()
    }

    /// A client that trusts the root and speaks these protocols.
    pub fn client(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&str],
    ) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Arc::new(config)
    }
}

/// The pair of files of a certificate.
#[derive(Debug, Clone)]
pub struct Pair {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Pair {
    /// `fullchain.pem` and `privkey.pem` in `folder`.
    pub fn write(folder: &Path, chain: &str, key: &str) -> Self {
        let pair = Self { certificate: folder.join("fullchain.pem"), key: folder.join("privkey.pem") };
        std::fs::write(&pair.certificate, chain).unwrap();
        std::fs::write(&pair.key, key).unwrap();
        pair
    }
}

/// Opens an encrypted connection to `to`, which is asked for as `name`, from the address `from`.
pub async fn connect(
    config: &Arc<ClientConfig>,
    from: IpAddr,
    to: SocketAddr,
    name: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    TlsConnector::from(config.clone()).connect(ServerName::try_from(name.to_owned()).unwrap(), stream).await
}
