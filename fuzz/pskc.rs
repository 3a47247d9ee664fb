//! Seed files of hardware tokens in PSKC (RFC 6030), under the keys of the standard's own examples. A `\\n` in a seed stands for the
//! line's end.

use keyward::factors::sealed_seeds::Opener;
use keyward::factors::seeds;
use keyward::foundation::secret::Hidden;

/// `data` as a seed file, open and under a key.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let text = text.replace("\\n", "\n");
    let key = Hidden::new("12345678901234567890123456789012");
    for opener in [Opener::Nothing, Opener::Key(&key)] {
        match seeds::read(&text, opener) {
            Ok(seeds) => {
                for seed in seeds {
                    assert!(seed.recipe.generator(&seed.secret).is_ok(), "it cannot make codes");
                    assert!((1..=64).contains(&seed.serial.chars().count()));
                }
                assert!(!text.contains("<!DOCTYPE"), "a document type was read");
            }
            Err(error) => assert!(!error.to_string().contains("MTIzNDU2"), "it tells of a seed: {error}"),
        }
    }
}
