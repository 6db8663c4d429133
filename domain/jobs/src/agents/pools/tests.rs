//! What pools promise: as many agents as are wanted, never more than they may have, none twice and none forgotten.

use super::decide::{Decision, Facts, Member, decide};
use super::{Outcome, Plan, Pool, Way, launch, store, tend};
use crate::agents::{self, Agent, Machine, pools};
use crate::fixture::{Hub, hub};
use base::id::AgentId;
use base::{Secret, Time};
use proptest::prelude::*;
use std::time::Duration;

const NOW: i64 = 1_000_000_000;

fn member(id: i64, word: &str, idle_s: i64) -> Member {
    Member {
        id: AgentId(id),
        is_busy: word == "busy",
        is_ending: word == "ending",
        idle_since: Time::from_millis(NOW - idle_s * 1_000),
    }
}

fn facts(least: usize, most: usize) -> Facts {
    Facts {
        now: Time::from_millis(NOW),
        least,
        most,
        idle: Duration::from_secs(60),
        rests_until: None,
        booting: 0,
        members: Vec::new(),
        wanted: 0,
    }
}

#[test]
fn as_many_are_started_as_wait_and_no_more_than_there_may_be() {
    let start = |facts: Facts| decide(&facts).start;
    assert_eq!(start(facts(0, 5)), 0);
    assert_eq!(start(Facts { wanted: 3, ..facts(0, 5) }), 3);
    assert_eq!(start(Facts { wanted: 9, ..facts(0, 5) }), 5);
    assert_eq!(
        start(Facts { wanted: 3, booting: 2, ..facts(0, 5) }),
        1,
        "what is on its way takes what waits"
    );
    assert_eq!(start(Facts { booting: 1, ..facts(2, 5) }), 1, "some are kept");
    let members = vec![member(1, "busy", 0), member(2, "ending", 0)];
    assert_eq!(start(Facts { wanted: 9, members, ..facts(0, 3) }), 1, "one that ends still takes a place");
    let rests_until = Some(Time::from_millis(NOW + 1));
    assert_eq!(start(Facts { wanted: 3, rests_until, ..facts(1, 5) }), 0, "after a failure it rests");
}

#[test]
fn idle_agents_end_and_those_that_are_kept_do_not() {
    let members = vec![member(1, "", 100), member(2, "", 90), member(3, "", 10), member(4, "busy", 0)];
    let all = Facts { members: members.clone(), ..facts(0, 5) };
    assert_eq!(decide(&all).end, [AgentId(1), AgentId(2)]);
    assert_eq!(
        decide(&all).look_at,
        Some(Time::from_millis(NOW + 50_000)),
        "when the third has waited enough"
    );
    assert_eq!(decide(&Facts { least: 3, ..all.clone() }).end, [AgentId(1)]);
    assert_eq!(decide(&Facts { wanted: 1, ..all.clone() }).end, [], "something waits that they may not fit");
    assert_eq!(decide(&Facts { most: 2, ..all }).end, [AgentId(1), AgentId(2)], "there are too many");
}

proptest! {
    #[test]
    fn there_are_never_more_than_may_be_and_never_fewer_kept_than_must_be(
        least in 0_usize..6, room in 0_usize..6, booting in 0_usize..6, wanted in 0_usize..12, rests in any::<bool>(),
        words in proptest::collection::vec((0_u8..3, 0_i64..200), 0..8),
    ) {
        let members: Vec<Member> = words
            .iter()
            .enumerate()
            .map(|(at, (word, idle))| member(at as i64 + 1, ["", "busy", "ending"][usize::from(*word)], *idle))
            .collect();
        let most = least + room;
        let rests_until = rests.then(|| Time::from_millis(NOW + 5));
        let facts = Facts { booting, wanted, rests_until, members: members.clone(), ..facts(least, most) };
        let Decision { start, end, .. } = decide(&facts);
        let before = members.len() + booting;
        prop_assert!(start == 0 || before + start <= most);
        prop_assert!(end.len() <= members.iter().filter(|m| !m.is_busy && !m.is_ending).count());
        let staying = members.iter().filter(|m| !m.is_ending).count() + booting + start - end.len();
        if !rests && before <= most {
            prop_assert!(staying >= least.min(most - (members.iter().filter(|m| m.is_ending).count()).min(most)));
        }
        // Doing what was decided and deciding again changes nothing more.
        let mut after = facts.clone();
        after.booting += start;
        after.members.iter_mut().filter(|m| end.contains(&m.id)).for_each(|m| m.is_ending = true);
        let again = decide(&after);
        prop_assert_eq!(again.start, 0);
        prop_assert!(again.end.is_empty() || before > most);
    }
}

fn plan(least: i64, most: i64, labels: &[(&str, &str)]) -> Plan {
    let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Plan { way: Way::Command("start".to_owned()), labels, least, most, idle_s: 60, boot_s: 120 }
}

