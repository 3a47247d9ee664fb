//! What kind of place a folder is: whose it is, who may enter, how much room is left, and on which file system it lies.

use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

/// A folder, as the system describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number of the user that owns it.
    pub owner: u32,
    /// Who may do what in it: the nine lowest bits of its mode.
    pub mode: u32,
    /// So many bytes its owner may still write.
    pub free_bytes: u64,
    /// On what it lies.
    pub file_system: FileSystem,
}

/// Kinds of file systems that are not alike for a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSystem {
    /// One of this machine, of no known trouble.
    Local,
    /// btrfs, which copies each page that is written: slow, and it may run out of room when nothing grows.
    Btrfs,
    /// One of another machine, whose locks and syncs cannot be relied upon; its name.
    Network(&'static str),
}

impl Place {
    /// The place that `folder` is.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(folder)?;
        let room = rustix::fs::statvfs(folder)?;
        Ok(Self {
            owner: metadata.uid(),
            mode: metadata.permissions().mode() & 0o777,
            free_bytes: room.f_bavail.saturating_mul(room.f_frsize),
            file_system: FileSystem::by_magic(rustix::fs::statfs(folder)?.f_type),
        })
    }
}

impl FileSystem {
    /// By its magic number (statfs(2)).
    fn by_magic(magic: i64) -> Self {
        match magic {
            0x9123_683e => Self::Btrfs,
            0x6969 => Self::Network("NFS"),
            0x517b => Self::Network("SMB"),
            0xff53_4d42 => Self::Network("CIFS"),
            0xfe53_4d42 => Self::Network("SMB 2"),
            0x0102_1997 => Self::Network("9P"),
            0x00c3_6400 => Self::Network("Ceph"),
            _ => Self::Local,
        }
    }
}

/// The name of the user with this number, where this machine's own list (passwd(5)) has one.
pub fn user_name(number: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::{FileSystem, user_name};

    #[test]
    fn troublesome_file_systems_are_known_and_local_ones_are_not_among_them() {
        assert_eq!(FileSystem::by_magic(0x6969), FileSystem::Network("NFS"));
        assert_eq!(FileSystem::by_magic(0x9123_683e), FileSystem::Btrfs);
        for local in [0xef53, 0x5846_5342, 0x0102_1994] {
            assert_eq!(FileSystem::by_magic(local), FileSystem::Local);
        }
    }

    #[test]
    fn users_have_names_if_the_machine_knows_them() {
        assert_eq!((user_name(0), user_name(4_000_000_000)), (Some("root".to_owned()), None));
    }
}
