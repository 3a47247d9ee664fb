//! A file as a tree, before it is read as the model: bounded in depth, no name twice (R-TR-10).

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Lists and sections stand inside each other to this depth.
pub const DEPTH: usize = 32;

/// JSON text as a tree.
pub fn of_json(text: &str) -> Result<Value, String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let tree = Tree(DEPTH).deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(tree)
}

/// TOML text as a tree. Its parser refuses names that stand twice, and nesting beyond its own bound.
pub fn of_toml(text: &str) -> Result<Value, String> {
    let table = text.parse::<toml::Table>().map_err(|error| said(text, &error))?;
    Tree(DEPTH).deserialize(toml::Value::Table(table)).map_err(|error| error.to_string())
}

/// Line and fault, without the text around it: that could hold a secret.
fn said(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let fault = error.message().lines().collect::<Vec<_>>().join(", ");
    format!("{fault} at line {}", before.matches('\n').count() + 1)
}

/// Reads a tree that may still grow so many levels.
#[derive(Clone, Copy)]
struct Tree(usize);

impl Tree {
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        let left =
            self.0.checked_sub(1).ok_or_else(|| E::custom(format!("nested deeper than {DEPTH} levels")));
        left.map(Self)
    }
}

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element_seed(inside)? {
            list.push(entry);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if map.contains_key(&name) {
                let name: String = name.chars().take(100).collect();
                return Err(A::Error::custom(format!("the name {name:?} stands twice in one place")));
            }
            map.insert(name, entries.next_value_seed(inside)?);
        }
        Ok(Value::Object(map))
    }
}