async fn make(hub: &Hub, plan: Plan) -> Pool {
    let mut tx = hub.by(&hub.ann).await;
    let (pool, _) = super::create(&mut tx, &hub.sealing, "small", plan).await.expect("made");
    tx.commit().await.expect("committed");
    pool
}

/// Looks after the pools; returns how many agents are on the way.
async fn look(hub: &Hub) -> usize {
    let mut tx = hub.by_itself().await;
    tend::tend(&mut tx).await.expect("tended");
    let booting = store::booting(&mut tx).await.expect("counted");
    tx.commit().await.expect("committed");
    booting.values().map(|n| usize::try_from(*n).expect("a count")).sum()
}

/// The tokens of the agents that are to be started, as the start command gets them.
async fn launch(hub: &Hub, pool: &Pool) -> Vec<Secret> {
    let mut tx = hub.by_itself().await;
    let mut tokens = Vec::new();
    for start in store::live_starts(&mut tx, pool.id).await.expect("listed") {
        if let Some(order) = launch::take(&mut tx, &hub.sealing, start.id).await.expect("taken") {
            tokens.push(order.token);
        }
    }
    tx.commit().await.expect("committed");
    tokens
}

async fn register(hub: &Hub, token: &Secret) -> Result<Agent, base::Error> {
    let machine = Machine {
        name: "machine".to_owned(),
        os: "linux".to_owned(),
        slots: 1,
        once: true,
        ..Machine::default()
    };
    let mut tx = hub.by_itself().await;
    let (agent, _) = agents::register(&mut tx, token, None, machine).await?;
    tx.commit().await.expect("committed");
    Ok(agent)
}

const PLAIN: &str = "name: plain\non: [manual]\noverlap: allow_all\nsteps: [{run: 'true'}]\n";

