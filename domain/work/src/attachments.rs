//! Attachments: files in the blob store, and links.

use crate::names::{Person, TaskName};
use crate::page::{Listed, Page};
use base::id::{AttachmentId, TaskId};
use base::{Result, Time};
use db::Tx;

base::text_enum! {
    /// What an attachment is.
    pub enum AttachmentKind {
        /// A file kept here.
        File = "file",
        /// A link to somewhere else.
        Link = "link",
    }
}

/// An attachment.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The task it hangs on.
    pub task: TaskName,
    /// What it is.
    pub kind: AttachmentKind,
    /// Its name, such as a file name.
    pub name: String,
    /// Where a link goes.
    pub url: Option<String>,
    /// Under which hash the blob store has a file.
    pub blob: Option<String>,
    /// How large a file is.
    pub size: Option<i64>,
    /// When it was added.
    pub created_at: Time,
    /// Who added it.
    pub created_by: Option<Person>,
}

/// Hangs a file on a task. The bytes are in the blob store already: put them there before the transaction begins.
pub async fn add_file(tx: &mut Tx, task: TaskId, name: &str, blob: &str, size: u64) -> Result<Attachment> {
    todo!()
}
/// Hangs a link on a task.
pub async fn add_link(tx: &mut Tx, task: TaskId, name: &str, url: &str) -> Result<Attachment> {
    todo!()
}
/// Returns an attachment of a task that the actor sees.
pub async fn get(tx: &mut Tx, attachment: AttachmentId) -> Result<Attachment> {
    todo!()
}
/// Returns an attachment without asking for rights: for a door that checked a signed address.
pub async fn get_signed(tx: &mut Tx, attachment: AttachmentId) -> Result<Attachment> {
    todo!()
}
/// Lists the attachments of a task, oldest first.
pub async fn list(tx: &mut Tx, task: TaskId, page: &Page) -> Result<Listed<Attachment>> {
    todo!()
}
/// Deletes an attachment.
pub async fn delete(tx: &mut Tx, attachment: AttachmentId) -> Result<()> {
    todo!()
}
