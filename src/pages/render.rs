//! One set of templates, texts and assets, and the rendering of a page with it.

use std::collections::BTreeSet;
use std::io::{Error as WriteError, Write};
use std::sync::Arc;

use minijinja::value::Value;
use minijinja::{Environment, context};

use super::assets::AssetIndex;
use super::content::Page;
use super::language::Language;
use super::mails::{Addressee, Mail};
use super::source::Files;
use super::texts::Texts;
use super::{PagesError, functions, samples};
use crate::config::Live;

/// No page may be larger, in bytes (R-TP-03).
const MAX_PAGE: usize = 256 * 1024;
/// Files that a folder can never replace: forms without them could be forged (R-TP-04).
const FIXED: [&str; 1] = ["partials/form_token.html"];
/// Sent when even a built-in page fails.
pub(super) const LAST_RESORT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Error</title><p>This page cannot be shown. Please go back and try again.</p></html>";

/// Templates with what they may call.
pub(super) struct PageSet {
    environment: Environment<'static>,
    /// Templates of plain text, apart from those of HTML: nothing is escaped in them.
    plain: Environment<'static>,
    texts: Arc<Texts>,
    assets: Arc<AssetIndex>,
    settings: Live,
    faults: Vec<String>,
    faulty: BTreeSet<&'static str>,
}

impl PageSet {
    /// The set inside the binary.
    ///
    /// # Errors
    /// [`PagesError::BuiltIn`] with the first faulty file.
    pub(super) fn built_in(settings: &Live) -> Result<Self, PagesError> {
        let set = Self::of(settings, Files::built_in(), None);
        match set.faults.first() {
            None => Ok(set),
            Some(fault) => {
                let (file, reason) = fault.split_once(": ").unwrap_or(("", fault));
                Err(PagesError::BuiltIn { file: file.to_owned(), reason: reason.to_owned() })
            }
        }
    }

    /// The built-in set with the files of a folder laid over it. Faulty files are left out and named in `faults`.
    pub(super) fn with_overrides(settings: &Live, own: Files) -> Self {
        let mut set = Self::of(settings, Files::built_in(), Some(own));
        set.check_with_samples();
        set
    }

    fn of(settings: &Live, base: Files, own: Option<Files>) -> Self {
        let mut own = own.unwrap_or_default();
        own.by_path.retain(|path, _| !FIXED.contains(&path.as_str()));
        let mut faults = std::mem::take(&mut own.faults);
        let texts = Arc::new(read_texts(settings, &[&base, &own], &mut faults));
        let assets = Arc::new(AssetIndex::of(&[&base, &own]));
        let mut environment = functions::environment(Arc::clone(&texts), Arc::clone(&assets));
        let mut plain = functions::plain_environment(Arc::clone(&texts));
        for files in [&base, &own] {
            add_templates(&mut environment, files, ".html", &mut faults);
            add_templates(&mut plain, files, ".txt", &mut faults);
        }
        let settings = settings.clone();
        Self { environment, plain, texts, assets, settings, faults, faulty: BTreeSet::new() }
    }

    pub(super) fn texts(&self) -> &Texts {
        &self.texts
    }

    pub(super) fn assets(&self) -> &AssetIndex {
        &self.assets
    }

    pub(super) fn faults(&self) -> Vec<String> {
        self.faults.clone()
    }

    /// Whether the page passed the check with sample content when the folder was read. Its fault was logged then.
    pub(super) fn usable(&self, page: &Page) -> bool {
        !self.faulty.contains(page.template())
    }

    pub(super) fn organisation(&self) -> String {
        self.settings.now().pages.organisation.clone()
    }

    /// Makes one part of a mail, by the ending of its template.
    ///
    /// # Errors
    /// A sentence for the log.
    pub(super) fn render_part(&self, template: &str, page: &Value, to: &Language) -> Result<String, String> {
        let engine = if template.ends_with(".txt") { &self.plain } else { &self.environment };
        let settings = self.settings.now();
        let context = context! {
            page,
            language => to.tag(),
            direction => to.direction(),
            organisation => settings.pages.organisation.as_str(),
            support_contact => settings.pages.support.as_deref(),
        };
        bounded(engine, template, context)
    }

    /// Makes the page.
    ///
    /// # Errors
    /// A sentence for the log: the template failed, grew too large, or lacks what the page must have.
    pub(super) fn render(&self, page: &Page, nonce: &str) -> Result<String, String> {
        let settings = self.settings.now();
        let context = context! {
            page => page.content(),
            nonce,
            language => page.language().tag(),
            direction => page.language().direction(),
            organisation => settings.pages.organisation.as_str(),
            support_contact => settings.pages.support.as_deref(),
        };
        let html = bounded(&self.environment, page.template(), context)?;
        match page.required().iter().find(|needed| !html.contains(**needed)) {
            None => Ok(html),
            Some(missing) => Err(format!("it lacks {missing}")),
        }
    }

    fn check_with_samples(&mut self) {
        for page in samples::hostile() {
            if let Err(reason) = self.render(&page, "sample")
                && self.faulty.insert(page.template())
            {
                self.faults.push(format!("{}: {reason}", page.template()));
            }
        }
        let word = || samples::HOSTILE.to_owned();
        let to = Addressee { name: word(), username: word(), language: None };
        let (mails, english) = (Mail::samples(), Language::english());
        let faults: Vec<_> =
            mails.iter().filter_map(|mail| self.render_mail(mail, &to, &english).err()).collect();
        self.faults.extend(faults);
    }
}

fn bounded(engine: &Environment<'static>, template: &str, context: Value) -> Result<String, String> {
    let template = engine.get_template(template).map_err(|error| error.to_string())?;
    let mut bounded = Bounded(Vec::with_capacity(16 * 1024));
    template.render_captured_to(context, &mut bounded).map_err(|error| describe(&error))?;
    String::from_utf8(bounded.0).map_err(|error| error.to_string())
}

fn describe(error: &minijinja::Error) -> String {
    let place = error.name().map(|name| format!(" in {name} line {}", error.line().unwrap_or(0)));
    format!("{error}{}", place.unwrap_or_default())
}

fn read_texts(settings: &Live, layers: &[&Files], faults: &mut Vec<String>) -> Texts {
    let mut texts = Texts::under(settings.clone());
    for files in layers {
        for (path, bytes) in files.ending_with(".json") {
            let Some(language) = path.strip_prefix("texts/").and_then(|rest| rest.strip_suffix(".json"))
            else {
                continue;
            };
            if let Err(reason) = texts.add(language, bytes) {
                faults.push(format!("{path}: {reason}"));
            }
        }
    }
    texts
}

fn add_templates(
    environment: &mut Environment<'static>,
    files: &Files,
    ending: &str,
    faults: &mut Vec<String>,
) {
    for (path, bytes) in files.ending_with(ending) {
        let added = match std::str::from_utf8(bytes) {
            Ok(source) => environment
                .add_template_owned(path.to_owned(), source.to_owned())
                .map_err(|error| error.to_string()),
            Err(_) => Err("it is not UTF-8 text".to_owned()),
        };
        if let Err(reason) = added {
            faults.push(format!("{path}: {reason}"));
        }
    }
}

/// A writer that refuses to grow past the largest page.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, WriteError> {
        if self.0.len() + bytes.len() > MAX_PAGE {
            return Err(WriteError::other("the page is larger than 256 KiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        Ok(())
    }
}
