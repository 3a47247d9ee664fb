//! Pages: templates, texts, assets and the override folder.

mod hostile;
