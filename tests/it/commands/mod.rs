//! Administrative commands through their closed list, as every face asks for them.

use keyward::commands::{Administrator, Reason, Request};
use serde_json::json;

use crate::support::app;

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
