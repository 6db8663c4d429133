//! How messages leave: the mail server that is set, the guarded client for webhooks, and the inboxes of work.

use super::config::Config;
use base::Result;
use db::Tx;
use notify::inbox::Item;
use notify::{Outgoing, Outlets, SEALED_FOR, mail};
use url::Url;
use web::TargetPolicy;

pub(super) fn wired(config: &Config, targets: TargetPolicy, public_url: &Url) -> Result<Outlets> {
    let limits = &config.limits;
    let mail =
        config.mail.as_ref().map(|settings| mail::Server::new(settings, public_url, limits)).transpose()?;
    if mail.is_none() {
        tracing::info!("no mail server is set, so mail is held and not sent; SIGNALBOX_MAIL_SERVER sets one");
    }
    Ok(Outlets {
        mail,
        web: Outgoing::new(targets, limits)?,
        inbox: |tx, item| Box::pin(put(tx, item)),
        open: |app, sealed| app.part::<repos::Mirrors>()?.sealing().unseal(SEALED_FOR, sealed),
    })
}

async fn put(tx: &mut Tx, item: &Item) -> Result<()> {
    let news = &item.news;
    let other = work::inbox::Other {
        about: &news.subject,
        title: &news.title,
        path: &item.path,
        actor: &news.actor,
        text: &news.text,
    };
    work::inbox::put(tx, item.user, &other).await
}
