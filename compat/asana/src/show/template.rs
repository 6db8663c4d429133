//! Project templates.

use super::person::Crowd;
use crate::call::Call;
use crate::wire::fields::{Level, Want};
use crate::wire::record::{Record, named_or_null};
use base::Result;
use base::id::UserId;
use db::Tx;
use serde_json::{Value, json};
use work::names::TeamName;
use work::templates::Template;

/// What the day that a template is told from is called: Asana has one variable for the start and one for the end.
pub const START: &str = "1";
/// The same for the end.
pub const DUE: &str = "2";

/// Records of templates. Those of a list hold no outline; it is loaded only when something of it is wanted.
pub async fn templates(
    tx: &mut Tx,
    call: &Call<'_>,
    found: &[Template],
    want: Want<'_>,
) -> Result<Vec<Value>> {
    let owners: Vec<UserId> = found.iter().filter_map(|template| template.created_by).collect();
    let owners = Crowd::of_ids(tx, call, &owners, want.of("owner")).await?;
    let teams = people::teams::list(tx).await?;
    let mut records = Vec::with_capacity(found.len());
    for template in found {
        let team = teams.iter().find(|team| Some(team.id) == template.team);
        let team = team.map(|team| TeamName::new(team.id, team.name.clone()));
        let mut record = Record::new("project_template", template.id, want)
            .compact("name", template.name.as_str())
            .full("color", template.color.clone())
            .full("description", template.notes.as_str())
            .full("owner", owners.get(template.created_by))
            .full("public", template.is_public)
            .full("team", named_or_null("team", team.as_ref(), want.of("team")))
            .opt_in("html_description", work::rich_text::from_plain(&template.notes));
        if record.asks("requested_dates", Level::Full) || record.asks("requested_roles", Level::Full) {
            let outline = work::templates::get(tx, template.id).await?.outline;
            let start = json!({
                "gid": START, "name": "Start Date", "description": "Choose a start date for your project.",
            });
            let dates: Vec<Value> = outline.is_dated().then_some(start).into_iter().collect();
            let roles = outline.roles.iter();
            let roles: Value =
                roles.map(|role| json!({"gid": role.id.to_string(), "name": role.name})).collect();
            record = record.full("requested_dates", dates).full("requested_roles", roles);
        }
        records.push(record.done());
    }
    Ok(records)
}

/// The record of one template.
pub async fn template(tx: &mut Tx, call: &Call<'_>, one: &Template, want: Want<'_>) -> Result<Value> {
    Ok(templates(tx, call, std::slice::from_ref(one), want).await?.pop().unwrap_or(Value::Null))
}
