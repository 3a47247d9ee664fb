//! The closed list of commands: from a name and JSON to the command that is called so, and from its answer to JSON.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Administrator, Command, Reason, Refused};

/// A command as it travels. `Debug` names it only: its arguments may hold a password.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Its name.
    pub command: String,
    /// Its fields, an object.
    pub arguments: Value,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a request for {:?}", self.command)
    }
}

impl Request {
    /// `command` as it travels.
    pub fn of<C: Command>(command: &C) -> Result<Self, Refused> {
        let arguments = serde_json::to_value(command).map_err(|error| malformed(&error))?;
        Ok(Self { command: C::NAME.to_owned(), arguments })
    }
}

type Performing = Pin<Box<dyn Future<Output = Result<Value, Refused>> + Send>>;
type Perform = Box<dyn Fn(Administrator, Value) -> Performing + Send + Sync>;

/// The commands of one provider.
#[derive(Clone, Default)]
pub struct Registry(Arc<Vec<(&'static str, Perform)>>);

/// Commands being listed.
#[derive(Default)]
pub struct Listing(Vec<(&'static str, Perform)>);

impl Listing {
    /// Lists a command, with what it works with.
    pub fn with<C: Command>(mut self, tools: &C::Tools) -> Self {
        let tools = tools.clone();
        let perform =
            move |by, arguments| -> Performing { Box::pin(perform::<C>(by, arguments, tools.clone())) };
        self.0.push((C::NAME, Box::new(perform)));
        self
    }

    /// Closes the list.
    pub fn close(self) -> Registry {
        Registry(Arc::new(self.0))
    }
}

impl Registry {
    /// The names of all commands, as they were listed.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// Performs what `request` asks for; the answer as it travels.
    pub async fn perform(&self, by: Administrator, request: Request) -> Result<Value, Refused> {
        let known = self.0.iter().find(|(name, _)| *name == request.command);
        let (_, perform) = known.ok_or_else(|| unknown(&request.command))?;
        perform(by, request.arguments).await
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// Who asks is judged first, then the arguments; only then the command begins.
async fn perform<C: Command>(by: Administrator, arguments: Value, tools: C::Tools) -> Result<Value, Refused> {
    if !by.may(C::WHO) {
        return Err(Refused::because(Reason::Forbidden, format!("{} is not yours to ask for", C::NAME)));
    }
    let command: C = serde_json::from_value(arguments).map_err(|error| malformed(&error))?;
    let answer = command.perform(&by, &tools).await?;
    serde_json::to_value(answer).map_err(|error| Refused::because(Reason::Failed, error.to_string()))
}

fn malformed(error: &serde_json::Error) -> Refused {
    Refused::because(Reason::Malformed, error.to_string())
}

fn unknown(name: &str) -> Refused {
    let name: String = name.chars().take(60).collect();
    Refused::because(
        Reason::Malformed,
        format!(
            "there is no command {name:?} here; if the server was upgraded or is older than this program, restart it"
        ),
    )
}
