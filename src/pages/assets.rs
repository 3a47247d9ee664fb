//! Styles, scripts and pictures, each at an address that holds the hash of its content and may be cached for ever.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::source::Files;

/// Where page files that are assets stand.
const FOLDER: &str = "assets/";

/// One file to be sent as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// The content.
    pub bytes: Arc<[u8]>,
    /// For the `Content-Type` header.
    pub content_type: &'static str,
    /// For the `ETag` header, with its quotation marks.
    pub etag: String,
}

/// All assets by name.
#[derive(Clone, Debug, Default)]
pub(super) struct AssetIndex {
    by_name: BTreeMap<String, (String, Asset)>,
}

impl AssetIndex {
    /// Takes every file of a known kind under `assets/`; a later layer replaces files of an earlier one.
    pub(super) fn of(layers: &[&Files]) -> Self {
        let mut by_name = BTreeMap::new();
        for (path, bytes) in layers.iter().flat_map(|files| &files.by_path) {
            let Some(name) = path.strip_prefix(FOLDER) else {
                continue;
            };
            let Some(content_type) = content_type(name) else {
                continue;
            };
            let hash = hash(bytes);
            let etag = format!("\"{hash}\"");
            let asset = Asset { bytes: Arc::from(bytes.as_slice()), content_type, etag };
            by_name.insert(name.to_owned(), (hash, asset));
        }
        Self { by_name }
    }

    /// The address of a file for a page, or `None` if there is no such file.
    pub(super) fn address(&self, name: &str) -> Option<String> {
        self.by_name.get(name).map(|(hash, _)| format!("/{FOLDER}{hash}/{name}"))
    }

    /// The file at `[/assets/]<hash>/<name>`.
    pub(super) fn at(&self, address: &str) -> Option<Asset> {
        let address = address.strip_prefix('/').unwrap_or(address);
        let address = address.strip_prefix(FOLDER).unwrap_or(address);
        let (asked, name) = address.split_once('/')?;
        let (hash, asset) = self.by_name.get(name)?;
        (hash == asked).then(|| asset.clone())
    }
}

fn hash(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    let start: Vec<u8> = digest.as_ref().iter().copied().take(12).collect();
    URL_SAFE_NO_PAD.encode(start)
}

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit('.').next()? {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "webp" => Some("image/webp"),
        "ico" => Some("image/x-icon"),
        _ => None,
    }
}
