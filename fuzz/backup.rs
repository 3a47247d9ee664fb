//! Backups: whatever the bytes, reading them does not panic, and nothing passes for a backup but what was written as one.
//! The bytes are read as they are, and as places and values to change in an honest backup.

use keyward::foundation::Timestamp;
use keyward::storage::backup::frames::{FrameReader, FrameWriter};
use keyward::storage::{ExportSink as _, Key, Raw, StoreMark, envelope};

/// `data` as a backup, and as damage to one.
pub fn run(data: &[u8]) {
    let _ = read(data);
    let whole = honest();
    let mut damaged = whole.clone();
    for change in data.chunks_exact(3) {
        let place = usize::from(u16::from_be_bytes([change[0], change[1]])) % damaged.len();
        damaged[place] = change[2];
    }
    assert!(read(&whole).is_some());
    assert!(damaged == whole || read(&damaged).is_none(), "a damaged backup passes");
}

fn honest() -> Vec<u8> {
    let mut writer = FrameWriter::new(Vec::new(), Timestamp(7), Box::new(code));
    writer.begin(StoreMark { number: 5, revision: 9 }).unwrap();
    for name in ["a", "b", "c"] {
        let key = Key::new("note", &[name]);
        let raw = Raw { json: name.repeat(30).into_bytes(), revision: 7, expires: None };
        writer.record(&key, &envelope::encode(&key, &raw)).unwrap();
    }
    writer.finish().unwrap().0
}

/// A stand-in for the master key's work.
fn code(digest: &[u8; 32]) -> [u8; 32] {
    digest.map(|byte| !byte)
}

fn read(bytes: &[u8]) -> Option<u64> {
    let mut reader = FrameReader::open(bytes).ok()?;
    while reader.read_record().ok()?.is_some() {}
    let whole = reader.into_whole();
    (whole.code == code(&whole.summary.digest)).then_some(whole.summary.records)
}
