//! Queries and forms: what is read is bounded, and means the same when it is written and read again.

use keyward::web::Parameters;
use url::form_urlencoded::Serializer;

/// `data` as a query.
pub fn run(data: &[u8]) {
    let Ok(read) = Parameters::parse(data) else { return };
    assert!(read.iter().count() <= 64);
    for (name, value) in read.iter() {
        let alone = read.iter().filter(|(other, _)| *other == name).count() == 1;
        match read.get(name) {
            Ok(found) => assert!(alone && found == Some(value).filter(|value| !value.is_empty())),
            Err(_) => assert!(!alone && read.repeated().is_some()),
        }
    }
    let written = Serializer::new(String::new()).extend_pairs(read.iter()).finish();
    let again = Parameters::parse(written.as_bytes());
    assert!(again.is_ok_and(|again| again == read), "{written}");
}
