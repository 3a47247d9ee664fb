//! Backups: what goes in comes out, on every engine; what is damaged, cut or made to hurt is refused with a sentence and
//! bounded memory (R-OP-04, R-OP-10).

use std::io::{Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use flate2::Compression;
use flate2::write::GzEncoder;
use keyward::config::storage::EngineName;
use keyward::foundation::Timestamp;
use keyward::storage::backup::frames::{FrameReader, FrameWriter, frame};
use keyward::storage::backup::key::{Identity, Recipient};
use keyward::storage::backup::{Authentication, BackupError, file};
use keyward::storage::moving::{self, DataFolder};
use keyward::storage::{Batch, ExportSink, Key, Raw, StoreMark, envelope};
use proptest::prelude::*;

use super::contract::Copy;
use super::{Bench, START, done, key, note, on_every_engine};

on_every_engine! { gives_back_what_it_was_given, stays_consistent_while_others_write, moves_to_the_other_engine }

/// A stand-in for the master key's work.
pub fn authentication() -> Authentication {
    Box::new(|digest| digest.map(|byte| !byte))
}

pub async fn fill(bench: &Bench) {
    for number in 0..120 {
        bench.put(&number.to_string(), &"text ".repeat(number * 20), bench.in_seconds(60)).await;
    }
    done(bench.store.commit(Batch::new().add(key("count"), 3, None).clone()).await.unwrap());
}

async fn gives_back_what_it_was_given(bench: Bench) {
    fill(&bench).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, identity) = (folder.path().join("backup"), Identity::generate());
    let recipient = identity.recipient();
    let made = file::write(&bench.store, &path, &recipient, START, authentication()).await.unwrap();
    assert!(!path.exists(), "it has no name before all that belongs to it is written");
    let written = made.summary.clone();
    made.finish().await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing unfinished is left");
    let mut copy = Copy::default();
    bench.store.export(&mut copy).await.unwrap();
    let mut reader = file::open(&path, &identity).unwrap();
    let mark = copy.1.unwrap();
    let head = reader.head().clone();
    assert_eq!((head.store, head.revision, head.made_at), (mark.number, mark.revision, START));
    let mut read = Vec::new();
    while let Some(record) = reader.read_record().unwrap() {
        read.push(record);
    }
    assert_eq!(read, copy.0);
    let whole = file::verify(&path, &identity).unwrap();
    assert_eq!((whole.code, whole.head), (authentication()(&written.digest), head));
    assert_eq!(whole.summary, written);
    file::verify_form(&path).unwrap();
    let again = file::write(&bench.store, &path, &recipient, START, authentication()).await.unwrap_err();
    assert!(again.to_string().contains("exists already"), "{again}");
}

/// Two notes that always change together are never apart in a backup.
async fn stays_consistent_while_others_write(bench: Bench) {
    fill(&bench).await;
    let store = bench.store.clone();
    let writing = tokio::spawn(async move {
        for number in 0..300 {
            let mut batch = Batch::new();
            batch.put(Key::new("a", &["left"]), &note(&number.to_string()), None);
            batch.put(Key::new("z", &["right"]), &note(&number.to_string()), None);
            done(store.commit(batch).await.unwrap());
        }
    });
    let (folder, identity) = (tempfile::tempdir().unwrap(), Identity::generate());
    let mut made = 0;
    while !writing.is_finished() || made == 0 {
        let path = folder.path().join(made.to_string());
        let recipient = identity.recipient();
        let backup = file::write(&bench.store, &path, &recipient, START, authentication()).await.unwrap();
        backup.finish().await.unwrap();
        let (mut reader, mut sides) = (file::open(&path, &identity).unwrap(), Vec::new());
        while let Some((key, bytes)) = reader.read_record().unwrap() {
            if key.kind() != b"note" {
                sides.push(envelope::decode(&key, &bytes).unwrap().json);
            }
        }
        assert!(sides.is_empty() || sides.len() == 2 && sides[0] == sides[1], "{sides:?}");
        made += 1;
    }
    writing.await.unwrap();
}

