//! Keys: ordered byte strings, a kind and its parts.

/// Where a record stands: `kind/part/part…`. A `/` or `%` inside a part is percent-encoded, so parts never run together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl Key {
    /// The key of one record.
    pub fn new(kind: &str, parts: &[&str]) -> Self {
        let mut bytes = kind.as_bytes().to_vec();
        for part in parts {
            bytes.push(b'/');
            for byte in part.bytes() {
                match byte {
                    b'/' => bytes.extend_from_slice(b"%2F"),
                    b'%' => bytes.extend_from_slice(b"%25"),
                    other => bytes.push(other),
                }
            }
        }
        Self(bytes)
    }

    /// The prefix of all records under these parts: the key and a closing `/`.
    pub fn prefix(kind: &str, parts: &[&str]) -> Self {
        let mut key = Self::new(kind, parts);
        key.0.push(b'/');
        key
    }

    /// A key as it was read from an engine.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Its bytes, as engines order them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The kind of record that stands there.
    pub fn kind(&self) -> &[u8] {
        self.0.split(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// The last part, decoded; empty where there is none.
    pub fn last_part(&self) -> String {
        let tail = self.0.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        String::from_utf8_lossy(tail).replace("%2F", "/").replace("%25", "%")
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}
