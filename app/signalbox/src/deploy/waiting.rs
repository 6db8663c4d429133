//! Waiting for the gate to open, or for a turn in the queue.
//!
//! Both are long polls on the decision's epoch. Who waits for the gate asks again only when the decision has opened,
//! because every refused attempt is recorded on the lock; who has a place in the queue asks again under the same key,
//! and often enough not to lose the place.

use crate::cli::say;
use crate::client::{Client, fresh_key, segment, with_query};
use crate::deploy::start::{self, Answer, Refusal, text};
use crate::deploy::{Options, exit};
use base::Stopwatch;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The longest that one request waits for a change.
const LONGEST_POLL: Duration = Duration::from_secs(25);
/// How often who waits in the queue shows that it is still there.
const KEEP_PLACE: Duration = Duration::from_secs(10);

/// A wish to start, until it is answered for good.
pub struct Waiting<'a> {
    client: &'a Client,
    options: &'a Options,
    body: Value,
    waited: Stopwatch,
    told: String,
    /// The id of the deployment that has a place in the queue.
    place: Option<String>,
    /// Whether a request to start is under way right now.
    pub is_asking: Arc<AtomicBool>,
}

impl<'a> Waiting<'a> {
    /// Prepares to ask with `body`.
    pub fn new(client: &'a Client, options: &'a Options, body: Value) -> Self {
        let (waited, is_asking) = (Stopwatch::start(), Arc::default());
        Self { client, options, body, waited, told: String::new(), place: None, is_asking }
    }

    /// Asks until the answer is no longer "wait", or the patience is at its end.
    pub async fn start(&mut self) -> Answer {
        let mut key = fresh_key();
        loop {
            self.is_asking.store(true, Ordering::SeqCst);
            let patience = self.options.start_timeout;
            let answer = start::ask(self.client, &self.options.env, &self.body, &key, patience).await;
            self.is_asking.store(false, Ordering::SeqCst);
            match answer {
                Answer::Queued(answer) => {
                    self.place = text(&answer["id"]);
                    let sentence = answer["decision"]["sentence"].as_str().or(answer["sentence"].as_str());
                    let sentence = sentence.unwrap_or("another deployment is in front").to_owned();
                    self.tell(&sentence);
                    if !self.next_turn(&answer).await {
                        self.leave().await;
                        return self.ran_out(&sentence, answer["decision"].clone());
                    }
                }
                Answer::Refused(refusal) if self.may_wait_for(&refusal) => {
                    self.tell(&refusal.sentence);
                    if !self.until_open(&refusal).await {
                        return self.ran_out(&refusal.sentence, refusal.decision);
                    }
                    key = fresh_key();
                }
                answer => {
                    self.place = None;
                    return answer;
                }
            }
        }
    }

    /// Gives the place in the queue up.
    pub async fn leave(&mut self) {
        if let Some(id) = self.place.take() {
            let path = format!("deployments/{}/abort", segment(&id));
            let request = self.client.request(reqwest::Method::POST, &path).timeout(Duration::from_secs(5));
            // Without this the place is lost a little later, when nobody asks for its turn.
            let _ = self.client.json(request.json(&json!({"reason": "the wrapper stopped waiting"}))).await;
        }
    }

    fn may_wait_for(&self, refusal: &Refusal) -> bool {
        let may_pass = matches!(refusal.exit, exit::BLOCKED | exit::BUSY);
        may_pass && self.options.wait.is_some() && !self.options.dry_run
    }

    /// Says what is waited for, once and when it changes.
    fn tell(&mut self, sentence: &str) {
        if self.told != sentence {
            if !self.options.quiet {
                say(&format!("waiting: {sentence}"));
            }
            sentence.clone_into(&mut self.told);
        }
    }

    fn left(&self) -> Duration {
        self.options.wait.map_or(Duration::MAX, |wait| wait.saturating_sub(self.waited.elapsed()))
    }

    /// Waits for a change, and not too long; false when the patience is at its end.
    async fn next_turn(&self, answer: &Value) -> bool {
        let left = self.left();
        if left.is_zero() {
            return false;
        }
        self.changed(&answer["decision"]["epoch"], left.min(KEEP_PLACE)).await;
        true
    }

    /// Waits until the decision has opened; false when the patience is at its end first.
    async fn until_open(&self, refusal: &Refusal) -> bool {
        let mut epoch = refusal.decision["epoch"].clone();
        loop {
            let left = self.left();
            if left.is_zero() {
                return false;
            }
            let Some(now) = self.changed(&epoch, left.min(LONGEST_POLL)).await else { continue };
            if now["open"] == true {
                return true;
            }
            epoch = now["epoch"].clone();
        }
    }

    /// A long poll; errors make it a pause.
    async fn changed(&self, epoch: &Value, at_most: Duration) -> Option<Value> {
        let seconds = at_most.as_secs().max(1);
        let epoch = text(epoch).unwrap_or_else(|| "0".to_owned());
        let query = [("epoch", epoch.as_str()), ("timeout", &seconds.to_string())];
        let path = with_query(&format!("environments/{}/gate/wait", segment(&self.options.env)), &query);
        let request =
            self.client.request(reqwest::Method::GET, &path).timeout(Duration::from_secs(seconds + 10));
        match self.client.json(request).await {
            Ok(decision) => {
                if text(&decision["epoch"]).as_deref() != Some(&epoch) && decision["open"] != true {
                    // Something changes there all the time; the gate is still closed, so there is no hurry.
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Some(decision)
            }
            Err(_) => {
                tokio::time::sleep(Duration::from_secs(2).min(at_most)).await;
                None
            }
        }
    }

    fn ran_out(&self, sentence: &str, decision: Value) -> Answer {
        let waited = base::time::in_words(self.options.wait.unwrap_or_default());
        let sentence = format!("waited {waited} in vain: {sentence}");
        Answer::Refused(Box::new(Refusal {
            exit: exit::WAIT_RAN_OUT,
            reason: "wait_ran_out",
            sentence,
            decision,
        }))
    }
}
