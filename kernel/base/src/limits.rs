//! Everything has a limit with a name, and going over it is a clear answer.
//!
//! A limit is set by `SIGNALBOX_LIMIT_<NAME>` or in `[limits]` of `signalbox.toml`.

use crate::{Error, Result};
use std::time::Duration;

macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident = $default:literal, $key:literal;)+) => {
        /// The name of a limit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Limit { $($(#[doc = $doc])+ $name),+ }
        impl Limit {
            /// Every limit.
            pub const ALL: &'static [Limit] = &[$(Limit::$name),+];
            /// The name that people set it by.
            pub fn key(self) -> &'static str { match self { $(Limit::$name => $key),+ } }
            /// What it is unless somebody sets it.
            pub fn default_value(self) -> u64 { match self { $(Limit::$name => $default),+ } }
            /// What it limits, in a sentence.
            pub fn meaning(self) -> &'static str { match self { $(Limit::$name => concat!($($doc),+).trim_ascii()),+ } }
        }
    };
}

limits! {
    /// Requests that one token may make in a minute.
    ApiRequestsPerMinute = 1_500, "api_requests_per_minute";
    /// Searches that one token may make in a minute.
    SearchesPerMinute = 300, "searches_per_minute";
    /// Failed sign-ins for one account or address in 15 minutes.
    FailedLoginsPerQuarterHour = 20, "failed_logins_per_quarter_hour";
    /// Bytes in the body of a request that is not a file.
    BodyBytes = 10_485_760, "body_bytes";
    /// Bytes in the headers of a request.
    HeaderBytes = 65_536, "header_bytes";
    /// Seconds in which the headers of a request have to come; a connection may wait as long for its next request.
    HeaderSeconds = 75, "header_seconds";
    /// Seconds in which the body of a request has to come, unless it is a file or output.
    BodySeconds = 30, "body_seconds";
    /// Seconds in which a file or a chunk of output has to come.
    UploadSeconds = 3_600, "upload_seconds";
    /// Bytes in one attachment.
    AttachmentBytes = 104_857_600, "attachment_bytes";
    /// Characters in a name or title.
    NameChars = 10_000, "name_chars";
    /// Characters in a description or comment.
    TextChars = 65_536, "text_chars";
    /// Characters in the value of a text field.
    FieldTextChars = 1_024, "field_text_chars";
    /// Projects that one task may be in.
    ProjectsPerTask = 20, "projects_per_task";
    /// Tags on one task.
    TagsPerTask = 100, "tags_per_task";
    /// Tasks that one task may wait for, or that may wait for it.
    DependenciesPerTask = 30, "dependencies_per_task";
    /// Levels of subtasks.
    SubtaskLevels = 5, "subtask_levels";
    /// Sections in one project.
    SectionsPerProject = 500, "sections_per_project";
    /// Options of one enum field.
    OptionsPerField = 500, "options_per_field";
    /// Rules in one project.
    RulesPerProject = 50, "rules_per_project";
    /// Objects in a list that is asked for without paging.
    UnpagedObjects = 1_000, "unpaged_objects";
    /// Objects in one page of a list.
    PageObjects = 100, "page_objects";
    /// Webhooks on one resource.
    WebhooksPerResource = 1_000, "webhooks_per_resource";
    /// Actions in one batch request.
    BatchActions = 10, "batch_actions";
    /// Rows in one CSV import.
    ImportRows = 10_000, "import_rows";
    /// Bytes that are kept of one deployment's output.
    DeploymentOutputBytes = 268_435_456, "deployment_output_bytes";
    /// Bytes in one chunk of output.
    OutputChunkBytes = 1_048_576, "output_chunk_bytes";
    /// Seconds that a lease lasts without a heartbeat.
    LeaseSeconds = 60, "lease_seconds";
    /// Bytes that are kept of the output of one try of a part of a run.
    RunLogBytes = 1_073_741_824, "run_log_bytes";
    /// Seconds that an agent may be silent about a try before its grace begins.
    RunLeaseSeconds = 30, "run_lease_seconds";
    /// Parts that one agent does at once.
    AgentSlots = 256, "agent_slots";
    /// Figures that one run may report.
    MetricsPerRun = 200, "metrics_per_run";
    /// Files that one run may keep.
    ArtifactsPerRun = 2_000, "artifacts_per_run";
    /// Bytes in one file that a run keeps.
    ArtifactBytes = 1_073_741_824, "artifact_bytes";
    /// Days that the files of runs are kept when their job does not say.
    ArtifactDays = 90, "artifact_days";
    /// Bytes in one secret.
    SecretBytes = 65_536, "secret_bytes";
    /// Seconds that one git command may take.
    GitSeconds = 600, "git_seconds";
    /// Clones, fetches and pushes of hosted repositories that are served at once.
    GitTransfers = 32, "git_transfers";
    /// Seconds that one clone, fetch or push of a hosted repository may take.
    GitTransferSeconds = 3_600, "git_transfer_seconds";
    /// Seconds in which a git client that is served has to send or take something.
    GitSilentSeconds = 120, "git_silent_seconds";
    /// Bytes that one push to a hosted repository may bring.
    HostedPushBytes = 2_147_483_648, "hosted_push_bytes";
    /// Bytes on the disk from which on a hosted repository takes no more pushes.
    HostedRepositoryBytes = 10_737_418_240, "hosted_repository_bytes";
    /// Calls of one job's webhook in a minute.
    WebhookCallsPerMinute = 60, "webhook_calls_per_minute";
    /// Hours that a mail or a webhook is tried again before it has failed.
    DeliveryHours = 48, "delivery_hours";
    /// Seconds between two tries of a mail or a webhook, at most.
    DeliveryPauseSeconds = 3_600, "delivery_pause_seconds";
    /// Days that it is kept what was told to whom.
    DeliveryDays = 90, "delivery_days";
    /// Characters that are kept of what the other side answered to a mail or a webhook.
    DeliveryAnswerChars = 500, "delivery_answer_chars";
    /// Seconds that the mail server may take over one mail.
    MailSeconds = 40, "mail_seconds";
    /// Sign-ins that the mail server may refuse before a mail is held.
    MailSignIns = 3, "mail_sign_ins";
    /// Mails that one address gets one by one within five minutes; what follows comes as one.
    MailsInARow = 10, "mails_in_a_row";
    /// Messages that one mail holds together.
    MessagesPerMail = 500, "messages_per_mail";
    /// Seconds that the address of a webhook may take to answer.
    WebhookSeconds = 10, "webhook_seconds";
    /// Seconds that the address of a webhook may have the next try wait.
    WebhookRetryAfterSeconds = 21_600, "webhook_retry_after_seconds";
    /// Times that a chore is tried before it is given up.
    ChoreAttempts = 25, "chore_attempts";
    /// Live streams open at once.
    LiveStreams = 1_000, "live_streams";
    /// Days that a deleted task stays in the trash.
    TrashDays = 30, "trash_days";
    /// Submissions of one form in a minute.
    FormSubmissionsPerMinute = 60, "form_submissions_per_minute";
}

