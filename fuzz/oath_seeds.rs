//! Seed files of hardware tokens. A `\n` in a seed stands for the line's end.

use keyward::factors::sealed_seeds::Opener;
use keyward::factors::seeds;

/// `data` as a seed file.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(seeds) = seeds::read(&text.replace("\\n", "\n"), Opener::Nothing) else {
        return;
    };
    let mut serials: Vec<_> = seeds.iter().map(|seed| seed.serial.as_str()).collect();
    serials.sort_unstable();
    serials.dedup();
    assert_eq!(serials.len(), seeds.len(), "a serial number came twice");
    for seed in &seeds {
        assert!(seed.recipe.generator(&seed.secret).is_ok(), "a token that cannot make codes was taken over");
        assert!(!seed.serial.is_empty());
    }
}