async fn moves_to_the_other_engine(bench: Bench) {
    fill(&bench).await;
    let folder = tempfile::tempdir().unwrap();
    for engine in EngineName::ALL {
        let into = folder.path().join(engine.to_string());
        let target = DataFolder { path: &into, engine };
        let moved = moving::copy(&bench.store, target, Batch::new(), bench.clock.clone()).await.unwrap();
        assert_eq!(moved.records, 121);
        let copy = keyward::storage::open(engine, &into, 4 << 20, bench.clock.clone()).unwrap();
        let (mut here, mut there) = (Copy::default(), Copy::default());
        bench.store.export(&mut here).await.unwrap();
        copy.export(&mut there).await.unwrap();
        assert_eq!(here.0, there.0);
        let (here, there) = (here.1.unwrap(), there.1.unwrap());
        assert!(here.number != there.number && here.revision == there.revision);
        let full = moving::copy(&bench.store, target, Batch::new(), bench.clock.clone()).await.unwrap_err();
        assert!(full.to_string().contains("is not empty"), "{full}");
    }
}

#[test]
fn a_key_pair_is_for_its_owner_alone_and_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let identity = Identity::generate();
    identity.write(&path).unwrap();
    assert!(identity.write(&path).is_err(), "an older key is never overwritten");
    let read = Identity::read(&path).unwrap().recipient().to_string();
    assert_eq!(read, identity.recipient().to_string());
    assert!(!format!("{identity:?}").contains("SECRET"));
    assert!(read.parse::<Recipient>().is_ok() && "age1nothing".parse::<Recipient>().is_err());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(Identity::read(&path).unwrap_err().to_string().contains("0600"));
    std::fs::write(folder.path().join("other"), read).unwrap();
    std::fs::set_permissions(folder.path().join("other"), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(Identity::read(&folder.path().join("other")).is_err(), "the public half opens nothing");
}

type Records = Vec<(Key, Vec<u8>)>;

fn records() -> impl Strategy<Value = Records> {
    let record = (prop::collection::vec(any::<u8>(), 1..40), prop::collection::vec(any::<u8>(), 0..300));
    prop::collection::btree_map(
        record.clone().prop_map(|(key, _)| key),
        record.prop_map(|(_, json)| json),
        0..30,
    )
    .prop_map(|records| {
        let whole = |(key, json): (Vec<u8>, Vec<u8>)| {
            let key = Key::from_bytes(key);
            let raw = Raw { revision: json.len() as u64, json, expires: Some(START) };
            let bytes = envelope::encode(&key, &raw);
            (key, bytes)
        };
        records.into_iter().map(whole).collect()
    })
}

fn frames(records: &Records) -> Vec<u8> {
    let mut writer = FrameWriter::new(Vec::new(), Timestamp(7), authentication());
    writer.begin(StoreMark { number: 5, revision: 300 }).unwrap();
    records.iter().for_each(|(key, bytes)| writer.record(key, bytes).unwrap());
    writer.finish().unwrap().0
}