/// The limits in force.
#[derive(Clone, Debug)]
pub struct Limits([u64; Limit::ALL.len()]);

impl Default for Limits {
    fn default() -> Self {
        let mut values = [0; Limit::ALL.len()];
        for limit in Limit::ALL {
            values[*limit as usize] = limit.default_value();
        }
        Self(values)
    }
}

impl Limits {
    /// The value in force.
    pub fn get(&self, limit: Limit) -> u64 {
        self.0[limit as usize]
    }

    /// The value in force as a count.
    pub fn count(&self, limit: Limit) -> usize {
        usize::try_from(self.get(limit)).unwrap_or(usize::MAX)
    }

    /// The value in force as that many seconds.
    pub fn seconds(&self, limit: Limit) -> Duration {
        Duration::from_secs(self.get(limit))
    }

    /// The value in force as that many hours.
    pub fn hours(&self, limit: Limit) -> Duration {
        Duration::from_secs(self.get(limit).saturating_mul(3_600))
    }

    /// The value in force as that many days.
    pub fn days(&self, limit: Limit) -> Duration {
        Duration::from_secs(self.get(limit).saturating_mul(86_400))
    }

    /// Sets a limit by its name; an unknown name is an error that lists the known ones.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let key = key.to_ascii_lowercase();
        let Some(limit) = Limit::ALL.iter().find(|limit| limit.key() == key) else {
            let known: Vec<_> = Limit::ALL.iter().map(|limit| limit.key()).collect();
            return Err(Error::invalid(
                "limit.unknown",
                format!("there is no limit named {key}; the limits are {}", known.join(", ")),
            ));
        };
        let value = value.parse().map_err(|_| {
            Error::invalid("limit.malformed", format!("the limit {key} takes a whole number, not {value:?}"))
        })?;
        self.0[*limit as usize] = value;
        Ok(())
    }

    /// Checks that `found` does not go over `limit`; `what` is the start of the sentence ("the name").
    pub fn check(&self, limit: Limit, found: usize, what: &str) -> Result<()> {
        let most = self.count(limit);
        if found <= most {
            return Ok(());
        }
        Err(Error::invalid(
            "limit.exceeded",
            format!("{what} has {found}, and the limit {} is {most}", limit.key()),
        ))
    }
}
