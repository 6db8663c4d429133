#![doc = include_str!("../README.md")]

pub mod bootstrap;
pub mod door;
#[cfg(test)]
mod fixture;
pub mod grants;
mod hash;
#[cfg(test)]
mod http_tests;
pub mod links;
mod pages;
pub mod passwords;
pub mod rights;
pub mod sessions;
pub mod sign_in;
pub mod teams;
pub mod tokens;
pub mod users;
pub mod workspace;

pub use rights::RightSet;
pub use users::User;

/// The tables of people, teams, rights, tokens and sessions.
pub fn migrations() -> db::Migrations {
    db::Migrations {
        name: "people",
        steps: &[("0001_people", include_str!("../migrations/0001_people.sql"))],
    }
}

/// The native API of people.
pub fn api() -> web::api::Routes {
    users::api::api()
        .merge(tokens::api::api())
        .merge(sessions::api::api())
        .merge(teams::api::api())
        .merge(grants::api::api())
}

/// The pages of people who are not signed in yet.
pub fn pages() -> axum::Router<web::App> {
    pages::pages()
}

/// The chores of people: none, so far.
pub fn chores(_: &web::App) -> Vec<chores::Handler> {
    Vec::new()
}

/// What is done for people again and again.
pub fn periodic(app: &web::App) -> Vec<chores::Every> {
    let db = app.db.clone();
    let tidy = chores::Handler::new("people.tidy", move |_| {
        let db = db.clone();
        async move {
            let mut tx = db.write(&base::Actor::system()).await?;
            sessions::forget_expired(&mut tx).await?;
            links::forget_expired(&mut tx).await?;
            sign_in::forget_old(&mut tx).await?;
            tx.commit().await
        }
    });
    vec![chores::Every { handler: tidy, pause: std::time::Duration::from_secs(3_600) }]
}