fn read(input: impl Read) -> Result<Records, BackupError> {
    let mut reader = FrameReader::open(input)?;
    let mut records = Vec::new();
    while let Some(record) = reader.read_record()? {
        records.push(record);
    }
    let whole = reader.into_whole();
    match authentication()(&whole.summary.digest) == whole.code {
        true => Ok(records),
        false => Err(BackupError::Damaged("its code is wrong".to_owned())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_records_come_back_and_no_damage_passes(records in records(), place in any::<usize>(), bit in 0..8u8) {
        let whole = frames(&records);
        prop_assert_eq!(read(whole.as_slice()).unwrap(), records);
        let place = place % whole.len();
        prop_assert!(read(&whole[..place]).is_err());
        let mut flipped = whole.clone();
        flipped[place] ^= 1 << bit;
        prop_assert!(read(flipped.as_slice()).is_err());
        prop_assert!(read([whole.as_slice(), b"x"].concat().as_slice()).is_err());
    }
}

/// Records that are each whole, and yet no honest backup.
#[test]
fn refuses_what_no_store_would_write() {
    let record = |name: &str, revision| {
        let raw = Raw { json: b"1".to_vec(), revision, expires: None };
        (key(name), envelope::encode(&key(name), &raw))
    };
    for records in [
        vec![record("b", 1), record("a", 1)],
        vec![record("a", 1), record("a", 2)],
        vec![record("a", 301)],
        vec![(key("a"), record("b", 1).1)],
        vec![(key("a"), b"no envelope".to_vec())],
        vec![(key(&"k".repeat(3_000)), record("a", 1).1)],
        vec![(key("a"), vec![0; 70_000])],
    ] {
        assert!(read(frames(&records).as_slice()).is_err(), "{records:?}");
    }
}

/// R-ST-04: backups of format 1 are read, newer ones are refused.
#[test]
fn reads_older_backups_and_refuses_newer_ones() {
    let raw = Raw { json: b"1".to_vec(), revision: 7, expires: None };
    let records = vec![(key("a"), envelope::encode(&key("a"), &raw))];
    let of_format = |format: u8| {
        let mut whole = frames(&records);
        let before = b"keyward backup\n".len();
        assert_eq!(whole[before..before + 2], [0, 2]);
        whole[before + 1] = format;
        let end = whole.len() - 44;
        let made = digest(&SHA256, &whole[..end]);
        whole[end + 12..].copy_from_slice(made.as_ref());
        whole
    };
    for format in [1, 2] {
        assert_eq!(read(of_format(format).as_slice()).unwrap(), records, "format {format}");
    }
    for format in [0, 3] {
        let said = read(of_format(format).as_slice()).unwrap_err().to_string();
        assert!(said.contains(&format!("it has format {format}")), "{said}");
    }
}

/// Answers for ever; whoever reads more than a megabyte of it does not bound its memory.
struct Endless(Vec<u8>, usize);

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        assert!(self.1 < 1 << 20, "it reads on and on");
        let begin: Vec<u8> = self.0.drain(..self.0.len().min(into.len())).collect();
        into[..begin.len()].copy_from_slice(&begin);
        into[begin.len()..].fill(0xff);
        self.1 += into.len();
        Ok(into.len())
    }
}

#[test]
fn refuses_impossible_lengths_without_following_them() {
    let whole = frames(&vec![]);
    for kept in 0..whole.len() {
        assert!(read(Endless(whole[..kept].to_vec(), 0)).is_err(), "{kept}");
    }
}

fn encrypted(path: &Path, recipient: &Recipient, content: &[u8]) {
    let recipient: age::x25519::Recipient = recipient.to_string().parse().unwrap();
    std::fs::write(path, age::encrypt(&recipient, content).unwrap()).unwrap();
}

fn compressed(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn hostile_files_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (path, identity) = (folder.path().join("backup"), Identity::generate());
    let recipient = identity.recipient();
    let honest = compressed(&frames(&vec![]));
    let bomb = compressed(&vec![0; 64 << 20]);
    let bomb_behind = [honest.as_slice(), &compressed(&vec![0; 64 << 20])].concat();
    let hostile: [&[u8]; 6] = [
        b"",
        b"no gzip",
        &honest[..honest.len() - 1],
        &bomb,
        &bomb_behind,
        &[honest.as_slice(), b"x"].concat(),
    ];
    for content in hostile {
        encrypted(&path, &recipient, content);
        let error = file::verify(&path, &identity).unwrap_err();
        assert!(matches!(error, BackupError::Damaged(_)), "{error}");
        assert!(!error.to_string().contains('\n'));
    }
    encrypted(&path, &recipient, &honest);
    file::verify(&path, &identity).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for place in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        std::fs::write(&path, &flipped).unwrap();
        assert!(file::verify(&path, &identity).is_err(), "byte {place}");
        std::fs::write(&path, &whole[..place]).unwrap();
        assert!(file::verify(&path, &identity).is_err(), "cut at {place}");
    }
    std::fs::write(&path, [b"age-encryption.org/v1\n".to_vec(), b"-> X25519 x\n".repeat(1 << 20)].concat())
        .unwrap();
    assert!(file::verify_form(&path).unwrap_err().to_string().contains("does not begin as one"));
    assert!(matches!(file::verify_form(&folder.path().join("absent")), Err(BackupError::Place(_))));
}

/// The layout is a promise to the next versions: these bytes stay as they are.
#[test]
fn the_layout_of_a_frame_stays() {
    let bytes = frame(&key("a"), b"envelope");
    assert_eq!(bytes[..22], *b"\0\0\0\x06\0\0\0\x08note/aenvelope");
    assert_eq!(bytes.len(), 26);
    assert_eq!(frames(&vec![])[..17], *b"keyward backup\n\0\x02");
}
