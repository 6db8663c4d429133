//! Remarks: what people say about a run, and the labels that they put on it to find it by.

use super::store::remarks as store;
use super::{Run, require};
use base::id::{AnyId, JobId, RunId, UserId};
use base::{Error, Limit, Result, Right, Time};
use db::Tx;
use people::{rights, users};
use serde_json::json;

/// Characters of a label.
const LABEL_CHARS: usize = 255;

/// Labels that one run may have.
const LABELS: usize = 100;

/// What somebody said about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: AnyId,
    /// Who said it.
    pub user: Option<UserId>,
    /// Their name then.
    pub user_name: String,
    /// What.
    pub text: String,
    /// When.
    pub made_at: Time,
}

/// What was said about a run, oldest first.
pub async fn comments(tx: &mut Tx, run: RunId) -> Result<Vec<Comment>> {
    require(tx, run, Right::View).await?;
    store::comments(tx, run).await
}

/// Says something about a run. For everybody who may see it and is signed in.
pub async fn comment(tx: &mut Tx, run: RunId, text: &str) -> Result<Comment> {
    let (run, _) = require(tx, run, Right::View).await?;
    let user = users::require_signed_in(tx)?;
    rights::require_scope(tx, Right::Comment)?;
    let (text, most) = (text.trim(), tx.limits().count(Limit::TextChars));
    if text.is_empty() || text.contains('\0') {
        return Err(Error::invalid("comment.empty", "A comment says something"));
    }
    if text.chars().count() > most {
        return Err(Error::too_large("comment.long", format!("A comment has at most {most} characters")));
    }
    let comment = Comment {
        id: tx.new_id(),
        user: Some(user),
        user_name: tx.actor().name.clone(),
        text: text.to_owned(),
        made_at: tx.now(),
    };
    store::insert_comment(tx, run.id, &comment).await?;
    let data = json!({"number": run.number, "comment": comment.id, "text": comment.text});
    journal::enter(tx, "run.commented", run.subject(), &run.parents(), data);
    Ok(comment)
}

/// Takes back what was said: for who said it, and for whoever administers the job.
pub async fn uncomment(tx: &mut Tx, run: RunId, id: AnyId) -> Result<()> {
    let (run, job) = require(tx, run, Right::View).await?;
    let user = users::require_signed_in(tx)?;
    rights::require_scope(tx, Right::Comment)?;
    let all = store::comments(tx, run.id).await?;
    let missing = || Error::missing("comment.missing", format!("Run {} has no such comment", run.number));
    let comment = all.into_iter().find(|comment| comment.id == id).ok_or_else(missing)?;
    if comment.user != Some(user) {
        crate::access::check(tx, &job, Right::Admin).await?;
    }
    store::remove_comment(tx, id).await?;
    let data = json!({"number": run.number, "comment": id, "by": comment.user_name, "text": comment.text});
    journal::enter(tx, "run.comment_removed", run.subject(), &run.parents(), data);
    Ok(())
}

/// The labels of a run, in the order of the alphabet.
pub async fn labels(tx: &mut Tx, run: RunId) -> Result<Vec<String>> {
    require(tx, run, Right::View).await?;
    store::labels(tx, run).await
}

/// The runs of a job that have one of these labels, newest first.
pub async fn labelled(tx: &mut Tx, job: JobId, labels: &[String]) -> Result<Vec<Run>> {
    crate::jobs::require(tx, job, Right::View).await?;
    let mut all = Vec::new();
    for run in store::labelled(tx, job, labels).await? {
        all.extend(super::store::get(tx, run).await?);
    }
    Ok(all)
}

/// Puts a label on a run. For whoever may run the job. One that is there stays.
pub async fn label(tx: &mut Tx, run: RunId, name: &str) -> Result<()> {
    let (run, _) = require(tx, run, Right::Run).await?;
    let name = name.trim();
    let is_word = !name.is_empty() && !name.chars().any(char::is_control);
    if !is_word || name.chars().count() > LABEL_CHARS {
        let message = format!("A label is a line of 1 to {LABEL_CHARS} characters");
        return Err(Error::invalid("label.malformed", message));
    }
    let there = store::labels(tx, run.id).await?;
    if there.iter().any(|label| label == name) {
        return Ok(());
    }
    if there.len() >= LABELS {
        return Err(Error::conflict("label.many", format!("A run has at most {LABELS} labels")));
    }
    store::insert_label(tx, &run, name).await?;
    let data = json!({"number": run.number, "label": name});
    journal::enter(tx, "run.labelled", run.subject(), &run.parents(), data);
    Ok(())
}

