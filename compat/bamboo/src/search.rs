//! Finding plans by their names.

use crate::call::{Answer, Call};
use crate::catalogue::Catalogue;
use crate::projects::visible;
use crate::routes::{Route, route};
use base::Result;
use serde_json::{Value, json};

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[route!(GET "/rest/api/latest/search/plans" => plans)];

async fn plans(call: &Call<'_>) -> Result<Answer> {
    let term = call.query.get("searchTerm").unwrap_or("").to_lowercase();
    let page = call.page();
    let catalogue = Catalogue::load(call.app).await?;
    let mut tx = call.read().await?;
    let all = visible(&mut tx, &catalogue).await?;
    let is_meant = |(plan, job): &(crate::catalogue::Plan, jobs::jobs::Job)| {
        let texts = [plan.key(), job.title.clone(), job.name.clone(), plan.project_name.clone()];
        texts.iter().any(|text| text.to_lowercase().contains(&term))
    };
    let found: Vec<_> = all.into_iter().filter(is_meant).collect();
    let size = found.len();
    let items = page.cut(found).into_iter().map(|(plan, job)| {
        let key = plan.key();
        json!({
            "id": key,
            "type": "chain",
            "searchEntity": {
                "id": key, "key": key, "projectName": plan.project_name, "planName": job.title, "branchName": "",
                "description": "", "type": "chain",
            },
        })
    });
    let items: Vec<Value> = items.collect();
    Ok(Answer::ok(
        json!({"size": size, "start-index": page.start, "max-result": page.max, "searchResults": items}),
    ))
}
