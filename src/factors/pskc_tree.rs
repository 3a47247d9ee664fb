//! A small XML document as a tree, read with the least of XML that seed files need: no document type, no entities but the five of
//! XML itself, no processing instructions, bounded depth. Names stand without their prefix: makers choose it freely, and not always rightly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use zeroize::Zeroizing;

use super::seeds::Unreadable;

/// Elements within each other; PSKC needs nine.
const DEEPEST: usize = 16;
/// Bytes of text in one element; a seed needs a hundred.
const LONGEST: usize = 4096;

/// An element. What stands in it as text may be a seed, so it is wiped.
pub(super) struct Element {
    pub name: String,
    /// The line on which it begins, from 1.
    pub line: u64,
    attributes: Vec<(String, String)>,
    text: Zeroizing<String>,
    children: Vec<Element>,
}

impl Element {
    /// The one child of this name; several are refused.
    pub fn child(&self, name: &str) -> Result<Option<&Self>, &'static str> {
        let mut found = self.children.iter().filter(|child| child.name == name);
        match (found.next(), found.next()) {
            (child, None) => Ok(child),
            _ => Err("has an element twice of which there may be one"),
        }
    }

    /// The one element that is reached by these names.
    pub fn at(&self, path: &[&str]) -> Result<Option<&Self>, &'static str> {
        let mut reached = self;
        for name in path {
            match reached.child(name)? {
                Some(child) => reached = child,
                None => return Ok(None),
            }
        }
        Ok(Some(reached))
    }

    /// The text of the one element that is reached by these names.
    pub fn text_at(&self, path: &[&str]) -> Result<Option<&str>, &'static str> {
        Ok(self.at(path)?.map(Self::text))
    }

    /// All children of this name.
    pub fn children(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// All children.
    pub fn all(&self) -> &[Self] {
        &self.children
    }

    /// Its attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What stands in it, without white space around it.
    pub fn text(&self) -> &str {
        self.text.trim()
    }

    /// The bytes that stand in it in base64, in which lines may be broken.
    pub fn base64(&self) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        let mut text = Zeroizing::new(String::with_capacity(self.text.len()));
        text.extend(self.text.chars().filter(|c| !c.is_ascii_whitespace()));
        STANDARD.decode(text.as_bytes()).map(Zeroizing::new).map_err(|_| "has a value that is no base64")
    }
}

/// The root of `text`.
pub(super) fn read(text: &str) -> Result<Element, Unreadable> {
    let mut reader = Reader::from_str(text);
    let (mut line, mut counted) = (1, 0);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader.read_event();
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let at_line = |why: &str| Unreadable::at_line(line, why);
        let event = event.map_err(|_| at_line("or one soon after it is no well-formed XML"))?;
        let closed = match event {
            Event::Start(start) if open.len() < DEEPEST && root.is_none() => {
                open.push(element(&start, line).map_err(at_line)?);
                None
            }
            Event::Empty(start) if root.is_none() => Some(element(&start, line).map_err(at_line)?),
            Event::End(_) => open.pop(),
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) => None,
            event => {
                add_text(open.last_mut(), &event).map_err(at_line)?;
                None
            }
        };
        if let Some(closed) = closed {
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None => root = Some(closed),
            }
        }
        let passed = text.as_bytes().get(counted..at).unwrap_or_default();
        line += u64::try_from(passed.iter().filter(|byte| **byte == b'\n').count()).unwrap_or_default();
        counted = at;
    }
    root.filter(|_| open.is_empty()).ok_or_else(|| Unreadable::at_line(line, "ends before the XML does"))
}

fn element(start: &BytesStart<'_>, line: u64) -> Result<Element, &'static str> {
    const MALFORMED: &str = "has a malformed attribute";
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| MALFORMED)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| MALFORMED)?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    let name = start.local_name().as_ref().to_owned();
    Ok(Element { name, line, attributes, text: Zeroizing::default(), children: Vec::new() })
}

/// Adds to the text of `element` what `event` says; whatever else there is in XML is refused.
fn add_text(element: Option<&mut Element>, event: &Event<'_>) -> Result<(), &'static str> {
    let (text, element) = match (event, element) {
        (Event::Text(text), Some(element)) => (&**text, element),
        (Event::Text(text), None) if text.trim().is_empty() => return Ok(()),
        (Event::GeneralRef(name), Some(element)) => {
            (resolve_xml_entity(name).ok_or("refers to an entity, which is not read")?, element)
        }
        _ => {
            return Err(
                "holds what no seed file needs: a document type, an instruction, or too deep elements",
            );
        }
    };
    if element.text.len() + text.len() > LONGEST {
        return Err("has a text that is too long");
    }
    // Grown by hand, so that no copy is left where a seed stood.
    let mut grown = Zeroizing::new(String::with_capacity(element.text.len() + text.len()));
    grown.push_str(&element.text);
    grown.push_str(text);
    element.text = grown;
    Ok(())
}
