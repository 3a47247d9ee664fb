//! Every page a person sees: templates, texts, styles and scripts, and how they become HTML.
//!
//! The defaults are in the binary. A folder may replace them file by file; if a replaced page fails, the built-in one is
//! served and an error is logged, so a theme can never lock anybody out.
//!
//! Must not: know HTTP (the `web` module sends the answer and its headers), decide anything about a person, hold
//! settings, tokens or request headers in a page's content.
//! Follows: security requirements R-TP-01 to R-TP-05, R-TP-07, R-TR-03, R-TR-07, R-TR-08, R-AZ-23, R-LO-08, R-PW-09.

use std::path::PathBuf;
use std::sync::{Arc, RwLock};

pub mod account_pages;
pub mod assets;
pub mod consent_pages;
pub mod content;
pub mod demo_pages;
pub mod error_page;
pub mod hand_over_pages;
pub mod journey_pages;
pub mod language;
pub mod link_mail;
pub mod logout_pages;
pub mod mails;
pub mod message;
pub mod picture;
pub mod portal_pages;
pub mod samples;
pub mod texts;

mod functions;
mod render;
mod source;

pub use assets::Asset;
pub use content::{Form, Page, PageContent};
pub use error_page::{ErrorPage, Problem};
pub use language::{Language, LanguageWishes};
pub use message::Message;

use crate::config::pages::Names;
use crate::config::{Live, LiveSettings};
use render::PageSet;
use source::{Files, Stamp};

/// What an administrator may set about pages.
#[derive(Clone, Debug, Default)]
pub struct PagesSettings {
    /// A folder whose files replace the built-in ones of the same path (`journey/login.html`, `texts/en.json`,
    /// `assets/style.css`). It is read again when a file in it changes.
    pub override_folder: Option<PathBuf>,
    /// The organisation's name, shown on every page.
    pub organisation: String,
    /// Whom to ask: a mail address, a telephone number or a short sentence. Stands on every error page.
    pub support_contact: Option<String>,
    /// The language where nobody wishes one that there are texts in; English if `None`.
    pub language: Option<String>,
}

/// Why the pages could not be made ready at start.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// The override folder is named in the settings but cannot be read.
    #[error("the folder for own pages, {folder}, cannot be read: {reason}")]
    Folder {
        /// The folder as configured.
        folder: String,
        /// What the operating system said.
        reason: String,
    },
    /// The language of the settings has no texts.
    #[error(
        "the setting pages.language is \"{language}\", but there are texts only in {known}; choose one of these or add the file texts/{language}.json to the folder for own pages"
    )]
    Language {
        /// As configured.
        language: String,
        /// What there is.
        known: String,
    },
    /// A built-in file is faulty; this is a fault of the program.
    #[error("the built-in page file {file} is faulty: {reason}")]
    BuiltIn {
        /// The file inside `templates/`.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A finished page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The whole HTML document.
    pub html: String,
}

/// The one place that turns content into pages.
pub struct Pages {
    folder: Option<PathBuf>,
    settings: Live,
    built_in: PageSet,
    own: RwLock<Option<Arc<OwnSet>>>,
}

/// The override folder as last read.
struct OwnSet {
    stamp: Stamp,
    set: PageSet,
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pages of {}", self.settings.now().pages.organisation)
    }
}

impl Pages {
    /// Reads the built-in files and, if set, the override folder.
    ///
    /// # Errors
    /// [`PagesError::Folder`] when the folder cannot be read. A faulty file *in* it is no error: it is logged and the
    /// built-in one is used. [`PagesError::Language`] when the default language has no texts.
    pub fn new(settings: PagesSettings) -> Result<Self, PagesError> {
        let PagesSettings { override_folder, organisation, support_contact: support, language } = settings;
        let names = Names { organisation, support, language };
        let fixed = LiveSettings { pages: names, ..LiveSettings::default() };
        Self::under(Live::new(fixed), override_folder)
    }