/// Takes a label off a run.
pub async fn unlabel(tx: &mut Tx, run: RunId, name: &str) -> Result<()> {
    let (run, _) = require(tx, run, Right::Run).await?;
    if !store::remove_label(tx, run.id, name).await? {
        return Err(Error::missing("label.missing", format!("Run {} has no label {name:.100}", run.number)));
    }
    let data = json!({"number": run.number, "label": name});
    journal::enter(tx, "run.unlabelled", run.subject(), &run.parents(), data);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::hub;

    db::on_both! {
        hub;

        async fn labels_and_comments_stay_with_their_run(hub) {
            hub.commit("name: build\nsteps: [{run: 'true'}]\noverlap: allow_all\n").await;
            let (first, second) = (hub.run("build").await, hub.run("build").await);
            let mut tx = hub.by(&hub.bob).await;
            for name in ["nightly", " release-1 ", "nightly"] {
                label(&mut tx, first.id, name).await.expect("labelled");
            }
            label(&mut tx, second.id, "nightly").await.expect("labelled");
            assert_eq!(labels(&mut tx, first.id).await.expect("read"), ["nightly", "release-1"]);
            let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            let found = labelled(&mut tx, first.job, &named(&["nightly", "x"])).await.expect("found");
            assert_eq!(found.iter().map(|run| run.number).collect::<Vec<_>>(), [2, 1]);
            unlabel(&mut tx, second.id, "nightly").await.expect("taken off");
            assert!(unlabel(&mut tx, second.id, "nightly").await.expect_err("gone").is_missing());
            assert_eq!(labelled(&mut tx, first.job, &named(&["nightly"])).await.expect("found").len(), 1);
            assert!(labelled(&mut tx, first.job, &[]).await.expect("none").is_empty());
            for wrong in ["", " ", "a\nb"] {
                assert_eq!(label(&mut tx, first.id, wrong).await.expect_err("refused").code(), "label.malformed");
            }
            let said = comment(&mut tx, first.id, " the fixed one ").await.expect("said");
            assert_eq!((said.text.as_str(), said.user), ("the fixed one", Some(hub.bob.id)));
            assert_eq!(comments(&mut tx, first.id).await.expect("read"), [said]);
            assert!(comments(&mut tx, second.id).await.expect("read").is_empty());
            assert_eq!(comment(&mut tx, first.id, " ").await.expect_err("refused").code(), "comment.empty");
            let slip = comment(&mut tx, first.id, "a slip").await.expect("said");
            assert!(uncomment(&mut tx, second.id, slip.id).await.expect_err("of another run").is_missing());
            uncomment(&mut tx, first.id, slip.id).await.expect("taken back");
            assert!(uncomment(&mut tx, first.id, slip.id).await.expect_err("gone").is_missing());
            assert_eq!(comments(&mut tx, first.id).await.expect("read").len(), 1);
            tx.commit().await.expect("committed");
            let mut tx = hub.by(&hub.ann).await;
            let anns = comment(&mut tx, second.id, "Ann's").await.expect("said");
            tx.commit().await.expect("committed");
            let mut tx = hub.by(&hub.bob).await;
            assert_eq!(uncomment(&mut tx, second.id, anns.id).await.expect_err("not his").code(), "right.missing");
            drop(tx);
            assert_eq!(
                hub.verbs(&["run.label", "run.unlabel", "run.comment"]).await,
                ["run.labelled", "run.labelled", "run.labelled", "run.unlabelled", "run.commented", "run.commented", "run.comment_removed", "run.commented"]
            );
            let mut tx = hub.by(&hub.gus).await;
            assert!(labels(&mut tx, first.id).await.expect_err("hidden").is_missing());
            assert!(comment(&mut tx, first.id, "x").await.expect_err("hidden").is_missing());
        }
    }
}
