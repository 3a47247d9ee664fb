//! A QR code as the path of an SVG picture, so that a template can draw it without trusting any markup.

use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;

/// White modules around the code, as its standard asks (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

/// A QR code to be drawn.
#[derive(Clone, Debug, Serialize)]
pub struct QrPicture {
    /// Width and height in modules, with the quiet zone.
    pub size: usize,
    /// The `d` attribute of a path that fills the dark modules.
    pub path: String,
}

impl QrPicture {
    /// Encodes a text; `None` when it is too long for a QR code.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let width = code.width();
        let colours = code.to_colors();
        let rows = colours.chunks(width).enumerate();
        let path = rows.map(|(row, modules)| row_path(row + QUIET_ZONE, modules)).collect();
        Some(Self { size: width + 2 * QUIET_ZONE, path })
    }
}

fn row_path(row: usize, modules: &[Color]) -> String {
    let mut path = String::new();
    let mut column = QUIET_ZONE;
    for run in modules.chunk_by(|left, right| left == right) {
        if run.first() == Some(&Color::Dark) {
            path.push_str(&format!("M{column} {row}h{0}v1h-{0}z", run.len()));
        }
        column += run.len();
    }
    path
}