db::on_both! { hub;

async fn what_waits_and_nobody_can_take_has_agents_started_once(hub) {
    let pool = make(&hub, plan(0, 2, &[])).await;
    hub.commit(PLAIN).await;
    assert_eq!(look(&hub).await, 0, "nothing waits");
    for _ in 0..3 {
        hub.run("plain").await;
    }
    assert_eq!(look(&hub).await, 2, "as many as there may be");
    assert_eq!(look(&hub).await, 2, "what is on its way is not started again");
    let tokens = launch(&hub, &pool).await;
    assert_eq!(tokens.len(), 2);
    assert!(launch(&hub, &pool).await.is_empty(), "a start is taken once, whatever became of whoever took it");
    let agent = register(&hub, &tokens[0]).await.expect("registered");
    assert_eq!(agent.pool, Some(pool.id));
    assert_eq!(register(&hub, &tokens[0]).await.expect_err("used").code(), "agent.invitation");
    assert_eq!(look(&hub).await, 1);
    assert_eq!(hub.carry_out(&agent, "succeeded").await, 3, "the test's agent takes all that waits");
}

async fn an_agent_that_is_free_is_used_first(hub) {
    make(&hub, plan(0, 2, &[])).await;
    hub.commit(PLAIN).await;
    hub.agent("free", &[]).await;
    hub.run("plain").await;
    assert_eq!(look(&hub).await, 0);
}

async fn a_pool_is_asked_only_for_what_its_agents_can_do(hub) {
    make(&hub, plan(0, 2, &[("gpu", "true")])).await;
    hub.commit("name: big\nagent: {memory: huge}\nsteps: [{run: 'true'}]\n---\nname: gpu\nagent: gpu\nsteps: [{run: 'true'}]\n").await;
    hub.run("big").await;
    assert_eq!(look(&hub).await, 0);
    hub.run("gpu").await;
    assert_eq!(look(&hub).await, 1);
}

async fn an_agent_that_comes_too_late_is_sent_away(hub) {
    let pool = make(&hub, plan(1, 2, &[])).await;
    assert_eq!(look(&hub).await, 1, "one is kept");
    let tokens = launch(&hub, &pool).await;
    hub.place.clock().advance(Duration::from_secs(121));
    look(&hub).await;
    assert_eq!(register(&hub, &tokens[0]).await.expect_err("late").code(), "agent.given_up");
    let pool = pools::named(&mut hub.by(&hub.ann).await, "small").await.expect("there");
    let trouble = pool.trouble.clone().expect("it is told");
    assert!(trouble.sentence.contains("has not come within 2 min"), "{}", trouble.sentence);
    assert_eq!(hub.verbs(&["agent_pool."]).await, ["agent_pool.created", "agent_pool.start_failed"]);
    hub.place.clock().advance(Duration::from_secs(6));
    assert_eq!(look(&hub).await, 1, "after a rest another is started");
    let tokens = launch(&hub, &pool).await;
    register(&hub, &tokens[0]).await.expect("in time");
    let pool = pools::named(&mut hub.by(&hub.ann).await, "small").await.expect("there");
    assert_eq!(pool.trouble, None, "it works again");
}

async fn failures_of_the_command_rest_longer_each_time(hub) {
    let pool = make(&hub, plan(1, 1, &[])).await;
    let mut rests = Vec::new();
    for _ in 0..3 {
        look(&hub).await;
        let start = store::live_starts(&mut hub.by_itself().await, pool.id).await.expect("listed").remove(0);
        launch(&hub, &pool).await;
        let failed = Outcome::Failed { sentence: "no quota".to_owned(), output: "quota\n".to_owned() };
        pools::Launcher::report(&hub.db, start.id, failed).await.expect("noted");
        let now = pools::named(&mut hub.by(&hub.ann).await, "small").await.expect("there");
        let trouble = now.trouble.expect("told");
        assert_eq!((trouble.sentence.as_str(), trouble.output.as_str()), ("no quota", "quota\n"));
        rests.push(trouble.rests_until.since(trouble.at).as_secs());
        assert_eq!(look(&hub).await, 0, "it rests");
        hub.place.clock().advance(Duration::from_secs(60));
    }
    assert_eq!(rests, [5, 10, 20]);
}

async fn agents_end_when_nothing_is_to_do_and_when_their_pool_goes(hub) {
    let pool = make(&hub, plan(0, 3, &[])).await;
    hub.commit(PLAIN).await;
    hub.run("plain").await;
    look(&hub).await;
    let token = launch(&hub, &pool).await.remove(0);
    let agent = register(&hub, &token).await.expect("registered");
    assert_eq!(hub.carry_out(&agent, "succeeded").await, 1);
    let is_draining = async || agents::get(&mut hub.by(&hub.ann).await, agent.id).await.expect("there").draining;
    hub.place.clock().advance(Duration::from_secs(59));
    look(&hub).await;
    assert!(!is_draining().await);
    hub.place.clock().advance(Duration::from_secs(2));
    look(&hub).await;
    assert!(is_draining().await);
    let mut tx = hub.by(&hub.ann).await;
    pools::remove(&mut tx, "small").await.expect("removed");
    tx.commit().await.expect("committed");
    assert_eq!(look(&hub).await, 0);
}

async fn an_agent_whose_machine_is_gone_gives_its_place_back(hub) {
    let pool = make(&hub, plan(1, 1, &[])).await;
    look(&hub).await;
    let token = launch(&hub, &pool).await.remove(0);
    register(&hub, &token).await.expect("registered");
    hub.place.clock().advance(Duration::from_secs(170));
    let mut tx = hub.by_itself().await;
    tend::after_restart(&mut tx).await.expect("noted");
    tx.commit().await.expect("committed");
    hub.place.clock().advance(Duration::from_secs(170));
    assert_eq!(look(&hub).await, 0, "a server that was down heard nobody");
    hub.place.clock().advance(Duration::from_secs(20));
    assert_eq!(look(&hub).await, 1, "another one is started");
    assert!(hub.verbs(&["agent.vanished"]).await.len() == 1);
}

async fn only_administrators_make_pools(hub) {
    let mut tx = hub.by(&hub.bob).await;
    let denied = pools::create(&mut tx, &hub.sealing, "small", plan(0, 1, &[])).await.expect_err("denied");
    assert_eq!(denied.kind(), base::Kind::Denied);
    drop(tx);
    let mut tx = hub.by(&hub.ann).await;
    for (name, plan) in [
        ("Small", plan(0, 1, &[])),
        ("small", plan(2, 1, &[])),
        ("small", plan(0, 0, &[])),
        ("small", Plan { way: Way::Command(" ".to_owned()), ..plan(0, 1, &[]) }),
        ("small", Plan { way: Way::Webhook("ftp://x".to_owned()), ..plan(0, 1, &[]) }),
        ("small", plan(0, 1, &[("a b", "c")])),
    ] {
        pools::create(&mut tx, &hub.sealing, name, plan).await.expect_err("refused");
    }
    let webhook = Plan { way: Way::Webhook("https://machines.example.com".to_owned()), ..plan(0, 1, &[]) };
    let (_, secret) = pools::create(&mut tx, &hub.sealing, "hooked", webhook).await.expect("made");
    assert!(secret.is_some_and(|secret| secret.reveal().starts_with("sbp_")));
}

async fn an_agent_that_chose_its_token_may_ask_again(hub) {
    let mut tx = hub.by(&hub.ann).await;
    let (invitation, _) = agents::invite(&mut tx, agents::NewInvitation::default()).await.expect("made");
    let own = Secret::new(format!("sba_{}", "a1".repeat(20)));
    let machine = Machine { name: "m".to_owned(), slots: 1, ..Machine::default() };
    let (first, token) =
        agents::register(&mut tx, &invitation, Some(own.clone()), machine.clone()).await.expect("registered");
    assert_eq!(token.reveal(), own.reveal());
    let (again, _) = agents::register(&mut tx, &invitation, Some(own), machine.clone()).await.expect("again");
    assert_eq!(first.id, again.id);
    let weak = agents::register(&mut tx, &invitation, Some(Secret::new("sba_short")), machine).await;
    assert_eq!(weak.expect_err("weak").code(), "agent.token");
}
}
