//! `signalbox user` and `signalbox token`: people and how their scripts get in.

use crate::cli::Printer;
use crate::cli::print::{field, note};
use crate::client::{Client, Failure, segment};
use base::Time;
use serde_json::json;

/// What to do with people.
#[derive(Debug, clap::Subcommand)]
pub enum User {
    /// Add a person; the answer has the link to set a password with.
    #[command(after_help = "Example:\n  signalbox user add ann@example.com --name \"Ann Lee\" --role member")]
    Add {
        /// The email address.
        email: String,
        /// The name that others see.
        #[arg(long)]
        name: String,
        /// What the person is here.
        #[arg(long, value_enum, default_value_t = Role::Member)]
        role: Role,
    },
    /// List the people.
    List,
}

/// What to do with personal tokens.
#[derive(Debug, clap::Subcommand)]
pub enum Token {
    /// Make a token. It is shown this once, on standard output and nowhere else.
    #[command(after_help = "\
Example:
  signalbox token new --user deploy@example.com --name bastion-1 --scope deploy --expires 2027-11-22T00:00:00Z")]
    New {
        /// Whose token it is, by email.
        #[arg(long, value_name = "EMAIL")]
        user: String,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// Limit it to this right. Repeatable.
        #[arg(long = "scope", value_name = "RIGHT")]
        scopes: Vec<String>,
        /// When it ends.
        #[arg(long, value_name = "TIME", value_parser = Time::parse)]
        expires: Option<Time>,
    },
}

/// What a person is.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Role {
    /// May do everything.
    Admin,
    /// Sees what is public to the workspace and makes projects.
    Member,
    /// Sees only what was shared with them.
    Guest,
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Guest => "guest",
        }
    }
}

impl User {
    /// Does it.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        match self {
            Self::Add { email, name, role } => {
                let body = json!({"email": email, "name": name, "role": role.word()});
                let mut answer = client.post("users", &body).await?;
                let link =
                    client.post(&format!("users/{}/password-link", segment(&email)), &json!({})).await?;
                answer["password_link"] = link["url"].clone();
                print.answer(&answer, |user| {
                    let mut lines =
                        vec![format!("{} <{}> is there as {}", field(user, "name"), email, role.word())];
                    lines.extend(
                        user["password_link"].as_str().map(|url| format!("their password is set at {url}")),
                    );
                    lines
                });
            }
            Self::List => {
                let answer = client.list("users", &[]).await?;
                print.table(&answer, "there is nobody", |user| {
                    ["id", "email", "name", "role"].iter().map(|name| field(user, name)).collect()
                });
            }
        }
        Ok(())
    }
}

impl Token {
    /// Does it.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        let Self::New { user, name, scopes, expires } = self;
        let mut body = json!({"name": name});
        if !scopes.is_empty() {
            body["scopes"] = scopes.into();
        }
        if let Some(expires) = expires {
            body["expires"] = expires.to_string().into();
        }
        let answer = client.post(&format!("users/{}/tokens", segment(&user)), &body).await?;
        print.answer(&answer, |token| {
            note("this is the only time that the token is shown");
            vec![field(token, "token")]
        });
        Ok(())
    }
}