    /// The same; names and texts are those of `settings` at each moment.
    ///
    /// # Errors
    /// As [`Pages::new`].
    pub fn under(settings: Live, folder: Option<PathBuf>) -> Result<Self, PagesError> {
        let built_in = PageSet::built_in(&settings)?;
        let pages = Self { folder, settings, built_in, own: RwLock::new(None) };
        if let Some(folder) = &pages.folder {
            let stamp = Stamp::of(folder).map_err(|error| PagesError::Folder {
                folder: folder.display().to_string(),
                reason: error.to_string(),
            })?;
            pages.read_folder(stamp);
        }
        let known = pages.languages();
        let known: Vec<_> = known.iter().map(Language::tag).collect();
        match pages.settings.now().pages.language.clone() {
            Some(language) if !known.contains(&language.as_str()) => {
                Err(PagesError::Language { language, known: known.join(", ") })
            }
            _ => Ok(pages),
        }
    }

    /// Makes the page. Never fails: if a replaced page fails the built-in one is made, and if that failed too, a plain
    /// built-in sentence.
    ///
    /// `nonce` is the one in this answer's Content-Security-Policy.
    pub fn render(&self, page: &Page, nonce: &str) -> Rendered {
        if let Some(own) = self.own_set().filter(|own| own.set.usable(page)) {
            match own.set.render(page, nonce) {
                Ok(html) => return Rendered { html },
                Err(reason) => tracing::error!(
                    template = page.template(),
                    reason,
                    "a page of the override folder failed; the built-in page is served instead"
                ),
            }
        }
        let html = self.built_in.render(page, nonce).unwrap_or_else(|reason| {
            tracing::error!(template = page.template(), reason, "a built-in page failed");
            render::LAST_RESORT.to_owned()
        });
        Rendered { html }
    }

    /// The file for an address made by the template function `asset`: `<content hash>/<name>`, with or without
    /// `/assets/` before it. `None` when no such file or another content is current.
    pub fn asset(&self, address: &str) -> Option<Asset> {
        let own = self.own_set().and_then(|own| own.set.assets().at(address));
        own.or_else(|| self.built_in.assets().at(address))
    }

    /// The language to answer in: the first of all wishes that has texts, else the one of the settings.
    pub fn choose_language(&self, wishes: &LanguageWishes) -> Language {
        let settings = self.settings.now();
        let default = settings.pages.language.as_deref().unwrap_or(language::ENGLISH);
        match self.own_set() {
            Some(own) => wishes.choose(own.set.texts().tags(), default),
            None => wishes.choose(self.built_in.texts().tags(), default),
        }
    }

    /// The languages there are texts in.
    pub fn languages(&self) -> Vec<Language> {
        let own = self.own_set();
        let texts = own.as_ref().map_or(self.built_in.texts(), |own| own.set.texts());
        texts.tags().map(Language::of).collect()
    }

    /// What stands built-in under a text's id in a language, or in English where that lacks it.
    pub fn built_in_text(&self, language: &str, id: &str) -> Option<&str> {
        self.built_in.texts().built_in(language, id)
    }

    /// Every fault of the override folder: files that do not parse and pages that fail with hostile sample content
    /// (R-TP-05), one sentence each. Empty when all is well or no folder is set.
    pub fn override_faults(&self) -> Vec<String> {
        self.own_set().map_or_else(Vec::new, |own| own.set.faults())
    }

    fn own_set(&self) -> Option<Arc<OwnSet>> {
        let folder = self.folder.as_ref()?;
        let known = self.own.read().ok().and_then(|own| own.clone());
        let stamp = match Stamp::of(folder) {
            Ok(stamp) => stamp,
            Err(_) => return known,
        };
        match known {
            Some(own) if own.stamp == stamp => Some(own),
            _ => self.read_folder(stamp),
        }
    }

    fn read_folder(&self, stamp: Stamp) -> Option<Arc<OwnSet>> {
        let folder = self.folder.as_ref()?;
        let set = PageSet::with_overrides(&self.settings, Files::in_folder(folder));
        for fault in set.faults() {
            tracing::error!(fault, "fault in the folder for own pages; the built-in page stands in");
        }
        let own = Arc::new(OwnSet { stamp, set });
        if let Ok(mut place) = self.own.write() {
            *place = Some(Arc::clone(&own));
        }
        Some(own)
    }
}
