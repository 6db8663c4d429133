#![doc = include_str!("../README.md")]

pub mod bootstrap;
pub mod door;
#[cfg(test)]
mod fixture;
pub mod grants;
mod hash;
pub mod links;
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
