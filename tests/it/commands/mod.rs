//! Administrative commands through their closed list, as every face asks for them.

mod applications;
mod backups;
mod doctor;
mod groups;
mod hardware_tokens;
mod import;
mod people;
mod policy;

use keyward::commands::{Administrator, Command, Reason, Refused, Request};
use serde_json::json;

use crate::support::app::{self, TestApp};

#[tokio::test]
async fn r_ad_05_every_command_refuses_fields_it_does_not_know() {
    let app = app::start().await;
    let registry = app.app.commands();
    let mut names: Vec<_> = registry.names().collect();
    assert!(names.len() > 2);
    for name in &names {
        let request = Request { command: (*name).to_owned(), arguments: json!({"created_at": 0}) };
        let refused = registry.perform(Administrator::Operator, request).await.unwrap_err();
        assert_eq!(refused.reason, Reason::Malformed, "{name}");
        assert!(refused.sentence.contains("created_at"), "{name}: {}", refused.sentence);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), registry.names().count(), "a name is given twice");
}

impl TestApp {
    /// Has `command` performed for the operator.
    pub(crate) async fn perform<C: Command>(&self, command: C) -> Result<C::Answer, Refused> {
        let request = Request::of(&command).unwrap();
        let answer = self.app.commands().perform(Administrator::Operator, request).await?;
        Ok(serde_json::from_value(answer).unwrap())
    }

    /// The actions of all events so far by the command line, in the order of their names.
    async fn acts(&self) -> Vec<String> {
        let by_operator = |event: &serde_json::Value| event["actor"]["kind"] == "command_line";
        let events = self.events().await.into_iter().filter(by_operator);
        let mut acts: Vec<_> = events.map(|event| event["action"].as_str().unwrap().to_owned()).collect();
        acts.sort();
        acts
    }
}
